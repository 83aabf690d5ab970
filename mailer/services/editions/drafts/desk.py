"""What all that is done to drafts works with, and the rules that hold for all of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.content.parsing.manifest_writing import read_facts
from mailer.domain.drafts import translation
from mailer.domain.drafts.draft import (
    MANIFEST,
    Change,
    Draft,
    File,
    Made,
    Revision,
    language_of,
    text_of,
)
from mailer.domain.drafts.translation import Part
from mailer.errors import NotFoundError, StateError
from mailer.services.access.acting import current
from mailer.services.editions.archive import Archive
from mailer.store.drafts.records import Put, packed_of
from mailer.store.server.connection import Store

KIND: Final = "draft"
_SERVICE: Final = "service"


@dataclass(frozen=True, slots=True)
class Desk:
    """The store, the settings, the time, and what was sent."""

    store: Store
    settings: Settings
    clock: Clock
    archive: Archive

    def change(self, file: str = "") -> Change:
        """Tell who changes something now."""
        by, name = who()
        return Change(self.clock.now(), by, name, file)

    def is_sent(self, draft: Draft) -> bool:
        """Tell whether a campaign of the draft's edition has started."""
        return draft.published is not None and draft.published.slug in self.archive.all()

    def writable(self, draft: Draft) -> None:
        """Refuse to change what was sent, or was thrown away.

        Raises:
            StateError: it was.
        """
        if draft.removed is not None:
            raise StateError(KIND, str(draft.number), "removed", "change", "Take it back first.")
        if self.is_sent(draft):
            remedy = "Duplicate it for the next edition."
            raise StateError(KIND, str(draft.number), "sent", "change", remedy)


def who() -> tuple[str, str]:
    """Return the actor, in one word and by name."""
    actor = current()
    return (str(actor), actor.name) if actor else (_SERVICE, "")


def digest_of(held: bytes) -> str:
    """Name what a file holds."""
    return hashlib.sha256(held).hexdigest()[:32]


def put(path: str, number: int, held: bytes, change: Change, made: Made, *, note: str = "") -> Put:
    """Make a revision of a file."""
    revision = Revision(
        number,
        change.at,
        change.by,
        change.name,
        made,
        len(held),
        digest_of(held),
        note,
        len(packed_of(held)),
    )
    return Put(path, revision, held, present=made is not Made.ASIDE)


def removal(path: str, number: int, change: Change) -> Put:
    """Make the revision of a file that says that it is gone."""
    revision = Revision(number, change.at, change.by, change.name, Made.REMOVED, 0, "")
    return Put(path, revision, b"")


def described(desk: Desk, draft: Draft, files: Mapping[str, bytes]) -> Draft:
    """Describe a new draft by its files: names and dates from its manifest, and its languages."""
    facts = read_facts(decoded(files.get(MANIFEST, b"")))
    found = {language_of(path) for path in files} - {""}
    wanted = (*facts.fallback, *desk.settings.languages, *sorted(found))
    languages = tuple(code for code in dict.fromkeys(wanted) if code in found)
    source = next(iter(languages), draft.source)
    of = translation.source_parts(decoded(files.get(text_of(source), b"")))
    tracks: dict[str, tuple[Part, ...]] = {}
    for code in languages:
        text = decoded(files[text_of(code)])
        tracks[code] = of if code == source else translation.first_pairing(of, text)
    return replace(
        draft,
        slug=facts.slug,
        date=facts.day.isoformat() if facts.day else "",
        season=dict(facts.season),
        languages=tuple(dict.fromkeys((source, *languages))) if languages else (),
        source=source,
        tracks=tracks,
    )


def rewritten(draft: Draft, path: str, text: str, *, current: bool = True) -> Draft:
    """Describe a draft by the new text of one of its files; see `translation.translated`."""
    if path == MANIFEST:
        facts = read_facts(text)
        return replace(
            draft,
            slug=facts.slug or draft.slug,
            date=facts.day.isoformat() if facts.day else draft.date,
            season=dict(facts.season) or draft.season,
        )
    code = language_of(path)
    if not code:
        return draft
    tracks, known = dict(draft.tracks), draft.tracks.get(code, ())
    languages = draft.languages if code in draft.languages else (*draft.languages, code)
    source = draft.source if draft.source in languages else code
    if code == source:
        tracks[code] = translation.source_parts(text, known)
    else:
        of = draft.tracks.get(source, ())
        tracks[code] = translation.translated(of, known, text, current=current)
    return replace(draft, languages=languages, source=source, tracks=tracks)


def edited(draft: Draft, change: Change) -> Draft:
    """Note a change of a draft's files."""
    return replace(draft, changed=change, edits=draft.edits + 1)


def decoded(held: bytes) -> str:
    """Return the text of a file; octets that are no UTF-8 become U+FFFD."""
    return held.decode("utf-8", "replace")


def state_of(files: Mapping[str, File], path: str) -> File:
    """Return the state of a file.

    Raises:
        NotFoundError: the draft never had it.
    """
    if path not in files:
        raise NotFoundError("file", path)
    return files[path]
