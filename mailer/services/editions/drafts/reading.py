"""Lists and opens drafts: how far each language is, its history, and who else is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from mailer.domain.drafts import translation
from mailer.domain.drafts.comparing import Row, compare
from mailer.domain.drafts.draft import IN_BIN, MANIFEST, PICTURES, Draft, File, Revision, text_of
from mailer.domain.drafts.translation import Progress
from mailer.errors import NotFoundError
from mailer.services.access.acting import act
from mailer.services.editions.archive import Sent
from mailer.services.editions.drafts.desk import Desk, decoded, state_of, who
from mailer.store import editions
from mailer.store.drafts import records
from mailer.store.editions import Summary

PRESENT: Final = timedelta(minutes=5)
"""The time after somebody's last sign for which they are taken for present."""


class Stage(StrEnum):
    """How far an edition is on its way to readers."""

    WRITING = "writing"
    """A draft that the library does not have, or not as it is now."""
    READY = "ready"
    """In the library, as it is."""
    SENT = "sent"
    """A campaign of it has started: it is read, and duplicated, but not changed."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list of editions: a draft, an edition of the library, or both."""

    slug: str
    title: Mapping[str, str]
    date: str
    stage: Stage
    languages: tuple[str, ...]
    draft: Draft | None
    """None: the edition came into the library otherwise."""
    progress: Mapping[str, Progress]
    """By language, of a draft."""
    sent: Sent | None
    at: datetime
    """The last change."""
    by: str
    """The name of whoever made it; empty: not known."""


@dataclass(frozen=True, slots=True)
class Text:
    """The text of one file, and which revision it is."""

    path: str
    text: str
    revision: Revision


@dataclass(frozen=True, slots=True)
class Opened:
    """A draft with its texts, to be written on."""

    draft: Draft
    stage: Stage
    texts: Mapping[str, Text]
    """By path: of each language that there is, and the manifest."""
    progress: Mapping[str, Progress]
    missing: tuple[str, ...]
    """Languages of the settings that it has no text in."""
    files: Mapping[str, File]
    """Every file that is there, by path."""

    @property
    def writable(self) -> bool:
        """Tell whether it may be changed."""
        return self.stage is not Stage.SENT and self.draft.removed is None


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who has a file of a draft open."""

    actor: str
    name: str
    path: str
    at: datetime


@act("drafts.list")
def listed(desk: Desk) -> list[Listed]:
    """List all editions, drafts and those of the library, the newest date first."""
    sent = desk.archive.all()
    drafts = [one for one in records.listed(desk.store) if one.removed is None]
    found = [_of_draft(desk, one, sent) for one in drafts]
    known = {one.slug for one in drafts} | {one.published.slug for one in drafts if one.published}
    found += [
        _of_library(summary, sent.get(summary.slug))
        for summary in editions.newest_first(desk.store)
        if summary.slug not in known
    ]
    return sorted(found, key=lambda one: (one.date or "9999", one.at), reverse=True)


@act("drafts.list")
def binned(desk: Desk) -> list[Draft]:
    """List the drafts that were removed and can be taken back, the last removed first."""
    now = desk.clock.now()
    found = records.removed(desk.store)
    return [one for one in found if one.removed and now - one.removed.at <= IN_BIN]


@act("drafts.show")
def opened(desk: Desk, number: int) -> Opened:
    """Open a draft.

    Raises:
        NotFoundError: there is none of that number.
    """
    draft, states, held = records.contents(desk.store, number)
    paths = [MANIFEST, *map(text_of, draft.languages)]
    texts = {
        path: Text(path, decoded(held[path]), states[path].revision)
        for path in paths
        if path in states
    }
    missing = tuple(code for code in desk.settings.languages if code not in draft.languages)
    return Opened(draft, stage(desk, draft), texts, _progress(draft), missing, states)


@act("drafts.show")
def shown(desk: Desk, number: int) -> Draft:
    """Tell what is known of a draft, without its texts.

    Raises:
        NotFoundError: there is none of that number.
    """
    return records.get(desk.store, number)


def stage(desk: Desk, draft: Draft) -> Stage:
    """Tell how far a draft is on its way."""
    if desk.is_sent(draft):
        return Stage.SENT
    return Stage.READY if draft.in_library else Stage.WRITING


@act("drafts.show")
def history(desk: Desk, number: int, path: str) -> Sequence[Revision]:
    """List the revisions that are kept of a file, the newest first.

    Raises:
        NotFoundError: there is no such draft, or it never had the file.
    """
    records.get(desk.store, number)
    state_of(records.files(desk.store, number), path)
    return records.revisions(desk.store, number, path)


@act("drafts.show")
def text_at(desk: Desk, number: int, path: str, revision: int) -> Text:
    """Load a text as it was at a revision.

    Raises:
        NotFoundError: there is no such draft, file or revision.
    """
    records.get(desk.store, number)
    found = records.revision(desk.store, number, path, revision)
    if found is None or path.startswith(PICTURES):
        raise NotFoundError("revision", str(revision), within=path)
    held = records.content(desk.store, number, path, found.digest) if found.digest else b""
    return Text(path, decoded(held), found)


@act("drafts.show")
def compared(desk: Desk, number: int, path: str, old: int, new: int) -> list[Row]:
    """Compare two revisions of a text, line by line and word by word.

    Raises:
        NotFoundError: there is no such draft, file or revision.
    """
    before, after = (text_at(desk, number, path, one).text for one in (old, new))
    return compare(before, after)


@act("drafts.show")
def behind(desk: Desk, number: int, language: str) -> list[tuple[int, str]]:
    """List the parts of a translation that lag behind their source: line and first words of each.

    Raises:
        NotFoundError: there is no such draft.
    """
    draft = records.get(desk.store, number)
    state = records.files(desk.store, number).get(text_of(language))
    if state is None or not state.there or language == draft.source:
        return []
    held = records.content(desk.store, number, state.path, state.revision.digest)
    stale = translation.stale_parts(
        draft.tracks.get(draft.source, ()), draft.tracks.get(language, ())
    )
    found, line = [], 1
    for at, part in enumerate(translation.split(decoded(held))):
        if at in stale:
            first = next((one for one in part.splitlines() if one.strip(" +")), "")
            found.append((line, first.strip("#: ")[:80]))
        line += part.count("\n")
    return found


@act("drafts.show")
def who_else(desk: Desk, number: int) -> list[Present]:
    """Tell who else has the draft open, the last seen first."""
    now, (own, _) = desk.clock.now(), who()
    found = []
    for actor, told in records.presence(desk.store, number).items():
        at = datetime.fromisoformat(told["at"])
        if actor != own and now - at <= PRESENT:
            found.append(Present(actor, told["name"], told["path"], at))
    return sorted(found, key=lambda one: one.at, reverse=True)


def _progress(draft: Draft) -> dict[str, Progress]:
    return translation.all_progress(draft.tracks, draft.source)


def as_listed(desk: Desk, draft: Draft) -> Listed:
    """Return the line of a draft in the list of editions."""
    return _of_draft(desk, draft, desk.archive.all())


def _of_draft(desk: Desk, draft: Draft, sent: Mapping[str, Sent]) -> Listed:
    published = draft.published.slug if draft.published else ""
    return Listed(
        slug=draft.slug,
        title=draft.season,
        date=draft.date,
        stage=stage(desk, draft),
        languages=draft.languages,
        draft=draft,
        progress=_progress(draft),
        sent=sent.get(published),
        at=draft.changed.at,
        by=draft.changed.name,
    )


def _of_library(summary: Summary, sent: Sent | None) -> Listed:
    return Listed(
        slug=summary.slug,
        title=summary.season,
        date=summary.date,
        stage=Stage.SENT if sent else Stage.READY,
        languages=summary.languages,
        draft=None,
        progress={},
        sent=sent,
        at=datetime.fromisoformat(summary.imported_at),
        by="",
    )
