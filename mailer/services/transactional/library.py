"""Takes templates in, checks them, lists them, and shows what a reader would get."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailer.clock import Clock
from mailer.config import Settings
from mailer.content.rendering.rendered import Rendered
from mailer.content.transactional import source, writing
from mailer.domain.transactional import variable
from mailer.domain.transactional.template import Template
from mailer.errors import InputError, NotFoundError
from mailer.services.access.acting import act, tell
from mailer.services.editions import packed
from mailer.services.transactional.writing import sample_frame
from mailer.store.server.connection import Store
from mailer.store.transactional import mails, templates
from mailer.store.transactional.templates import Summary

__all__ = [
    "Summary",
    "import_archive",
    "import_files",
    "import_folder",
    "listed",
    "load",
    "preview",
    "read_data",
    "remove",
    "show",
]


@dataclass(frozen=True, slots=True)
class Shown:
    """All about a template."""

    summary: Summary
    template: Template
    versions: tuple[str, ...]
    """Those that are kept, the newest included."""
    counts: Mapping[str, Mapping[str, int]]
    """Language -> state -> how many of its mails came to that, of all versions."""


@act("templates.import", "folder")
def import_folder(
    store: Store, settings: Settings, folder: Path, clock: Clock
) -> tuple[Summary, bool]:
    """Read a template's folder and keep it as the newest version; whole or not at all.

    Returns:
        What is kept, and whether it differs from what was the newest version.

    Raises:
        InputError: the folder cannot be read as a template; every problem is listed.
    """
    return import_files(store, settings, source.collect_files(folder), clock)


@act("templates.import")
def import_files(
    store: Store, settings: Settings, files: Mapping[str, bytes], clock: Clock
) -> tuple[Summary, bool]:
    """Keep a template from its files, by name; as `import_folder`.

    Raises:
        InputError: the files are no template; every problem is listed.
    """
    template = source.load_files(files, tuple(settings.topics))
    summary, changed = templates.save(
        store,
        files,
        clock.now(),
        slug=template.slug,
        topic=template.topic,
        languages=template.languages,
        description=template.description,
    )
    tell(template=summary.slug, version=summary.version, changed=changed)
    return summary, changed


@act("templates.import", "name")
def import_archive(
    store: Store, settings: Settings, file: Path, clock: Clock, name: str
) -> tuple[Summary, bool]:
    """Keep a template from an archive of its folder; as `import_folder`.

    Args:
        store: with the templates.
        settings: for the topics.
        file: the archive; recognised by its content.
        clock: the present.
        name: of it, for messages and the audit log.

    Raises:
        InputError: it is no such archive, or holds no template; every problem is listed.
    """
    with packed.unpacked(file, name, source.MANIFEST) as folder:
        return import_files(store, settings, source.collect_files(folder), clock)


@act("templates.list")
def listed(store: Store) -> list[Summary]:
    """List the templates by their names, as they were imported last."""
    return templates.by_slug(store)


@act("templates.show")
def show(store: Store, slug: str) -> Shown:
    """Tell all about a template: what it declares, its versions, what became of its mails.

    Raises:
        NotFoundError: there is none of that name.
    """
    summary = templates.get(store, slug)
    counts: dict[str, dict[str, int]] = {}
    for (language, state), count in sorted(templates.tally(store, slug).items()):
        counts.setdefault(language, {})[state] = count
    kept = tuple(templates.versions(store, slug))
    return Shown(summary, load(store, slug, summary.version), kept, counts)


@act("templates.preview")
def preview(
    store: Store,
    settings: Settings,
    slug: str,
    *,
    language: str = "",
    data: Mapping[str, Any] | None = None,
    version: str = "",
) -> Rendered:
    """Write a template's mail for somebody made up; sends nothing.

    Args:
        store: with the templates.
        settings: for the sender.
        slug: which template.
        language: the reader's; empty: the template's first one.
        data: as a program would give it; None: the examples.
        version: empty: the newest.

    Raises:
        NotFoundError: there is no such template or version.
        InputError: the data does not fit.
    """
    template = load(store, slug, version or templates.get(store, slug).version)
    given = template.examples() if data is None else variable.read(template.variables, data)
    code = template.language_for(language or template.languages[0])
    written = writing.write(template, code, given)
    return writing.render(written, sample_frame(settings, template, code))


@act("templates.remove", "slug")
def remove(store: Store, slug: str, clock: Clock) -> None:
    """Remove a template: nothing more is sent of it, but what is queued leaves.

    Raises:
        NotFoundError: there is none of that name.
    """
    if not templates.remove(store, slug, clock.now()):
        raise NotFoundError("template", slug)


def load(store: Store, slug: str, version: str) -> Template:
    """Load one version of a template.

    Raises:
        NotFoundError: it is not kept, or never was.
    """
    return source.load_files(templates.files_of(store, slug, version), checked=True)


def read_data(text: str) -> dict[str, Any]:
    """Read a template's data from JSON.

    Raises:
        InputError: it is no JSON object.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        said = "this is no JSON object"
        raise InputError.of("data", said, 'write { "name": "value" }', code="data.not_json")
    return found


def tidy(store: Store, clock: Clock) -> None:
    """Drop old versions, and forget which mails there were long ago."""
    now = clock.now()
    templates.tidy(store, now)
    mails.tidy(store, [one.slug for one in templates.by_slug(store)], now)
