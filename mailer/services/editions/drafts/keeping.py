"""What else changes a draft: names of revisions, languages that go, translations looked over.

And what others see of it: who is there, and what lies in the bin.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from mailer.domain.drafts import translation
from mailer.domain.drafts.draft import MANIFEST, language_of
from mailer.domain.events import Event
from mailer.errors import InputError, NotFoundError, StateError
from mailer.services.access.acting import act, tell
from mailer.services.editions.drafts.desk import KIND, Desk, edited, removal, state_of, who
from mailer.store.drafts import records
from mailer.store.drafts.records import Open, Put, Write
from mailer.store.server.connection import Store

LONGEST_NOTE: Final = 80


@act("drafts.save")
def name_revision(desk: Desk, number: int, path: str, note: str) -> None:
    """Give the present revision of a file a name, so that it is kept and found again.

    Raises:
        NotFoundError: there is no such draft or file.
        InputError: the name is empty or too long.
    """
    note = " ".join(note.split())
    if not note or len(note) > LONGEST_NOTE:
        said, remedy = "it is no name", f"write 1 to {LONGEST_NOTE} characters"
        raise InputError.of("note", said, remedy, code="bad_text")

    def decide(now: Open) -> Write:
        desk.writable(now.draft)
        state = state_of(now.files, path)
        held = now.content(path, state.revision.digest) if state.there else b""
        made = replace(state.revision, note=note)
        return Write(now.draft, [Put(path, made, held)])

    records.change(desk.store, number, desk.clock.now(), decide)


@act("drafts.save")
def look_over(desk: Desk, number: int, language: str) -> None:
    """Note that a translation says what its source says now: somebody compared them.

    Raises:
        NotFoundError: there is no such draft, or it has no text in that language.
        StateError: its edition was sent, or it was removed.
    """

    def decide(now: Open) -> Write:
        draft = now.draft
        desk.writable(draft)
        if language not in draft.tracks:
            raise NotFoundError("translation", language, within=str(number))
        of = draft.tracks.get(draft.source, ())
        parts = translation.looked_over(of, draft.tracks[language])
        tracks = {**draft.tracks, language: parts}
        return Write(replace(draft, tracks=tracks, changed=desk.change()))

    records.change(desk.store, number, desk.clock.now(), decide)


@act("drafts.remove", "number")
def remove(desk: Desk, number: int) -> None:
    """Put a draft into the bin, from which it can be taken for thirty days.

    An edition that it became stays in the library.

    Raises:
        NotFoundError: there is no such draft.
    """
    _bin(desk, number, "draft.removed")


@act("drafts.recover", "number")
def recover(desk: Desk, number: int) -> None:
    """Take a draft out of the bin.

    Raises:
        NotFoundError: there is no such draft.
        StateError: another draft of the same edition was begun meanwhile.
    """
    draft = records.get(desk.store, number)
    others = (one for one in records.listed(desk.store) if one.removed is None)
    if draft.slug and any(one.slug == draft.slug and one.number != number for one in others):
        remedy = "Give the other one another short name first."
        raise StateError(KIND, str(number), "replaced", "recover", remedy)
    _bin(desk, number, "draft.recovered")


@act("drafts.save")
def remove_text(desk: Desk, number: int, path: str) -> None:
    """Take a language's text or a sheet out of a draft; its history stays, to restore it from.

    Raises:
        NotFoundError: there is no such draft or file.
        StateError: it is the source or the manifest, without which there is no edition.
    """

    def decide(now: Open) -> Write:
        draft = now.draft
        desk.writable(draft)
        state, code = state_of(now.files, path), language_of(path)
        if path == MANIFEST or (code and code == draft.source):
            raise StateError("file", path, "needed", "remove")
        change = desk.change(path)
        languages = tuple(one for one in draft.languages if one != code)
        tracks = {one: parts for one, parts in draft.tracks.items() if one != code}
        draft = edited(replace(draft, languages=languages, tracks=tracks), change)
        return Write(draft, [removal(path, state.last + 1, change)])

    records.change(desk.store, number, desk.clock.now(), decide)


@act("drafts.save")
def be_present(desk: Desk, number: int, path: str) -> None:
    """Note that somebody has a file open, for the others to see; for a few minutes.

    Raises:
        NotFoundError: there is no such draft.
    """
    records.get(desk.store, number)
    actor, by = who()
    told = {"path": path[:100], "name": by, "at": desk.clock.now().isoformat()}
    records.note_presence(desk.store, number, actor, told)


def _bin(desk: Desk, number: int, event: str) -> None:
    change = desk.change()
    removes = event == "draft.removed"

    def decide(now: Open) -> Write | None:
        if removes == (now.draft.removed is not None):
            return None
        told = Event(event, change.at, {"draft": number, "edition": now.draft.slug})
        return Write(replace(now.draft, removed=change if removes else None), told=[told])

    records.change(desk.store, number, change.at, decide)
    tell(draft=number)


def empty_bin(store: Store, now: datetime) -> int:
    """Forget the drafts that were removed thirty days ago; returns how many. No act: by itself."""
    return records.tidy(store, now)
