"""Lists who did not get a campaign, and why: what the books only count, name by name.

Also those who seemed to get it: whose message was accepted, and came back or was complained of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import islice
from typing import Final

from mailer.domain.campaigns.campaign import Campaign
from mailer.domain.campaigns.delivery import Outcome, SkipReason
from mailer.services.access.acting import act
from mailer.services.subscriber_files.csv_cells import guarded
from mailer.store.campaigns import outcome_windows
from mailer.store.campaigns import records as campaigns
from mailer.store.campaigns.outcome_windows import Told, Window
from mailer.store.server.connection import Store


class Fate(StrEnum):
    """The reasons for which a delivery is listed; the first that applies counts."""

    REJECTED = Outcome.REJECTED.value
    SKIPPED = Outcome.SKIPPED.value
    UNKNOWN = Outcome.UNKNOWN.value
    DEFERRED = Outcome.DEFERRED.value
    COMPLAINED = "complained"
    """Accepted, and reported by its reader as unwanted."""
    BOUNCED = "bounced"
    """Accepted, and came back."""


LATER: Final = (Fate.COMPLAINED, Fate.BOUNCED)
"""The fates that the sums count as accepted."""

_READ: Final = 1000
"""Details fetched in one round trip."""

_WHY: Final = {
    SkipReason.INACTIVE: "no longer an active subscriber when the turn came",
    SkipReason.SUPPRESSED: "the address is suppressed",
    SkipReason.PAUSED: "paused at the reader's wish, until a later date",
    SkipReason.GONE: "removed after the start",
    SkipReason.CANCELLED: "the campaign was cancelled before the turn came",
    SkipReason.UNSENDABLE: "no message can be made for this address",
}

COLUMNS: Final = (
    "address",
    "language",
    "outcome",
    "why",
    "code",
    "enhanced",
    "relay",
    "at",
    "number",
    "mail",
)
"""The table file's: each a field of `Undelivered`."""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """One delivery that did not arrive, or not yet."""

    number: int
    """The subscriber's."""
    address: str
    """Empty if the subscriber was erased since."""
    language: str
    outcome: Fate
    why: str
    """In words: the relay's, or ours."""
    code: int = 0
    """SMTP reply code, or 0 where there was none."""
    enhanced: str = ""
    relay: str = ""
    at: str = ""
    """ISO 8601, UTC; empty where nothing was tried."""
    mail: int = 0
    """The kept report that tells of it, or 0."""
    skipped: SkipReason | None = None
    """Why it was skipped, if it was."""


def of(
    store: Store, number: int, outcomes: Collection[Fate] = tuple(Fate), after: int = 0
) -> Iterator[Undelivered]:
    """Yield the deliveries of a campaign, given by its number; see `each`.

    Raises:
        NotFoundError: there is none of that number.
    """
    return each(store, campaigns.get(store, number), outcomes, after)


@act("campaigns.deliveries")
def each(
    store: Store,
    campaign: Campaign,
    outcomes: Collection[Fate] = tuple(Fate),
    after: int = 0,
) -> Iterator[Undelivered]:
    """Yield the deliveries with one of these outcomes, by the subscriber's number.

    Memory stays the same however many there are.

    Args:
        store: the open store.
        campaign: whose.
        outcomes: which.
        after: only of subscribers with a higher number.
    """
    for window in outcome_windows.each(store, campaign, tuple(Fate), after):
        found = (one for one in window.numbers() if one[0] > after and one[1] in outcomes)
        while batch := list(islice(found, _READ)):
            told = outcome_windows.told(store, campaign.number, [number for number, _ in batch])
            for (number, outcome), one in zip(batch, told, strict=True):
                yield _described(number, Fate(outcome), one, window)


def _described(number: int, outcome: Fate, told: Told, window: Window) -> Undelivered:
    if outcome in LATER:
        return _later(number, outcome, told, window)
    detail = told.detail if told.detail.get("outcome") == outcome.value else {}
    reason = window.reason(number) if outcome is Fate.SKIPPED else None
    text = str(detail.get("text", ""))
    why = _WHY[reason] if reason else text
    if reason is SkipReason.UNSENDABLE and text:
        why = text
    return Undelivered(
        number=number,
        address=told.address,
        language=window.language(number),
        outcome=outcome,
        why=why or _DEFAULT_WHY.get(outcome, ""),
        code=int(detail.get("code", 0)),
        enhanced=str(detail.get("enhanced", "")),
        relay=str(detail.get("relay", "")),
        at=str(detail.get("at", "")),
        skipped=reason,
    )


def _later(number: int, fate: Fate, told: Told, window: Window) -> Undelivered:
    """Describe what was accepted at first."""
    report = told.report
    reason = str(report.get("reason") or report.get("type", ""))
    mail = int(report.get("mail", 0))
    where = f"report: mailer inbound show {mail}" if mail else ""
    said = " ".join(filter(None, (str(report.get("severity", "")), reason)))
    return Undelivered(
        number=number,
        address=told.address,
        language=window.language(number),
        outcome=fate,
        why="; ".join(filter(None, (said, str(report.get("text", "")), where))),
        enhanced=str(report.get("status", "")),
        at=str(report.get("at", "")),
        mail=mail,
    )


_DEFAULT_WHY: Final = {Fate.UNKNOWN: "the worker ended before it could tell"}


def cells(one: Undelivered) -> list[str]:
    """Return the line of the table file; a relay's words may not become a spreadsheet's formula."""
    values = asdict(one)
    return [guarded(str(values[name])) for name in COLUMNS]
