"""What the service tells of campaigns.

Times are texts (RFC 3339), as in the document of the API; new fields may be added there.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias, TypedDict

from mailer.client.answers.editions import Finding

Content: TypeAlias = Literal["edition", "reminder", "notice"]
State: TypeAlias = Literal["draft", "scheduled", "held", "sending", "paused", "cancelled", "sent"]
Outcome: TypeAlias = Literal["accepted", "rejected", "skipped", "unknown", "deferred", "released"]
Lack: TypeAlias = Literal[
    "not_proposed",
    "not_approved",
    "approver_gone",
    "other_content",
    "other_audience",
    "other_time",
    "too_old",
]
Fate: TypeAlias = Literal["rejected", "skipped", "unknown", "deferred", "complained", "bounced"]


Advice: TypeAlias = Literal["retry", "ask", "us", "nothing"]
Hold: TypeAlias = Literal[
    "no_worker",
    "no_relay",
    "relay",
    "silent",
    "late",
    "paced",
    "speed",
    "limit",
    "paused",
    "held",
]
Severity: TypeAlias = Literal["hard", "soft", "sender", "undetermined"]
Reason: TypeAlias = Literal[
    "user-unknown",
    "domain-unknown",
    "moved",
    "no-mail-accepted",
    "mailbox-full",
    "suspended",
    "filtered",
    "policy",
    "reputation",
    "authentication",
    "too-big",
    "network",
    "system",
    "expired",
    "rate-limited",
    "relaying",
    "content",
    "virus",
    "undetermined",
]


class Holding(TypedDict):
    """One thing that holds a campaign back."""

    code: Hold
    facts: dict[str, str | int]


class Campaign(TypedDict):
    """A campaign: what it sends to whom, how it stands, and its books (law 2)."""

    campaign: int
    """Its number."""
    content: Content
    edition: str
    entry: NotRequired[str | None]
    """The calendar entry that it is about."""
    occurrence: NotRequired[str | None]
    offset: NotRequired[str | None]
    topic: str
    rule: str
    """The audience rule that its readers fit; empty: none."""
    resolved: str
    """The rule with which it started."""
    not_yet: bool
    """Whether those who had the edition are left out."""
    state: State
    pauses_itself: bool
    reason: str
    held_by: list[str]
    """What holds it back now, while it is sending."""
    holds: list[Holding]
    """The same for programs, also if it stands still."""
    speed: str
    """Its own rate limit; empty: none."""
    among: int | None
    """Only readers in the audience of that campaign."""
    wanted_at: str | None
    """When a draft is meant to go out."""
    wanted_zone: str
    planned: int
    accepted: int
    rejected: int
    skipped: int
    unknown: int
    outstanding: int
    deferred: int
    throttled: int
    in_flight: int
    resend: int
    resent: int
    bounced: int
    complained: int
    balanced: bool
    by_language: dict[str, dict[str, int]]
    by_skip_reason: dict[str, int]
    rate: float
    """Deliveries settled a second."""
    remaining_seconds: float | None
    scheduled_at: str | None
    started_at: str | None
    finished_at: str | None


class Share(TypedDict):
    """The readers whom one campaign reached, reaches or may have reached."""

    campaign: int
    readers: int


class Forecast(TypedDict):
    """A campaign as it would go out now."""

    campaign: int
    readers: int
    """What `send` and `schedule` want to be told."""
    by_language: dict[str, int]
    had: int
    """How many of its readers had the edition by other campaigns."""
    had_by: list[Share]


class Preflight(TypedDict):
    """What is to be mended in a campaign's edition."""

    campaign: int
    errors: int
    """They keep it from being sent, unless `force` is said."""
    warnings: int
    findings: list[Finding]


class Tried(TypedDict):
    """What became of the message in one language."""

    language: str
    outcome: Outcome
    relay: str
    code: int
    enhanced: str
    text: str


class Tests(TypedDict):
    """What became of a test."""

    messages: list[Tried]
    accepted: bool
    """Whether the relays took all of them."""


class Person(TypedDict):
    """Who said something, and when."""

    name: str
    at: str


class Proposed(TypedDict):
    """What was proposed, and whether somebody consented."""

    campaign: int
    terms: str
    """Changes with the content, the readers or the time."""
    content: str
    """The version of the content."""
    at: str | None
    """When it is to go out; null: at once."""
    readers: int
    """How many would have got it when it was proposed."""
    proposed: Person
    approved: Person | None


class Approval(TypedDict):
    """How a campaign stands with the rule of the second person."""

    campaign: int
    needed: bool
    lack: Lack | None
    """Why it may not go out as proposed; null: it may."""
    proposal: Proposed | None


class Cancelled(TypedDict):
    """A campaign that was ended."""

    skipped: int
    """Deliveries that this request skipped."""
    campaign: Campaign


class Delivery(TypedDict):
    """One delivery that did not arrive, or not yet."""

    subscriber: int
    address: str
    """Empty if the subscriber was erased since."""
    language: str
    outcome: Fate
    why: str
    code: int
    """SMTP reply code; 0: there was none."""
    enhanced: str
    relay: str
    at: str
    """Empty where nothing was tried."""
    mail: int | None
    """The inbound mail that tells of it."""


class Done(TypedDict):
    """What a request did."""

    count: int
    """Deliveries; of those to be tried again at most 50,000 at once."""
    campaign: Campaign


class Stretch(TypedDict):
    """Outcomes within a stretch of time."""

    begin: str
    seconds: int
    accepted: int
    rejected: int


class Because(TypedDict):
    """How many were refused, or came back, for one reason."""

    reason: Reason
    severity: Severity
    passing: bool
    """Whether it may be over by now."""
    count: int
    advice: Advice


class Outcomes(TypedDict):
    """What came of the deliveries to some domain."""

    planned: int
    accepted: int
    rejected: int
    skipped: int
    unknown: int
    bounced: int
    complained: int
    left: int


class Domain(Outcomes):
    """What came of the deliveries to one domain."""

    domain: str
    """Empty: of readers who were erased since."""


class Tally(TypedDict):
    """Deliveries by domain and by reason."""

    domains: list[Domain]
    """The twenty with most readers."""
    others: Outcomes
    other_domains: int
    refused: list[Because]
    returned: list[Because]


class Report(TypedDict):
    """What came of a campaign."""

    campaign: int
    state: State
    planned: int
    accepted: int
    rejected: int
    skipped: int
    unknown: int
    outstanding: int
    balanced: bool
    bounced: int
    """Of those accepted, how many came back."""
    complained: int
    left: int
    """Readers who left the list by its mail."""
    by_language: dict[str, dict[str, int]]
    by_skip_reason: dict[str, int]
    over_time: list[Stretch]
    tally: Tally | None
    """None: a job counts it; ask again."""
    counted_at: str | None
    recounting: bool
    passing: int
    """Rejected ones that `retry` tries again."""
    unresolved: int
    """Unknown ones that `resolve` decides about."""
    missed: int
    """Readers whom a campaign by `repeat` would reach now."""
