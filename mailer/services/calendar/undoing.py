"""Takes back the last change of an entry, while nobody has been told of it yet.

A notice waits for `notice_grace_minutes` after the last change. Within that time the entry can be
given back its former version: then nothing differs from what readers were told, so no notice goes
out, and a reminder that was paused for the change goes on (`mailer.services.calendar.reminders`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.calendar.comparing import Difference, compared
from mailer.domain.calendar.entry import Entry
from mailer.errors import StateError
from mailer.services.access.acting import act, tell
from mailer.services.calendar.entries import Calendar
from mailer.store.calendar import entries as calendar
from mailer.store.server.connection import Store

_KIND: Final = "calendar entry"


@dataclass(frozen=True, slots=True)
class Undoable:
    """The last change of an entry, which can still be taken back."""

    before: Entry
    """The version that would come back."""
    after: Entry
    """The present one; its sequence names the change."""
    until: datetime
    """The end of the time of grace, UTC."""
    differences: tuple[Difference, ...]


class Undoing:
    """The use cases."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Set up with the store, the settings and a clock."""
        self._store, self._settings, self._clock = store, settings, clock

    @act("calendar.show")
    def undoable(self, name: str) -> Undoable | None:
        """Return the last change of an entry; None: there was none, or its time is over.

        Raises:
            NotFoundError: there is no such entry.
        """
        present = calendar.get(self._store, name)
        until = self._until(present)
        former = self._former(present)
        if former is None or self._clock.now() >= until:
            return None
        return Undoable(former, present, until, tuple(compared(former, present)))

    @act("calendar.undo", "name", "sequence")
    def undo(self, name: str, sequence: int | None = None) -> Entry:
        """Give an entry back the version before its last change.

        That is a version of its own, with the next sequence, so that calendar programs follow.

        Args:
            name: the entry's id.
            sequence: of the version whose change is taken back; None: the present one's.

        Returns:
            The entry as it is now.

        Raises:
            NotFoundError: there is no such entry.
            StateError: it was changed again, never changed, or the time for it is over.
            InputError: the former version cannot be any more, say because its topic is gone.
        """

        def revise(present: Entry) -> Entry:
            if sequence is not None and present.sequence != sequence:
                remedy = "Look at it as it is now."
                said = "changed again since"
                raise StateError(_KIND, name, "changed_again", "undo", remedy, said=said)
            former = self._former(present)
            if former is None:
                remedy = "Cancel it, if it does not take place."
                said = "as it was when it was added"
                raise StateError(_KIND, name, "never_changed", "undo", remedy, said=said)
            if self._clock.now() >= self._until(present):
                remedy = "Change it once more: readers are told of that, too."
                said = "too late, the time to take it back is over"
                raise StateError(_KIND, name, "too_late", "undo", remedy, said=said)
            tell(undone=present.sequence)
            return former

        return Calendar(self._store, self._settings, self._clock).change(name, revise)

    def _until(self, present: Entry) -> datetime:
        changed = present.changed_at or self._clock.now()
        return changed + self._settings.notice_grace

    def _former(self, present: Entry) -> Entry | None:
        """Find the version before the present one."""
        earlier = calendar.versions(self._store, present.id)
        before = [one for one in earlier if one.sequence < present.sequence]
        return before[-1] if before else None
