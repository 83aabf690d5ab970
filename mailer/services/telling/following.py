"""Reads the event log, event by event, and queues the mails to users that follow from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from mailer import log
from mailer.clock import Clock
from mailer.config import Settings
from mailer.errors import StoreError
from mailer.services.telling.letters import Letters, ToUser
from mailer.store import events
from mailer.store.access import approval_requests, told_users
from mailer.store.server.connection import Store
from mailer.store.subscribers import requests

PAGE: Final = 500
"""Events that are read at once."""
MOST_PAGES: Final = 20
"""Pages in one tick: an import of a million readers must not keep other work waiting."""
MOST_A_DAY: Final = 60
"""Mails to one user."""
MOST_ABOUT_ONE: Final = 5
"""Of these, requests to approve the same campaign: it may be proposed again and again."""

_log = log.get_logger(__name__)


class Following:
    """Part of the scheduler's tick; doing it twice, or in two places, does no harm."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store = store
        self._letters = Letters(store, settings, clock)

    def work_off(self) -> int:
        """Queue what follows from the events that were not read yet; returns how many mails."""
        queued = 0
        for _ in range(MOST_PAGES):
            before = told_users.position(self._store)
            entries = events.page(self._store, f"({before}", PAGE)
            if not entries:
                break
            found = [one for _, event in entries for one in self._of(event)]
            wanted = self._within_limits(found)
            if not told_users.advance(self._store, before, entries[-1][0], self._queue(wanted)):
                break
            queued += len(wanted)
            if len(entries) < PAGE:
                break
        return queued

    def _of(self, event: dict[str, str]) -> list[ToUser]:
        try:
            return self._letters.of(event)
        except StoreError:
            raise
        except Exception:  # noqa: BLE001 - one event that cannot be told must not stop all others
            told = "What happened could not be told to users by mail."
            _log.exception("users.not_told", message=told, type=event.get("type", ""))
            return []

    def _within_limits(self, found: list[ToUser]) -> list[ToUser]:
        """Leave out what would be too much for somebody's mailbox; the console shows it anyway."""
        counted: dict[str, int] = {}
        wanted = []
        for one in found:
            limits = {str(one.user): MOST_A_DAY}
            if one.about:
                limits[one.about] = MOST_ABOUT_ONE
            for what in limits:
                counted.setdefault(what, told_users.mails(self._store, what))
            if any(counted[what] >= most for what, most in limits.items()):
                told = "A user gets no more mails of this kind today."
                _log.warning("users.told_enough", message=told, user=one.user, name=one.mail)
                continue
            for what in limits:
                counted[what] += 1
            wanted.append(one)
        return wanted

    def _queue(self, letters: list[ToUser]) -> Callable[[Any], None]:
        """Return what adds letters to a transaction."""
        numbers = [requests.reserved(self._store) for _ in letters]

        def add(pipe: Any) -> None:
            for one, number in zip(letters, numbers, strict=True):
                requests.add(self._store, one.step, number, pipe)
                if one.request is not None:
                    approval_requests.add(pipe, one.request)
                for what in filter(None, (str(one.user), one.about)):
                    told_users.count(pipe, what)

        return add
