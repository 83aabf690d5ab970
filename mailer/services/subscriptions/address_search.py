"""Finds subscribers by a part of their address, anywhere in it.

All addresses are held in memory as one text, a line each in the order of their numbers: a million
are some 25 megabytes, and are searched in milliseconds, without an index that every change of a
subscriber would have to keep. The numbers only grow, and the address of a number never changes; so
each search first reads the new ones. What was found is compared with the store, which alone knows
who was erased; and the text is made anew from time to time.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from threading import Lock
from typing import Final

from mailer.store.server.connection import Store
from mailer.store.subscribers import choosing
from mailer.store.subscribers import records as subscribers

READ: Final = 5000
"""Addresses fetched in one round trip."""
KEPT_SECONDS: Final = 3600.0
"""After so long the text is made anew, without who was erased."""


class AddressSearch:
    """Searches; one for each process, shared by its threads."""

    def __init__(self, store: Store) -> None:
        """Use the store; nothing is read before the first search."""
        self._store, self._lock = store, Lock()
        self._forget()

    def _forget(self) -> None:
        self._text = bytearray()
        self._starts = array("Q", [0])
        """Where the line of each number begins, from number 1; and where the next one will."""
        self._made = time.monotonic()

    def numbers(self, part: str, after: int = 0) -> Iterator[int]:
        """Yield the numbers after one whose address holds a text, capitals aside, ascending."""
        with self._lock:
            self._catch_up()
            text, starts = self._text, self._starts
        wanted = part.lower().encode()
        if b"\n" in wanted:
            return
        last = len(starts) - 1
        while after < last:
            place = text.find(wanted, starts[after])
            if place < 0:
                return
            after = bisect_right(starts, place)
            if after > last:
                return
            yield after

    def _catch_up(self) -> None:
        """Read the addresses of the numbers that were given out since."""
        if time.monotonic() - self._made > KEPT_SECONDS:
            self._forget()
        last = subscribers.last_number(self._store)
        while (known := len(self._starts) - 1) < last:
            until = min(known + READ, last)
            for one in choosing.addresses(self._store, known + 1, until):
                self._text += one.lower().encode() + b"\n"
                self._starts.append(len(self._text))
