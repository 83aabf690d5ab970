"""Makes drafts: empty in all languages, after the pattern of an earlier edition, or from a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

from babel.dates import format_skeleton

from mailer.content.language.words import words_for
from mailer.content.parsing import source
from mailer.content.parsing.manifest import SLUG
from mailer.content.parsing.manifest_writing import (
    Facts,
    quoted,
    read_facts,
    without_preheader,
    written,
)
from mailer.domain.drafts.draft import MANIFEST, Draft, Made, Published, language_of, text_of
from mailer.domain.events import Event
from mailer.errors import InputError, NotFoundError
from mailer.services.access import once
from mailer.services.access.acting import act, tell
from mailer.services.editions import packed
from mailer.services.editions.drafts.desk import Desk, decoded, described, put
from mailer.store import editions
from mailer.store.drafts import records

_SKELETON: Final = """+++
title = {title}
preheader = ""
+++

"""


@act("drafts.create", "slug")
def empty(desk: Desk, slug: str, day: date) -> Draft:
    """Make a draft with an empty text in each language of the settings.

    Args:
        desk: what it works with.
        slug: the new edition's short name.
        day: on which it comes out.

    Raises:
        InputError: the short name cannot be one, or is another edition's.
    """
    _free(desk, slug)
    languages = desk.settings.languages
    facts = Facts(slug, day, _seasons(languages, day), dict.fromkeys(languages, ""), languages)
    files = {MANIFEST: written(facts).encode()}
    for code in languages:
        title = quoted(desk.settings.sender_name_in(code))
        files[text_of(code)] = _SKELETON.format(title=title).encode()
    return _begin(desk, files)


@act("drafts.create", "origin", "slug")
def duplicate(desk: Desk, origin: str, slug: str, day: date) -> Draft:
    """Make a draft after the pattern of an edition: its texts and pictures, another name and date.

    Subjects and preheaders are emptied, for they are never the same twice.

    Args:
        desk: what it works with.
        origin: short name of the edition; or the number of a draft, behind a `#`.
        slug: the new edition's short name.
        day: on which it comes out.

    Raises:
        NotFoundError: there is no such edition.
        InputError: the short name cannot be one, or is another edition's.
    """
    _free(desk, slug)
    files = _files_of(desk, origin)
    facts = read_facts(decoded(files.get(MANIFEST, b"")))
    languages = tuple(dict.fromkeys((*facts.fallback, *facts.subject)))
    facts = replace(
        facts,
        slug=slug,
        day=day,
        season=_seasons(tuple(facts.season) or languages, day),
        subject=dict.fromkeys(languages, ""),
    )
    files[MANIFEST] = written(facts).encode()
    for path in files:
        if language_of(path):
            files[path] = without_preheader(decoded(files[path])).encode()
    return _begin(desk, files, origin)


@act("drafts.create", "slug")
def reopen(desk: Desk, slug: str) -> Draft:
    """Make a draft of an edition of the library, to go on writing on that very edition.

    Raises:
        NotFoundError: there is no such edition.
        InputError: there is a draft of it; or it was sent, and is duplicated rather than changed.
    """
    if slug in desk.archive.all():
        raise InputError.of("slug", "it was sent", "duplicate it", code="draft.sent")
    if any(one.slug == slug and one.removed is None for one in records.listed(desk.store)):
        raise InputError.of("slug", "there is a draft of it", "open that", code="draft.taken")
    summary = editions.summary_of(desk.store, slug)
    files = editions.files_of(desk.store, slug, summary.digest)
    return _begin(desk, files, slug, of=summary)


@act("drafts.create", "name")
def from_archive(desk: Desk, file: Path, name: str = "") -> Draft:
    """Make a draft from an edition's folder in one file (zip or tar).

    What is wrong with its texts does not matter: a draft is there to mend it.

    Raises:
        InputError: it is no such archive.
    """
    with packed.unpacked(file, name or file.name) as folder:
        return from_folder(desk, folder)


@act("drafts.create", "folder")
def from_folder(desk: Desk, folder: Path) -> Draft:
    """Make a draft from an edition's folder, its files as they are.

    Raises:
        InputError: the folder has no `edition.toml`, or too many or too large files.
    """
    files = source.collect_files(folder)
    if problems := list(source.bad_sizes(files)):
        raise InputError(problems)
    return _begin(desk, files)


def suggested(desk: Desk) -> tuple[str, date]:
    """Suggest a short name that is free, and a date, for the next edition."""
    day = desk.clock.now().date()
    taken = {one.slug for one in records.listed(desk.store)} | editions.slugs(desk.store)
    slug, number = f"{day:%Y-%m}", 1
    while slug in taken:
        number += 1
        slug = f"{day:%Y-%m}-{number}"
    return slug, day


def _begin(
    desk: Desk, files: Mapping[str, bytes], origin: str = "", of: editions.Summary | None = None
) -> Draft:
    if known := once.made():
        return records.get(desk.store, int(known))
    files = {_plain_name(path): held for path, held in files.items()}
    change = desk.change()
    number = records.next_number(desk.store)
    blank = Draft(number, "", "", {}, (), desk.settings.languages[0], change, change)
    draft = replace(described(desk, blank, files), origin=origin)
    if of is not None:
        published = Published(change.at, change.name, of.slug, of.digest, draft.edits)
        draft = replace(draft, published=published)
    puts = [put(path, 1, held, change, Made.FIRST) for path, held in files.items()]
    told = Event("draft.created", change.at, {"draft": number, "origin": origin})
    records.create(desk.store, draft, puts, told, follow_up=once.binding(str(number)))
    tell(draft=number)
    return draft


def _plain_name(path: str) -> str:
    """Write the name of a language's text in small letters, as its code is read anyway."""
    code = language_of(path)
    return text_of(code) if code else path


def _files_of(desk: Desk, origin: str) -> dict[str, bytes]:
    if origin.startswith("#") and origin[1:].isdecimal():
        return records.contents(desk.store, int(origin[1:]))[2]
    digest = editions.summary_of(desk.store, origin).digest
    return editions.files_of(desk.store, origin, digest)


def _free(desk: Desk, slug: str) -> None:
    """Refuse a short name that is none, or that another edition has.

    Raises:
        InputError: so it is.
    """
    if not SLUG.fullmatch(slug):
        remedy = "use small letters, digits and hyphens, at most 64, such as spring-2023"
        raise InputError.of("slug", "it cannot stand in a web address", remedy, code="bad_id")
    drafts = (one.slug for one in records.listed(desk.store) if one.removed is None)
    try:
        editions.summary_of(desk.store, slug)
    except NotFoundError:
        if slug not in drafts:
            return
    raise InputError.of("slug", "another edition has it", "choose another", code="draft.taken")


def _seasons(languages: tuple[str, ...], day: date) -> dict[str, str]:
    """Name the month of an edition in each language: "December 2026"."""
    return {
        code: _capital(format_skeleton("yMMMM", day, locale=words_for(code).locale))
        for code in languages
    }


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
