"""Judges how an endpoint answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

GONE: Final = 410
LONGEST_WORDS: Final = 300
"""Characters of an answer's body that are shown and kept."""


class Verdict(StrEnum):
    """What an answer means."""

    DELIVERED = "delivered"
    FAILED = "failed"
    """It may work later."""
    GONE = "gone"
    """The endpoint wants nothing any more (RFC 9110 section 15.5.11)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from one try. Made by `answered` and `unanswered`."""

    verdict: Verdict
    reason: str
    """For people; never empty."""
    status: int = 0
    """HTTP status, or 0 where none came."""
    seconds: float = 0.0
    """How long it took."""
    words: str = ""
    """How the body begins, on one line."""
    wish: timedelta = timedelta()
    """For how long it asks to be left alone."""


def answered(status: int, body: bytes, seconds: float, retry_after: str = "") -> Answer:
    """Judge an answer by its status; the body is for people only.

    Redirects are not followed: the signature is for the URL that was given, and where they lead
    was never checked.

    Args:
        status: of HTTP.
        body: its beginning.
        seconds: how long it took.
        retry_after: the header field of that name (RFC 9110 section 10.2.3), where it is a number
            of seconds; else empty.
    """
    words = _words(body)
    if 200 <= status < 300:
        return Answer(Verdict.DELIVERED, f"answered {status}", status, seconds, words)
    if status == GONE:
        return Answer(Verdict.GONE, "answered 410: it is gone for good", status, seconds, words)
    reason = f"answered {status}"
    if 300 <= status < 400:
        reason = f"answered {status}, a redirect, which is not followed: give its URL instead"
    wish = timedelta(seconds=int(retry_after)) if _is_number(retry_after) else timedelta()
    return Answer(Verdict.FAILED, reason, status, seconds, words, wish)


def unanswered(reason: str, seconds: float) -> Answer:
    """Tell that no answer came, and why."""
    if not reason.strip():
        raise ValueError("A try without an answer needs its reason.")
    return Answer(Verdict.FAILED, reason, 0, seconds)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9


def _words(body: bytes) -> str:
    text = " ".join(body.decode("utf-8", "replace").split())
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:LONGEST_WORDS]
