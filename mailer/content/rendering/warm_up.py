"""Renders something small in every language, so that a first campaign need not wait for it.

Templates are compiled, catalogues read and modules imported by that, which takes a tenth of a
second once in the life of a process.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailer.content.parsing import source
from mailer.content.parsing.links import Links
from mailer.content.rendering.render import render


def warm_up(languages: Sequence[str]) -> None:
    """Render a sample edition, one paragraph long, in those languages."""
    names = "\n".join(f'{code} = "Bulletin"' for code in languages)
    manifest = f'slug = "sample"\ndate = 2000-01-01\n[season]\n{names}\n[subject]\n{names}\n'
    text = b'+++\ntitle = "Bulletin"\npreheader = "What is new"\n+++\n## News\n\nA *word*.\n'
    files = {f"{code}.md": text for code in languages} | {"edition.toml": manifest.encode()}
    edition = source.load_files(files)
    links = Links(subscribe_address="subscribe@example.org", calendar_url="https://example.org")
    for code in languages:
        render(edition, code, links=links, today=edition.date)
