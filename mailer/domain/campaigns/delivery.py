"""Outcomes of a delivery, and how soon a deferred one is tried again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Final

from mailer.domain.bounces.refusal import Stage


class Outcome(StrEnum):
    """The result of an attempt. The first four end a delivery (law 2); a deferred one goes on."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"
    DEFERRED = "deferred"
    RELEASED = "released"
    """Claimed but never begun: given back untouched (pause, stop)."""


class SkipReason(StrEnum):
    """The reason why a delivery was not attempted: a closed list, counted by reason."""

    INACTIVE = "inactive"
    """No longer an active subscriber at the moment of handing over (law 4)."""
    SUPPRESSED = "suppressed"
    """The address must never be mailed again (law 4)."""
    PAUSED = "paused"
    """The reader wants nothing until a later date."""
    GONE = "gone"
    """Erased or removed since the audience was frozen."""
    CANCELLED = "cancelled"
    """The campaign was cancelled before its turn came."""
    UNSENDABLE = "unsendable"
    """No message could be made for it, say because its address needs what no relay offers."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt's end. Made by the constructors below, which refuse an empty reason."""

    outcome: Outcome
    code: int = 0
    """SMTP reply code, or 0 where no reply was had."""
    enhanced: str = ""
    """Enhanced status code (RFC 3463), or empty."""
    text: str = ""
    """The relay's words, or ours where it said none; never empty but for `accepted`."""
    skip_reason: SkipReason | None = None
    stage: Stage = Stage.UNKNOWN
    """The command that the relay answered so; unknown where no reply was had."""
    counts: bool = True
    """False for one that is deferred through no fault of the recipient's: it uses up no try, and is
    repeated after `PUT_BACK_WAIT`."""


def accepted(code: int = 250, enhanced: str = "", text: str = "") -> Attempt:
    """Tell that the relay took the message: a 2xx reply after the final dot (RFC 5321 4.2)."""
    return Attempt(Outcome.ACCEPTED, code, enhanced, text)


def rejected(code: int, enhanced: str, text: str) -> Attempt:
    """Tell that the relay refused for good: a 5xx reply at any stage."""
    return Attempt(Outcome.REJECTED, code, enhanced, _reason(text))


def deferred(code: int, enhanced: str, text: str) -> Attempt:
    """Tell that it may work later: a 4xx reply, or a failure before the final dot left."""
    return Attempt(Outcome.DEFERRED, code, enhanced, _reason(text))


def put_back(refused: Attempt) -> Attempt:
    """Undo a refusal that is about us: the delivery is as if never tried, and goes again."""
    return replace(refused, outcome=Outcome.DEFERRED, counts=False)


def put_off(refused: Attempt) -> Attempt:
    """Make of a refusal that it may work later; it counts as a try."""
    return replace(refused, outcome=Outcome.DEFERRED)


def unknown(text: str) -> Attempt:
    """Tell that the connection was lost after the final dot and before its reply."""
    return Attempt(Outcome.UNKNOWN, 0, "", _reason(text))


def skipped(reason: SkipReason, text: str = "") -> Attempt:
    """Tell that no attempt was made, and why."""
    return Attempt(Outcome.SKIPPED, 0, "", text or reason.value, reason)


def released() -> Attempt:
    """Tell that the delivery was claimed but not begun, so that it is as if never claimed."""
    return Attempt(Outcome.RELEASED, 0, "", "not begun")


def _reason(text: str) -> str:
    if not text.strip():
        raise ValueError("An attempt that did not succeed needs its reason.")
    return text


FIRST_RETRY: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=4)
PUT_BACK_WAIT: Final = timedelta(seconds=10)
"""The wait of a delivery refused because of us: long enough that others are tried first."""


def next_try_after(attempts: int, jitter: float) -> timedelta:
    """Tell how long to wait after the attempt of that number failed for now.

    Doubles from five minutes up to four hours, as RFC 5321 section 4.5.4.1 asks of a sender
    (at least 30 minutes in the long run), spread by a fifth so that retries do not march in step.

    Args:
        attempts: how many attempts were made, 1 or more.
        jitter: a random number in [0, 1), drawn by the caller.
    """
    if attempts < 1:
        raise ValueError("The first wait follows the first attempt.")
    wait: timedelta = min(FIRST_RETRY * 2.0 ** min(attempts - 1, 10), LONGEST_WAIT)
    return wait * (0.8 + 0.4 * jitter)


def gives_up(attempts: int, limit: timedelta) -> bool:
    """Tell whether a delivery that failed for now that often has been tried for long enough.

    Counts the waits without their spread, so that it depends on nothing but the number.
    """
    waited = timedelta()
    for attempt in range(1, attempts):
        waited += min(FIRST_RETRY * 2.0 ** min(attempt - 1, 10), LONGEST_WAIT)
        if waited >= limit:
            return True
    return False
