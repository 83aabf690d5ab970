"""Finds what stands twice in a long file, in little memory."""

from __future__ import annotations

from array import array


class FirstLines:
    """Remembers in which line each key came first, in 24 to 48 bytes a key whatever its length.

    Holds 64-bit fingerprints in a table with open addressing; that two keys of a file of ten
    million share one has a chance of 3 in a million, and then a line is refused, not lost.
    """

    def __init__(self) -> None:
        self._used = 0
        self._make(1 << 12)

    def first(self, key: str, line: int) -> int:
        """Return the line where the key came first; that is this one if it is new."""
        fingerprint = hash(key) & 0xFFFF_FFFF_FFFF_FFFF or 1
        place = self._find(fingerprint)
        if self._fingerprints[place]:
            return self._lines[place]
        self._fingerprints[place], self._lines[place] = fingerprint, line
        self._used += 1
        if self._used * 2 > len(self._lines):
            self._grow()
        return line

    def line_of(self, key: str) -> int:
        """Return the line where the key came first; 0: nowhere."""
        place = self._find(hash(key) & 0xFFFF_FFFF_FFFF_FFFF or 1)
        return self._lines[place] if self._fingerprints[place] else 0

    def _make(self, size: int) -> None:
        self._fingerprints = array("Q", bytes(8 * size))
        self._lines = array("I", bytes(4 * size))

    def _find(self, fingerprint: int) -> int:
        mask = len(self._lines) - 1
        place = fingerprint & mask
        table = self._fingerprints
        while table[place] not in {0, fingerprint}:
            place = (place + 1) & mask
        return place

    def _grow(self) -> None:
        before = zip(self._fingerprints, self._lines, strict=True)
        self._make(2 * len(self._lines))
        for fingerprint, line in before:
            if fingerprint:
                place = self._find(fingerprint)
                self._fingerprints[place], self._lines[place] = fingerprint, line
