"""Looks editions over: what is to be mended, and what readers of each language would get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailer.config import Settings
from mailer.content.preflight import Finding, Level
from mailer.domain.campaigns.edition import Edition
from mailer.errors import InputError, NotFoundError
from mailer.services.access.acting import act
from mailer.services.editions import library, preview
from mailer.store.editions import Summary, summary_of
from mailer.store.server.connection import Store

__all__ = [
    "Checked",
    "Summary",
    "check",
    "check_alone",
    "check_folder",
    "check_named",
    "summary",
]


@dataclass(frozen=True, slots=True)
class Checked:
    """An edition that was looked over."""

    edition: str
    """Its slug; where it cannot be read, what it was asked for by."""
    findings: Sequence[Finding]
    """Errors first."""
    readers_get: Mapping[str, str | None]
    """Language of readers -> the language that they get it in; None: they get nothing."""

    @property
    def errors(self) -> int:
        """Count what keeps it from being sent."""
        return sum(finding.level is Level.ERROR for finding in self.findings)


@act("editions.show")
def summary(store: Store, slug: str) -> Summary:
    """Tell what is known of an edition, as of its last import.

    Raises:
        NotFoundError: it was never imported.
    """
    return summary_of(store, slug)


@act("editions.show")
def check(store: Store, settings: Settings, slug: str) -> Checked:
    """Look over an edition that was imported.

    Raises:
        NotFoundError: it never was.
    """
    try:
        edition = library.load(store, settings.topics, slug)
    except InputError as error:
        return _unreadable(slug, error)
    return _checked(settings, edition, preview.languages_read(store))


@act("editions.show")
def check_named(store: Store, settings: Settings, name: str) -> Checked:
    """Look over an edition that was imported; or one in a folder, if no edition has the name.

    Raises:
        NotFoundError: there is neither.
    """
    try:
        return check(store, settings, name)
    except NotFoundError:
        if not Path(name).is_dir():
            raise
    return check_folder(store, settings, Path(name), name)


@act("editions.show")
def check_folder(store: Store, settings: Settings, folder: Path, name: str) -> Checked:
    """Look over an edition in its folder, with the dates of the calendar; nothing is kept."""
    try:
        edition = library.of_folder(store, settings.topics, folder)
    except InputError as error:
        return _unreadable(name, error)
    return _checked(settings, edition, preview.languages_read(store))


@act("editions.show")
def check_alone(settings: Settings, folder: str) -> Checked | None:
    """Look over the edition in a folder, without a store; None: the name is plainly no folder's."""
    try:
        edition = library.in_folder(folder)
    except InputError as error:
        return _unreadable(folder, error)
    return None if edition is None else _checked(settings, edition, set())


def _checked(settings: Settings, edition: Edition, readers: set[str]) -> Checked:
    found = preview.findings(settings, edition, readers)
    languages = (*settings.languages, *sorted(readers))
    instead = {code: edition.language_for(code) for code in languages}
    return Checked(edition.slug, found, instead)


def _unreadable(name: str, error: InputError) -> Checked:
    """Return what is wrong with files that are no edition yet."""
    found = [
        Finding(Level.ERROR, "", one.place, one.text, one.remedy, one.code)
        for one in error.problems
    ]
    return Checked(name, found, {})
