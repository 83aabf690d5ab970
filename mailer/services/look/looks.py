"""Shows the look and changes it: each change is a version, which can be taken back or repeated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.events import Event
from mailer.domain.look import changes
from mailer.domain.look.look import Look
from mailer.domain.look.reading import mark_of, read
from mailer.domain.look.writing import document_of, logo_of
from mailer.domain.subscribers.topic import Topics
from mailer.errors import InputError, NotFoundError, Problem, StateError
from mailer.services.access.acting import act, current, tell
from mailer.services.look import pictures, uses
from mailer.services.look.live import ground_of, look_of
from mailer.store import look as looks
from mailer.store.campaigns import records as campaigns
from mailer.store.look import Version
from mailer.store.server.connection import Store

WORDS: Final = ("texts", "names")
"""Parts that whoever writes may change, too."""
CLIPPED: Final = 80
"""Characters of a value in the audit log."""


class LookChangedError(StateError):
    """A change was made for what is not there any more: somebody else changed the same."""

    code = "look_changed"

    def __init__(self, places: tuple[str, ...]) -> None:
        """Name the places that are other by now."""
        self.places = places
        remedy = "Look at it again, and see whether the change still fits."
        said = f"changed meanwhile ({', '.join(places)})"
        super().__init__("look", "", "changed", "change", remedy, said=said)


@dataclass(frozen=True, slots=True)
class Shown:
    """The look in force."""

    version: Version
    look: Look
    settings: Settings
    """With the look over them."""

    def origin(self, part: str) -> str:
        """Tell where a part comes from: `console`, or where the settings have it."""
        if part in self.version.document:
            return "console"
        under = self.settings.under
        return under.origin(part) if part in type(under).model_fields else "default"


@dataclass(frozen=True, slots=True)
class Change:
    """One change, as the history tells it."""

    revision: int
    at: datetime | None
    by: str
    name: str
    restored: int
    differences: Mapping[str, tuple[Any, Any]]
    """Place -> what was and what is; None: as the settings say."""
    complete: bool = True
    """False: the version before it is not kept any more, so that only what is can be told."""


class Looks:
    """The use cases around the look, on an open store."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store, self._settings, self._clock = store, settings.under, clock

    @act("look.show")
    def show(self) -> Shown:
        """Return the look in force."""
        return self._shown(looks.current(self._store))

    @act("look.show")
    def history(self, before: int = 0, most: int = 50) -> list[Change]:
        """List the changes, the newest first.

        Args:
            before: only those of a lower revision; 0: from the newest.
            most: how many.
        """
        found = looks.history(self._store, before, most + 1)
        first = looks.NOTHING
        pairs = zip(found, [*found[1:], *([first] if len(found) <= most else [])], strict=False)
        return [
            Change(
                one.revision,
                one.at,
                one.by,
                one.name,
                one.restored,
                changes.differences(earlier.document, one.document),
                complete=earlier.revision == one.revision - 1,
            )
            for one, earlier in pairs
        ][:most]

    @act("look.show")
    def version(self, revision: int) -> Shown:
        """Return a former version.

        Raises:
            NotFoundError: it is not kept, or never was.
        """
        return self._shown(self._kept(revision))

    @act("look.change", "seen")
    def change(self, wanted: Mapping[str, Any], seen: int | None = None) -> Shown:
        """Change parts of the look; see `mailer.domain.look.changes.applied`.

        Args:
            wanted: parts, or entries of tables within them; None takes one back to the settings.
            seen: the revision that whoever asks has seen; None: whichever.

        Raises:
            InputError: with everything that is wrong; nothing was changed.
            LookChangedError: others changed the same since.
        """
        return self._change(wanted, seen)

    @act("look.words", "seen")
    def change_words(self, wanted: Mapping[str, Any], seen: int | None = None) -> Shown:
        """Change texts of service mails and names of members, and nothing else; see `change`.

        Raises:
            InputError: something is wrong, or it is about another part.
            LookChangedError: others changed the same since.
        """
        others = [part for part in wanted if part not in WORDS]
        if others:
            said = f"{', '.join(others)} cannot be changed with the words"
            raise InputError.of(others[0], said, f"known are {', '.join(WORDS)}", code="look.part")
        return self._change(wanted, seen)

    @act("look.show")
    def exported(self) -> dict[str, Any]:
        """Return the document whole, with the picture of its logo (base64)."""
        shown = self.show()
        document = dict(shown.version.document)
        if shown.look.logo:
            document["logo"] = {**document["logo"], "data": pictures.as_text(shown.look.logo)}
        return document

    @act("look.change", "seen")
    def import_(self, document: Mapping[str, Any], seen: int | None = None) -> Shown:
        """Put a whole document in the place of the present one, as `exported` wrote it.

        Raises:
            InputError: with everything that is wrong; nothing was changed.
            LookChangedError: another version is the present one by now.
        """
        document, stored = pictures.with_picture(document)
        before = looks.current(self._store)
        if seen is not None and seen != before.revision:
            raise LookChangedError(tuple(document))
        if shown := self._try(before, changes.applied({}, document), stored):
            return shown
        raise LookChangedError(tuple(document))

    @act("look.change")
    def set_logo(self, data: bytes, alt: Mapping[str, str] | None = None) -> Shown:
        """Make a logo of a picture.

        Args:
            data: PNG or JPEG.
            alt: the words that stand for it, by language; None: as before.

        Raises:
            InputError: it is no such picture.
        """
        made = pictures.logo_of(data)

        def with_logo(document: Mapping[str, Any]) -> dict[str, Any]:
            before = (document.get("logo") or {}).get("alt", {})
            said = before if alt is None else {code: text for code, text in alt.items() if text}
            return {**document, "logo": logo_of(replace(made, alt=dict(said)))}

        while True:
            before = looks.current(self._store)
            stored = {made.digest: made.data}
            if shown := self._try(before, with_logo(before.document), stored):
                return shown

    @act("look.change", "revision")
    def restore(self, revision: int) -> Shown:
        """Make a former version the present one again; 0: everything as the settings say.

        Raises:
            NotFoundError: it is not kept.
            InputError: it does not fit any more, for a topic in use is missing in it, say.
        """
        version = self._kept(revision)
        while True:
            before = looks.current(self._store)
            if shown := self._try(before, version.document, {}, restored=revision):
                return shown

    @act("look.change", "revision")
    def undo(self, revision: int) -> Shown:
        """Take the newest change back.

        Raises:
            LookChangedError: another was made since.
            NotFoundError: what was before it is not kept.
        """
        now = looks.current(self._store)
        if now.revision != revision or not revision:
            raise LookChangedError(("all",))
        return self.restore(revision - 1)

    @act("look.words", "revision")
    def undo_words(self, revision: int) -> Shown:
        """Take the newest change back, if it was one of words alone.

        Raises:
            LookChangedError: another was made since.
            NotFoundError: what was before it is not kept.
        """
        now, before = looks.current(self._store), self._kept(revision - 1)
        if now.revision != revision:
            raise LookChangedError(("all",))
        wanted = {part: before.document.get(part) for part in WORDS}
        after = {**now.document, **wanted}
        after = {part: value for part, value in after.items() if value}
        if changes.differences(after, before.document):
            raise LookChangedError(("all",))
        if shown := self._try(now, after, {}, restored=revision - 1):
            return shown
        raise LookChangedError(("all",))

    def _change(self, wanted: Mapping[str, Any], seen: int | None) -> Shown:
        while True:
            before = looks.current(self._store)
            if seen is not None and seen != before.revision:
                self._refuse_if_touched(wanted, seen, before)
            if shown := self._try(before, changes.applied(before.document, wanted), {}):
                return shown

    def _refuse_if_touched(self, wanted: Mapping[str, Any], seen: int, now: Version) -> None:
        """Refuse a change of what is not any more as it was seen; others are as good as none."""
        known = looks.version(self._store, seen)
        if known is None:
            raise LookChangedError(tuple(wanted))
        others = changes.differences(known.document, now.document)
        own = changes.differences(now.document, changes.applied(now.document, wanted))
        both = [
            place
            for place in others
            if any(
                f"{place}.".startswith(f"{one}.") or f"{one}.".startswith(f"{place}.")
                for one in own
            )
        ]
        if both:
            raise LookChangedError(tuple(both))

    def _try(
        self,
        before: Version,
        document: Mapping[str, Any],
        stored: Mapping[str, bytes],
        *,
        restored: int = 0,
    ) -> Shown | None:
        """Check a document and make it the present version; None: another one is by now."""
        problems: list[Problem] = []
        now = self._clock.now()
        revision = before.revision + 1
        look = read(document, ground_of(self._settings), problems.append, revision)
        if problems:
            raise InputError(problems)
        self._refuse_if_in_use(before, look, now)
        written = document_of(look)
        self._refuse_too_large(written)
        found = changes.differences(before.document, written)
        if not found:
            return self._shown(before)
        if look.logo and look.logo.digest not in stored:
            self._known_picture(look.logo.digest)
        actor = current()
        after = Version(
            revision,
            written,
            now,
            str(actor) if actor else "",
            actor.name if actor else "Mailer",
            restored,
        )
        fields: dict[str, str | int] = {
            "revision": revision,
            "parts": " ".join(found)[:1000],
            "restored": restored,
        }
        event = Event("look.changed", now, fields)
        needed = [
            one.look for one in campaigns.some(self._store, campaigns.open_numbers(self._store))
        ]
        mark = mark_of(written)
        if not looks.change(
            self._store, before.revision, after, mark, event, pictures=stored, needed=needed
        ):
            return None
        tell(
            before={place: _clipped(was) for place, (was, _) in found.items()},
            after={place: _clipped(is_) for place, (_, is_) in found.items()},
            revision=revision,
        )
        return self._shown(after)

    def _refuse_if_in_use(self, before: Version, look: Look, now: datetime) -> None:
        """Refuse to take away a topic that something speaks of, or the language of a directory."""
        was = look_of(self._store, self._settings, before)
        topics = self._topics(look)
        gone = uses.removed(self._topics(was), topics)
        used = uses.of_topics(self._store, self._settings, now, gone) if gone else {}
        problems = [
            Problem(
                f"topics.{topic}",
                f"it cannot be removed: {use}",
                "make it invisible, or move its readers first",
                code="look.in_use",
                facts={"topic": topic, "readers": use.readers, "by": str(use)},
            )
            for topic, use in used.items()
            if use
        ]
        languages = look.languages or self._settings.languages
        problems += [
            Problem(
                "languages",
                f"the directory {name} brings readers in for {one.language}",
                "keep the language, or change the directory",
                code="look.in_use",
                facts={"topic": one.language, "readers": 0, "by": f"directory {name}"},
            )
            for name, one in self._settings.sync.items()
            if one.language and one.language not in languages
        ]
        if problems:
            raise InputError(problems)

    def _topics(self, look: Look) -> Topics:
        return look.topics or self._settings.topics

    def _refuse_too_large(self, document: Mapping[str, Any]) -> None:
        size = len(json.dumps(document, ensure_ascii=False).encode())
        if size > looks.LARGEST:
            said = f"all texts together have {size // 1024} KB"
            facts = {"length": size, "most": looks.LARGEST}
            remedy = f"keep them below {looks.LARGEST // 1024} KB"
            raise InputError.of("", said, remedy, code="look.too_long", facts=facts)

    def _known_picture(self, digest: str) -> None:
        if not looks.picture(self._store, digest):
            said = "there is no such picture here"
            raise InputError.of("logo", said, "upload it", code="look.logo")

    def _kept(self, revision: int) -> Version:
        found = looks.version(self._store, revision)
        if found is None:
            raise NotFoundError("version of the look", str(revision))
        return found

    def _shown(self, version: Version) -> Shown:
        look = look_of(self._store, self._settings, version)
        return Shown(version, look, self._settings.with_look(look))


def _clipped(value: Any) -> str | None:
    """Return a value as the audit log tells it."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= CLIPPED else f"{text[:CLIPPED]}…"
