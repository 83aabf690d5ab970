"""The sample template: a registration for a meeting, in three languages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from mailer.content.transactional import source
from mailer.domain.transactional.template import Template
from support.places import CORPUS

FOLDER: Final = CORPUS / "templates" / "registration"

DATA: Final[Mapping[str, Any]] = {
    "name": "Ana",
    "meeting": "Annual meeting",
    "day": "2027-06-28",
    "ticket_url": "https://example.org/tickets/7F3K",
}
"""What a program gives, as JSON."""


@cache
def files() -> Mapping[str, bytes]:
    """Return the sample's files."""
    return source.collect_files(FOLDER)


@cache
def template() -> Template:
    """Return the sample as read."""
    return source.load_files(files())


def small(body: str, variables: str = "", *, subject: str = "Hello") -> dict[str, bytes]:
    """Make the files of a template in one language.

    Args:
        body: its text.
        variables: TOML, each a table below `variables`.
        subject: of the mail.
    """
    manifest = (
        f"slug = 'small'\nlanguages = ['en']\nsubject = {{ en = '''{subject}''' }}\n{variables}"
    )
    return {
        "template.toml": manifest.encode(),
        "en.md": f'+++\ntitle = "Small"\n+++\n{body}\n'.encode(),
    }
