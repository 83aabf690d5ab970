"""Search for the delivery that a complaint is about, by our signed traces (case 65).

A complaint takes its reader off the list for good. So what tells whose it is comes in two kinds:

- secrets, which nothing but the reader's own mail shows: the return path that it was sent from or
  that the report came to, the `CFBL-Feedback-ID` (RFC 9477), the token to leave;
- the Message-ID, which is ours by its signature and yet no secret: each reply repeats it.

What may follow from which is for `mailer.domain.access.entitlement` to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import islice
from typing import Final, NamedTuple

from mailer.domain.access.token import LAYOUTS, MAC_LENGTH, MARK, Purpose, Signer, letters
from mailer.domain.subscribers import bearer
from mailer.domain.subscribers.bearer import Bearer, Leave
from mailer.message.bounces.report import take_apart
from mailer.message.incoming import mime
from mailer.message.incoming.mime import Part, read_fields
from mailer.message.outgoing.verp import ReturnPath

_PATHS: Final = ("return-path", "original-mail-from", "x-original-return-path")
_FEEDBACK: Final = ("cfbl-feedback-id", "x-cfbl-feedback-id")
_LEAVE: Final = ("list-unsubscribe", "x-list-unsubscribe", "reported-uri")
_MESSAGE: Final = ("message-id", "original-message-id")
_MOST: Final = 50
"""Fields that are looked at."""
_LONGEST: Final = 2_000
"""Characters of a field in which tokens are looked for."""
_LONGEST_BODY: Final = 100_000
"""Characters of a body in which they are."""
_MOST_BODIES: Final = 4
_PACKED: Final = sum(LAYOUTS[Purpose.LEAVE][0]) + MAC_LENGTH
_FORM: Final = (
    rf"((?:[0-9a-f]{{1,16}}-){{1,4}}[a-z0-9]{{{MAC_LENGTH}}}|[a-z0-9]{{{_PACKED}}})(?![a-z0-9])"
)
_LINK: Final = re.compile(rf"leave[/+]{_FORM}")
"""A token to leave in the text of a message, as the address of a page or of mail."""
_TOKEN: Final = re.compile(rf"(?<![a-z0-9]){_FORM}")


class How(StrEnum):
    """The trace by which a delivery was found."""

    RETURN_PATH = "return path"
    FEEDBACK_ID = "CFBL-Feedback-ID"
    LEAVE = "token to leave"
    MESSAGE_ID = "Message-ID"

    @property
    def secret(self) -> bool:
        """Tell whether only who had the mail itself can know it."""
        return self is not How.MESSAGE_ID


_PURPOSES: Final = {
    How.FEEDBACK_ID: Purpose.FEEDBACK,
    How.LEAVE: Purpose.LEAVE,
    How.MESSAGE_ID: Purpose.MESSAGE,
}


class Trace(NamedTuple):
    """One delivery, or one service mail."""

    how: How
    mailing: int
    """As `campaigns.records.of_mailing` takes it; 0: a service mail, or what `leave` says."""
    bearer: Bearer
    """The subscriber it was sent to; 0: a trial, or a service mail to somebody who is none."""
    leave: Leave | None = None
    """The token by which it was found, if that is a token to leave."""


def find(
    data: bytes, recipients: Iterable[str], return_path: ReturnPath, signer: Signer
) -> Trace | None:
    """Tell which delivery a report is about, or None if nothing in it is ours; never raises.

    Where several are named, a secret tells before the Message-ID does.

    Args:
        data: the report, as it came.
        recipients: of its envelope.
        return_path: reads our envelope senders.
        signer: tells true tokens from false.
    """
    return next(_found(data, tuple(recipients), return_path, signer), None)


def _found(
    data: bytes, recipients: tuple[str, ...], return_path: ReturnPath, signer: Signer
) -> Iterator[Trace]:
    message = mime.read(data)
    original = take_apart(message).original or Part((), b"")
    facts = [Part(read_fields(part.text.strip("\n")), b"") for part in _facts(message)]
    sources = [*facts, original, *_within(message)][:_MOST]
    for path in (*recipients, *_values(sources, _PATHS)):
        if (source := return_path.read(path)) is not None:
            yield Trace(How.RETURN_PATH, source.mailing, Bearer(source.subscriber))
    for how, token in _tokens(sources, [original, *_within(message)], recipients):
        numbers = signer.verify(_PURPOSES[how], token)
        if numbers is not None and (trace := _trace(how, numbers)) is not None:
            yield trace


def _trace(how: How, numbers: tuple[int, ...]) -> Trace | None:
    """Read what a token stands for."""
    if how is How.LEAVE:
        said = bearer.leave(numbers)
        return Trace(how, 0, said.bearer, said) if said is not None else None
    match numbers:
        case (_, 0, number, mark):
            return Trace(how, 0, Bearer(number, letters(mark, MARK)))
        case (mailing, number, *_):
            return Trace(how, mailing, Bearer(number))
    return None


def _tokens(
    sources: list[Part], originals: list[Part], recipients: tuple[str, ...]
) -> Iterator[tuple[How, str]]:
    """Yield what may be tokens of ours, the secret ones first."""
    for value in _values(sources, _FEEDBACK):
        yield How.FEEDBACK_ID, _bare(value)
    for value in (*recipients, *_values(sources, _LEAVE)):
        for token in _TOKEN.findall(value[:_LONGEST].lower())[:_MOST]:
            yield How.LEAVE, token
    for text in _bodies(originals):
        for token in _LINK.findall(text)[:_MOST]:
            yield How.LEAVE, token
    for value in _values(sources, _MESSAGE):
        yield How.MESSAGE_ID, _bare(value).partition("@")[0].strip()


def _values(sources: Iterable[Part], names: Iterable[str]) -> list[str]:
    every = (value for part in sources for name in names for value in part.all(name))
    return list(islice(every, _MOST))


def _bodies(originals: Iterable[Part]) -> Iterator[str]:
    """Yield texts of the messages that are reported, in which our links stand."""
    texts = (
        part
        for original in originals
        for part in original.walk()
        if part.type.startswith("text/") and part.body
    )
    return (part.text[:_LONGEST_BODY].lower() for part in islice(texts, _MOST_BODIES))


def _bare(value: str) -> str:
    return value[:_LONGEST].strip(" <>")


def _facts(message: Part) -> Iterator[Part]:
    return (part for part in message.walk() if part.type == "message/feedback-report")


def _within(message: Part) -> Iterator[Part]:
    """Yield the messages that are attached, header-only ones too."""
    for part in message.walk():
        if part.type in {"message/rfc822", "message/global"}:
            yield from part.parts
        elif part.type in {"text/rfc822-headers", "message/rfc822-headers"}:
            yield Part(read_fields(part.text), b"")
