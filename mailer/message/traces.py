"""Which delivery a complaint is about, by what we signed: reports hide the recipient (case 65).

A complaint takes its reader off the list for good. So nothing but a token of ours tells whose it
is: the address that it came to or that the mail was sent from, the Message-ID, the CFBL-Feedback-ID
(RFC 9477). Whoever has one of them had the mail.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from mailer.domain.token import Purpose, Signer
from mailer.message import mime
from mailer.message.mime import Part, read_fields
from mailer.message.report import take_apart
from mailer.message.verp import ReturnPath

_PATHS: Final = ("return-path", "original-mail-from", "x-original-return-path")
_MOST: Final = 50
"""Fields that are looked at."""


class How(StrEnum):
    """By what a delivery was found."""

    RETURN_PATH = "return path"
    MESSAGE_ID = "Message-ID"
    FEEDBACK_ID = "CFBL-Feedback-ID"


class Trace(NamedTuple):
    """One delivery, or one service mail."""

    how: How
    campaign: int
    """0: a service mail."""
    subscriber: int
    """0: a trial, or a service mail to somebody who is no subscriber."""


def find(
    data: bytes, recipients: Iterable[str], return_path: ReturnPath, signer: Signer
) -> Trace | None:
    """Tell which delivery a report is about, or None if nothing in it is ours; never raises.

    Args:
        data: the report, as it came.
        recipients: of its envelope.
        return_path: reads our envelope senders.
        signer: tells true tokens from false.
    """
    return next(_found(data, recipients, return_path, signer), None)


def _found(
    data: bytes, recipients: Iterable[str], return_path: ReturnPath, signer: Signer
) -> Iterator[Trace]:
    message = mime.read(data)
    original = take_apart(message).original or Part((), b"")
    facts = [Part(read_fields(part.text.strip("\n")), b"") for part in _facts(message)]
    sources = [*facts, original, *_within(message)][:_MOST]
    paths = [value for part in sources for name in _PATHS for value in part.all(name)[:_MOST]]
    for path in (*recipients, *paths):
        if (source := return_path.read(path)) is not None:
            yield Trace(How.RETURN_PATH, *source)
    for how, name, purpose in (
        (How.MESSAGE_ID, "message-id", Purpose.MESSAGE),
        (How.FEEDBACK_ID, "cfbl-feedback-id", Purpose.FEEDBACK),
    ):
        for part in sources:
            for value in part.all(name)[:_MOST]:
                numbers = signer.verify(purpose, value.strip(" <>").partition("@")[0].strip())
                if numbers is not None and len(numbers) >= 2:
                    yield Trace(how, *numbers[:2])


def _facts(message: Part) -> Iterator[Part]:
    return (part for part in message.walk() if part.type == "message/feedback-report")


def _within(message: Part) -> Iterator[Part]:
    """Yield the messages that are attached, header-only ones too."""
    for part in message.walk():
        if part.type in {"message/rfc822", "message/global"}:
            yield from part.parts
        elif part.type in {"text/rfc822-headers", "message/rfc822-headers"}:
            yield Part(read_fields(part.text), b"")
