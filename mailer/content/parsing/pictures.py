"""Reading of an image's first bytes: its format and its size in pixels.

Reads PNG (PNG specification, 5.2 and 11.2.2) and JPEG (ITU-T T.81, B.2.2): what all mail programs
show. Does not check that the image can be decoded whole.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8"
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a frame header; the three left out are tables."""
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers that no length follows."""


class Measure(NamedTuple):
    """An image's media type, and its width and height in pixels."""

    content_type: str
    width: int
    height: int


def measure(data: bytes) -> Measure | None:
    """Read an image's header; None if it is neither PNG nor JPEG, or is cut off or empty."""
    if data.startswith(_PNG) and data[12:16] == b"IHDR" and len(data) >= 33:
        width, height = struct.unpack(">II", data[16:24])
        return Measure("image/png", width, height) if width and height else None
    if data.startswith(_JPEG):
        return next(_jpeg_frames(data), None)
    return None


def _jpeg_frames(data: bytes) -> Iterator[Measure]:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _BARE:
            at += 2
        elif marker in _FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            if width and height:
                yield Measure("image/jpeg", width, height)
            return
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
