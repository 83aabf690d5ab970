"""Files that are sent as the body of a request, as often as it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

BLOCK: Final = 64 * 1024

File: TypeAlias = bytes | Path | BinaryIO
"""What may be uploaded: octets, the path of a file, or a file opened for reading octets."""


class Upload:
    """One file, with its media type."""

    def __init__(self, file: File, media_type: str) -> None:
        self.media_type = media_type
        self._file = file
        self._begin = file.tell() if not isinstance(file, bytes | Path) and file.seekable() else 0

    @property
    def repeatable(self) -> bool:
        """Whether it can be sent again from its beginning."""
        return isinstance(self._file, bytes | Path) or self._file.seekable()

    def length(self) -> int | None:
        """Return the number of octets, where it is known beforehand."""
        if isinstance(self._file, bytes):
            return len(self._file)
        return self._file.stat().st_size if isinstance(self._file, Path) else None

    def blocks(self) -> Iterator[bytes]:
        """Yield it from its beginning, block by block."""
        if isinstance(self._file, bytes):
            for place in range(0, len(self._file), BLOCK):
                yield self._file[place : place + BLOCK]
        elif isinstance(self._file, Path):
            with self._file.open("rb") as opened:
                yield from iter(lambda: opened.read(BLOCK), b"")
        else:
            file = self._file
            if file.seekable():
                file.seek(self._begin)
            yield from iter(lambda: file.read(BLOCK), b"")

    async def blocks_async(self) -> AsyncIterator[bytes]:
        """Yield the same, reading in a thread."""
        blocks = self.blocks()
        while (block := await asyncio.to_thread(next, blocks, None)) is not None:
            yield block
