"""Reads the event log for many endpoints at once, most of which want the same part of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mailer.store.webhooks.turns import Turns

PAGE: Final = 500
"""Events that are read at once."""
MOST_KEPT: Final = 2000
"""Events of the log that are kept in memory."""

Entry = tuple[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Page:
    """What comes after one place in the log."""

    entries: Sequence[Entry]
    gap: bool = False
    """Whether something is missing between that place and the first of the entries."""


class LogReader:
    """Keeps one stretch of the log, without a gap, so that each event is read once for all."""

    def __init__(self, turns: Turns) -> None:
        """Take the store; nothing is read yet."""
        self._turns = turns
        self._kept: list[Entry] = []
        self._index: dict[str, int] = {}
        """Id of a kept event -> its place among them."""
        self._reading = asyncio.Lock()

    async def after(self, position: str) -> Page:
        """Return what comes after the place up to which the log was read.

        The event at that place is read, too: where it is not there, the log was cut beyond it.
        """
        if found := self._kept_after(position):
            return Page(found)
        async with self._reading:
            if found := self._kept_after(position):  # somebody else read it meanwhile
                return Page(found)
            entries = await self._turns.page(position, PAGE + 1)
            if not entries:
                return Page(())
            if entries[0][0] == position:
                self._keep(entries)
                return Page(entries[1:])
            return Page(entries, position != "0-0" or await self._turns.log_was_trimmed())

    async def between(self, after: str, until: str) -> Page:
        """Return what comes after a place, up to another."""
        return Page(await self._turns.page(f"({after}", PAGE, until))

    async def event(self, event_id: str) -> Mapping[str, str] | None:
        """Return an event's fields, or none if it is gone from the log."""
        if event_id in self._index:
            return self._kept[self._index[event_id]][1]
        found = await self._turns.page(event_id, 1, event_id)
        return found[0][1] if found else None

    def _kept_after(self, position: str) -> Sequence[Entry]:
        at = self._index.get(position)
        return () if at is None else self._kept[at + 1 : at + 1 + PAGE]

    def _keep(self, entries: Sequence[Entry]) -> None:
        """Add what was read to what is kept, where the two meet; else keep what is newer."""
        first, last = entries[0][0], entries[-1][0]
        if first in self._index:
            kept = [*self._kept[: self._index[first]], *entries]
            if last in self._index:
                kept += self._kept[self._index[last] + 1 :]
        elif last in self._index:
            kept = [*entries, *self._kept[self._index[last] + 1 :]]
        elif not self._kept or _moment(last) > _moment(self._kept[-1][0]):
            kept = list(entries)
        else:
            return
        self._kept = kept[-MOST_KEPT:]
        self._index = {entry[0]: place for place, entry in enumerate(self._kept)}


def _moment(event_id: str) -> tuple[int, int]:
    milliseconds, _, number = event_id.partition("-")
    return int(milliseconds), int(number)
