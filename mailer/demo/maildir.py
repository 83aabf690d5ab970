"""A Maildir of captured mail, in which messages appear whole or not at all.

Each message is one file, named `*.eml` so that mail programs open it. It holds the octets as they
came, line ends included, below two fields that tell the envelope: `Return-Path` (RFC 5321 section
4.4) and `Delivered-To`.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from email.policy import default
from pathlib import Path

_COUNTER = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Captured:
    """A message that was delivered."""

    path: Path
    sender: str
    """The sender of the envelope, without angle brackets."""
    recipient: str
    """The recipient of the envelope, as the relay was given it."""
    language: str
    """Its Content-Language (RFC 3282)."""

    @property
    def content(self) -> bytes:
        """The octets that came over the line."""
        return self.path.read_bytes().split(b"\r\n", 2)[2]

    def parsed(self) -> EmailMessage:
        """Parse the message, without the fields of its envelope."""
        message = BytesParser(policy=default).parsebytes(self.content)
        assert isinstance(message, EmailMessage)  # noqa: S101  # by the policy
        return message


def make(folder: Path) -> None:
    """Make an empty Maildir, or leave the one that is there as it is."""
    for name in ("tmp", "new", "cur"):
        (folder / name).mkdir(parents=True, exist_ok=True)


def deliver(folder: Path, sender: str, recipient: str, content: bytes) -> Path:
    """Keep a message; it appears in `new` at once and whole. Does not wait for the disk."""
    name = f"{time.time_ns()}.P{os.getpid()}Q{next(_COUNTER)}.eml"
    envelope = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n"
    part = folder / "tmp" / name
    part.write_bytes(envelope.encode() + content)
    return part.rename(folder / "new" / name)


def read(folder: Path) -> Iterator[Captured]:
    """Yield the messages in the order in which they came.

    Only headers are read: many large messages cost little.
    """
    for path in sorted((folder / "new").glob("*.eml")):
        with path.open("rb") as file:
            sender, recipient = (file.readline().decode().strip() for _ in range(2))
            lines = itertools.takewhile(lambda line: line != b"\r\n", file)
            fields = BytesHeaderParser().parsebytes(b"".join(lines))
        yield Captured(
            path,
            sender.partition("<")[2].removesuffix(">"),
            recipient.partition(": ")[2],
            fields.get("Content-Language", ""),
        )
