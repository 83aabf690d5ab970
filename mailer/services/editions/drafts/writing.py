"""Saves drafts: nobody's words are lost, whoever else wrote meanwhile.

A save says which revision its writer had before them. If that is still the present one, the text is
the next. If not, both are merged (`mailer.domain.drafts.merging`); and where both changed the same
words, the text stays as it is, and what was sent is kept beside it as a revision of its own, for a
person to choose. The same save may be sent again: it is done once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mailer.content.parsing.manifest import is_language
from mailer.content.parsing.manifest_writing import Facts, written
from mailer.content.parsing.source import TEXT_LIMIT
from mailer.domain.drafts.draft import (
    MANIFEST,
    File,
    Made,
    Revision,
    language_of,
    plain_lines,
)
from mailer.domain.drafts.merging import Kind, Merged, Piece, merge
from mailer.errors import InputError, NotFoundError
from mailer.services.access.acting import act
from mailer.services.editions.drafts.desk import (
    Desk,
    decoded,
    digest_of,
    edited,
    put,
    rewritten,
    state_of,
)
from mailer.store.drafts import records
from mailer.store.drafts.records import Open, Put, Write

_SHEETS: Final = frozenset({MANIFEST, "calendar.toml", "members.toml"})
_STANDING: Final = re.compile(r"standing/[A-Za-z0-9_-]{1,60}\.([A-Za-z0-9-]{2,20})\.md")
_SAVE: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
LONGEST_NOTE: Final = 80


class Outcome(StrEnum):
    """What became of a save."""

    SAVED = "saved"
    UNCHANGED = "unchanged"
    """The text was like that already."""
    MERGED = "merged"
    """Others wrote meanwhile, elsewhere in the text."""
    CONFLICT = "conflict"
    """Others wrote meanwhile, at the same place: what was sent is set aside."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a save."""

    outcome: Outcome
    revision: int
    """The present revision."""
    yours: int
    """The revision that reads as was sent; what one writes on is based on it."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Two texts of which a person has to make one."""

    theirs: Revision
    """The present one."""
    mine: Revision
    theirs_text: str
    mine_text: str
    merged: Merged


@act("drafts.save")
def save(
    desk: Desk,
    number: int,
    path: str,
    base: int,
    text: str,
    *,
    save_id: str = "",
    typed: bool = False,
) -> Saved:
    """Save the text of one file of a draft.

    Args:
        desk: what it works with.
        number: the draft's.
        path: `fr.md`, `edition.toml`, …
        base: the revision that the text was made from; 0: there was no such file.
        text: the whole text.
        save_id: drawn by the client, 8 to 64 letters and digits: sent again, it is done once.
        typed: whether it is saved by itself while somebody writes.

    Raises:
        NotFoundError: there is no such draft.
        StateError: its edition was sent, or it was removed.
        InputError: the text is too long, or the file none that an edition has.
    """
    _check(path, text, save_id)
    held = plain_lines(text).encode("utf-8", "replace")
    # A name that is used for another text is another save: words come before promises.
    save_id = f"{save_id}-{digest_of(held)}" if save_id else ""
    found: list[Saved] = []

    def decide(now: Open) -> Write | None:
        desk.writable(now.draft)
        made = Made.TYPED if typed else Made.SAVED
        puts, saved = _decided(desk, now, _Attempt(path, base, held, made))
        found[:] = [saved]
        if not puts:
            return None
        draft = now.draft
        if present := next((one for one in puts if one.present), None):
            draft = rewritten(draft, path, decoded(present.content))
            draft = edited(draft, desk.change(path))
        answer = {"outcome": saved.outcome, "revision": saved.revision, "yours": saved.yours}
        return Write(draft, puts, save_id, answer)

    records.change(desk.store, number, desk.clock.now(), decide, save_id)
    if found:
        return found[0]
    known = records.saved(desk.store, number, save_id) or {}
    return Saved(Outcome(known["outcome"]), known["revision"], known["yours"])


@act("drafts.save")
def save_facts(desk: Desk, number: int, base: int, facts: Facts) -> Saved:
    """Save what `edition.toml` says; arguments and errors as `save` has them."""
    return save(desk, number, MANIFEST, base, written(facts))


@act("drafts.show")
def clash(desk: Desk, number: int, path: str, aside: int, base: int) -> Clash:
    """Show the two texts of a conflict, and what merging makes of them.

    Args:
        desk: what it works with.
        number: the draft's.
        path: the file.
        aside: the revision that was set aside.
        base: the one that it was made from.

    Raises:
        NotFoundError: there is no such draft, file or revision.
    """
    state = state_of(records.files(desk.store, number), path)
    mine = _revision(desk, number, path, aside)
    before = records.revision(desk.store, number, path, base)

    def text(one: Revision) -> str:
        if not one.digest:
            return ""
        return plain_lines(decoded(records.content(desk.store, number, path, one.digest)))

    merged = _merged(text(before) if before else None, text(mine), text(state.revision))
    return Clash(state.revision, mine, text(state.revision), text(mine), merged)


@act("drafts.restore", "number", "path", "revision")
def restore(desk: Desk, number: int, path: str, revision: int) -> Revision:
    """Make an earlier revision of a file the present one again, as a new revision.

    Raises:
        NotFoundError: there is no such draft, file or revision.
        StateError: its edition was sent, or it was removed.
    """
    found: list[Revision] = []

    def decide(now: Open) -> Write:
        desk.writable(now.draft)
        state, wanted = state_of(now.files, path), now.revision(path, revision)
        if wanted is None or not wanted.digest:
            raise NotFoundError("revision", str(revision), within=path)
        held = now.content(path, wanted.digest)
        change = desk.change(path)
        one = put(path, state.last + 1, held, change, Made.RESTORED, note=str(revision))
        found[:] = [one.revision]
        draft = rewritten(now.draft, path, decoded(held), current=False)
        return Write(edited(draft, change), [one])

    records.change(desk.store, number, desk.clock.now(), decide)
    return found[0]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What somebody wants a file to be."""

    path: str
    base: int
    held: bytes
    made: Made


def _decided(desk: Desk, now: Open, wanted: _Attempt) -> tuple[list[Put], Saved]:
    """Decide on a save: the revisions that it adds, and what it came to."""
    state, change = now.files.get(wanted.path), desk.change(wanted.path)
    following = state.last + 1 if state else 1
    plain = put(wanted.path, following, wanted.held, change, wanted.made)
    saved = Saved(Outcome.SAVED, following, following)
    if state is None or wanted.base == state.revision.number:
        if state and state.there and plain.revision.digest == state.revision.digest:
            return [], Saved(Outcome.UNCHANGED, state.revision.number, state.revision.number)
        return [plain], saved
    return _brought_together(desk, now, state, wanted)


def _brought_together(
    desk: Desk, now: Open, state: File, wanted: _Attempt
) -> tuple[list[Put], Saved]:
    """Decide on a save that was made from another revision than the present one."""
    path, held = wanted.path, wanted.held
    change, present, following = desk.change(path), state.revision.number, state.last + 1
    theirs = _plain(now.content(path, state.revision.digest)) if state.there else b""
    if theirs == held:
        return [], Saved(Outcome.UNCHANGED, present, present)
    began = _content(now, path, wanted.base)
    merged = _merged(None if began is None else decoded(began), decoded(held), decoded(theirs))
    if not merged.clean:
        yours = _aside(now, state, held, following, change.by)
        puts = [put(path, following, held, change, Made.ASIDE)] if yours == following else []
        return puts, Saved(Outcome.CONFLICT, present, yours)
    if held == began:
        return [], Saved(Outcome.MERGED, present, wanted.base)
    both = merged.text.encode()
    if both == held:
        one = put(path, following, held, change, Made.MERGED)
        return [one], Saved(Outcome.SAVED, following, following)
    puts = [put(path, following, held, change, Made.ASIDE)]
    if both == theirs:
        return puts, Saved(Outcome.MERGED, present, following)
    puts.append(put(path, following + 1, both, change, Made.MERGED))
    return puts, Saved(Outcome.MERGED, following + 1, following)


def _content(now: Open, path: str, number: int) -> bytes | None:
    """Load what a revision held; None: it is not kept, or never was."""
    found = now.revision(path, number)
    if found is None:
        return None
    return _plain(now.content(path, found.digest)) if found.digest else b""


def _plain(held: bytes) -> bytes:
    """Return a text as browsers send it back: a folder may have come with other line ends."""
    return plain_lines(decoded(held)).encode()


def _aside(now: Open, state: File, held: bytes, following: int, by: str) -> int:
    """Number what is set aside: as before, if the same person's same words were the last to be."""
    last = now.revision(state.path, state.last)
    known = last is not None and last.made is Made.ASIDE and last.by == by
    same = known and last is not None and now.content(state.path, last.digest) == held
    return state.last if same else following


def _merged(base: str | None, mine: str, theirs: str) -> Merged:
    """Merge; without what both came from, which is not kept any more, everything is a conflict."""
    if base is None:
        return Merged((Piece(Kind.CONFLICT, "", mine, theirs),))
    return merge(base, mine, theirs)


def _check(path: str, text: str, save_id: str) -> None:
    code, standing = language_of(path), _STANDING.fullmatch(path)
    known = path in _SHEETS or bool(code and path == f"{code}.md" and is_language(code))
    if not known and not (standing and is_language(standing[1])):
        said, remedy = "no edition has such a file", "write en.md, fr.md, … or edition.toml"
        raise InputError.of("path", said, remedy, code="draft.no_file")
    if len(text.encode("utf-8", "replace")) > TEXT_LIMIT:
        limit = TEXT_LIMIT // 1024
        said = f"the text has more than {limit} KB"
        facts = {"limit": limit}
        raise InputError.of("text", said, "make it shorter", code="file.too_large", facts=facts)
    if save_id and not _SAVE.fullmatch(save_id):
        remedy = "use 8 to 64 letters and digits"
        raise InputError.of("save_id", "it cannot name a save", remedy, code="bad_id")


def _revision(desk: Desk, number: int, path: str, wanted: int) -> Revision:
    found = records.revision(desk.store, number, path, wanted)
    if found is None or not found.digest:
        raise NotFoundError("revision", str(wanted), within=path)
    return found
