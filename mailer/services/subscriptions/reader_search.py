"""Finds subscribers by a part of their address or name, anywhere in it.

Addresses and names are held in memory as text, a line each in the order of their numbers, in
blocks of some thousand: a million are some 60 megabytes, and are searched in milliseconds, without
an index that every change of a subscriber would have to keep. The event log tells what changes:
`refresh` reads the lines of whoever it names anew. What was found is compared with the store by
whoever asks, which alone knows what is so just now.

A process that serves pages has a thread keep the text up to date (`keep_fresh`), so that no request
waits for a million addresses to be read: a search then adds at most what came within the last
seconds. Elsewhere a search reads all that it needs itself.
"""

from __future__ import annotations

import threading
import time
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from mailer import log
from mailer.domain.text.plain import plain
from mailer.errors import StoreError
from mailer.store import events
from mailer.store.server.connection import Store
from mailer.store.subscribers import choosing
from mailer.store.subscribers import records as subscribers

BLOCK: Final = 4096
"""Subscribers of one block, and lines fetched in one round trip at most."""
AT_ONCE: Final = 2000
"""Lines that a search reads itself where a thread does the rest."""
EVENTS: Final = 1000
"""Events read in one round trip."""
EVERY_SECONDS: Final = 2.0
"""How often the thread looks for changes."""
_BREATH: Final = 0.002
"""Seconds between two blocks, in which a search that waits gets its turn."""
_ALONE: Final = frozenset({"subscriber.updated", "subscription.confirmed", "subscriber.erased"})
"""Events after which the text about one subscriber may be another."""
_MANY: Final = frozenset({"subscribers.imported", "subscribers.synced", "subscribers.moved_in"})
"""Events after which it may be another about anybody; they name nobody."""
_CHANGED: Final = ("updated", "changed")
"""The fields of these that count whom they changed."""

_log = log.get_logger(__name__)


@dataclass(slots=True)
class _Block:
    """The lines of subscribers with numbers side by side."""

    text: bytearray = field(default_factory=bytearray)
    starts: array[int] = field(default_factory=lambda: array("I", [0]))
    """Where each line begins; and where the next one will."""

    def add(self, lines: Sequence[bytes]) -> None:
        for line in lines:
            self.text += line
            self.starts.append(len(self.text))

    def replaced(self, place: int, line: bytes) -> _Block:
        """Return the block with another line; readers of this one may be at work."""
        start, end = self.starts[place], self.starts[place + 1]
        more = len(line) - (end - start)
        text = self.text[:start] + line + self.text[end:]
        after = (one + more for one in self.starts[place + 1 :])
        return _Block(text, array("I", [*self.starts[: place + 1], *after]))

    def holds(self, wanted: bytes, place: int) -> bool:
        """Tell whether a line holds a text."""
        return self.text.find(wanted, self.starts[place], self.starts[place + 1]) >= 0

    def matches(self, wanted: bytes, first: int) -> Iterator[int]:
        """Yield the places of the lines that hold a text, from one on."""
        text, starts, last = self.text, self.starts, len(self.starts) - 1
        while first < last:
            place = text.find(wanted, starts[first])
            if place < 0:
                return
            first = bisect_right(starts, place)
            if first > last:  # a line that was added since
                return
            yield first - 1


class ReaderSearch:
    """Searches; one for each process, shared by its threads."""

    def __init__(self, store: Store) -> None:
        """Use the store; nothing is read before the first search."""
        self._store = store
        self._lock = threading.Lock()
        self._blocks: list[_Block] = []
        self._known = self._last = 0
        self._log = ""
        """The last event that was taken into account; empty: none was."""
        self._stale: set[int] = set()
        """Places of blocks that are to be read anew."""
        self._thread: threading.Thread | None = None

    @property
    def known(self) -> int:
        """Return the highest number whose line is held."""
        return self._known

    def numbers(self, part: str, after: int = 0, *, newest: bool = False) -> Iterator[int]:
        """Yield the numbers whose address or name may hold a text, capitals and accents aside.

        Args:
            part: the text.
            after: only higher numbers; where the newest come first, only lower ones, but for 0.
            newest: true for descending numbers, else they ascend.
        """
        with self._lock:
            self._catch_up(AT_ONCE if self._thread else None)
            blocks, known = list(self._blocks), self._known
        wanted = searched(part).encode()
        if not wanted:
            return
        if not newest:
            for place in range(after // BLOCK, len(blocks)):
                first = max(after - place * BLOCK, 0)
                for match in blocks[place].matches(wanted, first):
                    yield place * BLOCK + match + 1
            return
        top = min(after - 1, known) if after else known
        for place in range((top - 1) // BLOCK, -1, -1):
            found = [place * BLOCK + one + 1 for one in blocks[place].matches(wanted, 0)]
            yield from (number for number in reversed(found) if number <= top)

    def among(self, part: str, numbers: Iterable[int]) -> Iterator[int]:
        """Yield those of some numbers whose address or name may hold a text, in their order.

        Quicker than `numbers` where only few are asked about.
        """
        with self._lock:
            self._catch_up(AT_ONCE if self._thread else None)
            blocks, known = list(self._blocks), self._known
        wanted = searched(part).encode()
        for number in numbers if wanted else ():
            place, within = divmod(number - 1, BLOCK)
            if number <= known and blocks[place].holds(wanted, within):
                yield number

    def refresh(self) -> None:
        """Read whatever was added and changed since, block by block; others search meanwhile."""
        while True:
            with self._lock:
                done = self._catch_up(BLOCK)
            if done:
                return
            time.sleep(_BREATH)  # requests go first

    def keep_fresh(self, stopped: threading.Event | None = None) -> None:
        """Have a thread read all addresses now, and what changes as long as the process lives."""
        stopped = stopped or threading.Event()

        def run() -> None:
            while True:
                try:
                    self.refresh()
                except (StoreError, OSError) as error:  # at its end the connection is closed
                    said = "Readers were not read for searches."
                    _log.warning("search.failed", message=said, reason=str(error))
                if stopped.wait(EVERY_SECONDS):
                    return

        self._thread = threading.Thread(target=run, name="reader-search", daemon=True)
        self._thread.start()

    def _catch_up(self, most: int | None) -> bool:
        """Read lines that are new or changed; at most so many, or all. Returns whether all are."""
        if not self._log:
            self._log = events.last_id(self._store)
        left = most
        while True:
            some = BLOCK if left is None else left
            changed, caught_up = self._changed()
            self._read_again(changed)
            read = len(changed) + self._read_new(some)
            if self._stale and read < some:
                read += self._read_block()
            over = caught_up and not self._stale and self._known >= self._last
            if over or (left is not None and (left := left - read) <= 0):
                return over

    def _read_new(self, most: int) -> int:
        """Read the lines of numbers that were given out since; returns how many."""
        self._last = subscribers.last_number(self._store)
        place = self._known % BLOCK
        count = min(self._last - self._known, most, BLOCK - place)
        if count <= 0:
            return 0
        if not place:
            self._blocks.append(_Block())
        self._blocks[-1].add(self._lines(range(self._known + 1, self._known + count + 1)))
        self._known += count
        return count

    def _read_block(self) -> int:
        place = self._stale.pop()
        made = _Block()
        made.add(self._lines(range(place * BLOCK + 1, min((place + 1) * BLOCK, self._known) + 1)))
        self._blocks[place] = made
        return BLOCK

    def _read_again(self, numbers: Sequence[int]) -> None:
        for number, line in zip(numbers, self._lines(numbers), strict=True):
            place, within = divmod(number - 1, BLOCK)
            self._blocks[place] = self._blocks[place].replaced(within, line)

    def _changed(self) -> tuple[list[int], bool]:
        """Return whose text changed, of those known, by the next events; and if these are all."""
        page = events.page(self._store, f"({self._log}", EVENTS)
        found = set[int]()
        for name, told in page:
            self._log = name
            kind = told.get("type", "")
            if kind in _ALONE:
                found.add(int(told.get("subscriber", 0)))
            elif kind in _MANY and any(int(told.get(one, 0)) for one in _CHANGED):
                self._stale = set(range(len(self._blocks)))
        return sorted(one for one in found if 0 < one <= self._known), len(page) < EVENTS

    def _lines(self, numbers: Sequence[int]) -> list[bytes]:
        texts = choosing.texts(self._store, numbers) if numbers else []
        return [line_of(address, name) for address, name in texts]


def line_of(address: str, name: str) -> bytes:
    """Write what is searched of a subscriber: without capitals and accents, on one line."""
    if not address and not name:
        return b"\n"
    return f"{searched(address)}\t{searched(name)}\n".encode()


def searched(text: str) -> str:
    """Write a text as a search understands it."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return plain(" ".join(text.split()))


def holds(address: str, name: str, part: str) -> bool:
    """Tell whether an address or a name holds a text, as a search understands it."""
    wanted = searched(part)
    return wanted in searched(address) or wanted in searched(name)
