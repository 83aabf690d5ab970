"""What came of a campaign, by domain, reason and time; and what can be done about each reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from mailer.domain.inbound.kinds import Reason, Severity

SLOTS: Final = (
    "planned",
    "accepted",
    "rejected",
    "skipped",
    "unknown",
    "bounced",
    "complained",
    "left",
)
"""What is counted of each domain."""
DOMAINS: Final = 20
"""Told one by one: those with most readers. The others are told together."""
MOST_BUCKETS: Final = 200
_WIDTHS: Final = (60, 300, 600, 1800, 3600, 10_800, 21_600, 86_400, 604_800)
"""Seconds that a bucket may have."""
_NO_REPLY: Final = 0
"""The class of a reply's code where there was none."""
_PERMANENT: Final = 5


class Advice(StrEnum):
    """What can be done about a reason; stable, for programs."""

    RETRY = "retry"
    """It may be over: let them be tried again."""
    ASK = "ask"
    """The address does not work: ask the reader for another one by other means."""
    US = "us"
    """It is about us or the mail, and no reader's fault: see to that first, then try again."""
    NOTHING = "nothing"
    """Nobody can tell; if it comes back, ask the reader."""


@dataclass(frozen=True, slots=True)
class Refused:
    """So many were refused for a reason, or came back for it."""

    reason: Reason
    severity: Severity
    passing: bool
    """It may be over by now; see `is_passing`."""
    count: int

    @property
    def advice(self) -> Advice:
        """Tell what can be done."""
        if self.severity is Severity.SENDER:
            return Advice.US
        if self.severity is Severity.HARD:
            return Advice.ASK
        return Advice.RETRY if self.passing else Advice.NOTHING


def is_passing(severity: str, code_class: int) -> bool:
    """Tell whether what was refused may be taken another time.

    Args:
        severity: of the judge; empty: no reply was had, or it says nothing.
        code_class: first digit of the reply's code; 0: there was none.
    """
    if severity in {Severity.SOFT, Severity.SENDER}:
        return True
    return code_class < _PERMANENT and severity != Severity.HARD


@dataclass(frozen=True, slots=True)
class Tally:
    """Deliveries by domain and by reason."""

    domains: Mapping[str, Mapping[str, int]]
    """Domain -> what of `SLOTS`, most readers first; at most `DOMAINS`. Empty: of the erased."""
    others: Mapping[str, int]
    """The sums of all other domains."""
    other_domains: int
    refused: tuple[Refused, ...]
    """Rejected ones by reason, most first."""
    returned: tuple[Refused, ...]
    """Accepted ones that came back, likewise."""

    @classmethod
    def of(
        cls,
        domains: Mapping[str, Mapping[str, int]],
        refused: Mapping[str, int],
        returned: Mapping[str, int],
    ) -> Tally:
        """Order what was counted; `refused` and `returned` as the script `tally` names them."""
        ordered = sorted(domains.items(), key=lambda one: (-one[1].get("planned", 0), one[0]))
        rest = ordered[DOMAINS:]
        return cls(
            {
                name: {slot: found.get(slot, 0) for slot in SLOTS}
                for name, found in ordered[:DOMAINS]
            },
            {slot: sum(found.get(slot, 0) for _, found in rest) for slot in SLOTS},
            len(rest),
            _by_reason(refused),
            _by_reason(returned),
        )

    def as_json(self) -> dict[str, Any]:
        """Return it in plain values."""
        return {
            "domains": [{"domain": name, **found} for name, found in self.domains.items()],
            "others": dict(self.others),
            "other_domains": self.other_domains,
            "refused": [_told(one) for one in self.refused],
            "returned": [_told(one) for one in self.returned],
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Tally:
        """Read what `as_json` returned."""
        domains = {
            str(one["domain"]): {slot: int(one[slot]) for slot in SLOTS} for one in told["domains"]
        }
        return cls(
            domains,
            {slot: int(told["others"][slot]) for slot in SLOTS},
            int(told["other_domains"]),
            tuple(map(_read, told["refused"])),
            tuple(map(_read, told["returned"])),
        )


def _told(one: Refused) -> dict[str, Any]:
    return {
        "reason": one.reason.value,
        "severity": one.severity.value,
        "passing": one.passing,
        "count": one.count,
        "advice": one.advice.value,
    }


def _read(told: Mapping[str, Any]) -> Refused:
    passing, count = bool(told["passing"]), int(told["count"])
    return Refused(Reason(told["reason"]), Severity(told["severity"]), passing, count)


def _by_reason(counted: Mapping[str, int]) -> tuple[Refused, ...]:
    found: dict[tuple[Reason, Severity, bool], int] = {}
    for name, count in counted.items():
        severity, reason, *class_ = name.split()
        passing = bool(class_) and is_passing(severity, int(class_[0]))
        if class_ and int(class_[0]) == _NO_REPLY:
            severity = Severity.SOFT
        key = (_reason(reason), _severity(severity), passing)
        found[key] = found.get(key, 0) + count
    listed = [Refused(*key, count) for key, count in found.items()]
    return tuple(sorted(listed, key=lambda one: (-one.count, one.reason, one.severity)))


def _reason(text: str) -> Reason:
    """Read a reason; one that an earlier version knew may be gone."""
    return Reason(text) if text in set(Reason) else Reason.UNDETERMINED


def _severity(text: str) -> Severity:
    return Severity(text) if text in set(Severity) else Severity.UNDETERMINED


class Slot(NamedTuple):
    """Outcomes within a stretch of time, as they were counted."""

    begin: int
    """Unix seconds."""
    seconds: int
    accepted: int
    rejected: int


def buckets(slots: Sequence[Slot]) -> list[Slot]:
    """Gather outcomes into buckets of the same length, without a gap, few enough to be looked at.

    Args:
        slots: the earliest first; of one minute, or of longer ones later on.

    Returns:
        At most `MOST_BUCKETS`, of the shortest length of which so few are enough; none of none.
    """
    if not slots:
        return []
    first, last = slots[0].begin, max(one.begin for one in slots)
    least = max(one.seconds for one in slots)
    width = next(
        (one for one in _WIDTHS if one >= least and last // one - first // one < MOST_BUCKETS),
        -(-(last - first + 1) // (MOST_BUCKETS - 1)),
    )
    begin = first // width
    made = [[0, 0] for _ in range(last // width - begin + 1)]
    for one in slots:
        place = made[one.begin // width - begin]
        place[0] += one.accepted
        place[1] += one.rejected
    return [Slot((begin + place) * width, width, *counts) for place, counts in enumerate(made)]
