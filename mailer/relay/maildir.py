"""Writes messages into a Maildir: for tests, and for machines that no network reaches.

Each message is a file, written whole under `tmp`, on disk before it is accepted, and then moved to
`new`, where whoever carries it on finds it: its envelope stands in its first two fields.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final

from mailer.domain.campaigns.delivery import Attempt, accepted, unknown
from mailer.errors import RelayError
from mailer.relay.envelope import Envelope
from mailer.relay.file_form import address, file_form

_FOLDERS: Final = ("tmp", "new", "cur")
_NUMBERS: Final = count(1)


class Maildir:
    """One Maildir; several processes may write to it at once."""

    def __init__(self, place: str) -> None:
        """Use the folder; it is made when it is first used."""
        self._folder = Path(place)
        self._host = socket.gethostname().replace("/", "_").replace(":", "_")

    async def ready(self) -> None:
        """Make the folders that are missing.

        Raises:
            RelayError: they cannot be made.
        """
        await asyncio.to_thread(self._make)

    async def carry(self, envelope: Envelope) -> Attempt:
        """Write one message; it is on disk when this returns.

        Raises:
            RelayError: it cannot be written: the disk is full, or the folder is not ours.
        """
        return await asyncio.to_thread(self._write, envelope)

    async def close(self) -> None:
        """Nothing is kept between messages."""

    def _make(self) -> None:
        try:
            for name in _FOLDERS:
                (self._folder / name).mkdir(mode=0o770, parents=True, exist_ok=True)
        except OSError as error:
            raise _failed(error) from error

    def _write(self, envelope: Envelope) -> Attempt:
        name = f"{time.time_ns()}.P{os.getpid()}Q{next(_NUMBERS)}.{self._host}"
        draft, file = self._folder / "tmp" / name, self._folder / "new" / name
        try:
            _write_down(draft, with_envelope(envelope))
            draft.rename(file)
        except OSError as error:
            with suppress(OSError):
                draft.unlink()
            raise _failed(error) from error
        try:
            _keep(file.parent)
        except OSError as error:  # it is there, but may not be after a power cut
            return unknown(_words(error))
        return accepted(250, "", f"written as {name}")


def with_envelope(envelope: Envelope) -> bytes:
    """Return a message as its file holds it, with its envelope in front.

    No `Delivered-To`: MTAs take that for a sign that a message goes in a circle.
    """
    sender, recipient = address(envelope.sender), address(envelope.recipient)
    # RFC 5321 section 4.4: the return path stands in angle brackets.
    fields = f"Return-Path: <{sender}>\nX-Envelope-To: {recipient}\n"
    return fields.encode() + file_form(envelope)


def _write_down(draft: Path, content: bytes) -> None:
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o660)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(descriptor)


def _keep(folder: Path) -> None:
    """Have the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _failed(error: OSError) -> RelayError:
    return RelayError(permanent=False, reply=0, enhanced="", command="write", text=_words(error))


def _words(error: OSError) -> str:
    return (error.strerror or "it cannot be written").lower()
