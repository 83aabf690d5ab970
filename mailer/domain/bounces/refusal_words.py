"""Words by which a refusal says that it is about us, whoever the mail was for; see `bounce.weigh`.

Whoever relays our mail speaks to us: "your account" is ours, "this mailbox" is the reader's. What
could be either ("account disabled") is not here: there the command that was answered, and what the
others were answered, decide.
"""

from __future__ import annotations

from typing import Final

from mailer.domain.bounces.words import Rule, rule
from mailer.domain.inbound.kinds import Reason
from mailer.domain.text.plain import PLAIN
from mailer.vocabulary.cues import cues

ABOUT_US: Final[tuple[Rule, ...]] = (
    rule("our account", Reason.POLICY, table="refusals_of_us"),
    rule("our sending", Reason.POLICY, table="refusals_of_us"),
    rule("our limit", Reason.RATE_LIMITED, table="refusals_of_us"),
    rule("what we may send as", Reason.POLICY, table="refusals_of_us"),
    rule("our header is malformed", Reason.CONTENT, table="refusals_of_us"),
    rule("our login, or TLS", Reason.AUTHENTICATION, table="refusals_of_us"),
    rule("how we behave", Reason.POLICY, table="refusals_of_us"),
    rule("what we have paid", Reason.POLICY, table="refusals_of_us"),
    rule("where we send from", Reason.REPUTATION, table="refusals_of_us"),
    rule("who may write there", Reason.POLICY, table="refusals_of_us"),
)
"""In the order in which they are tried, on flowing text whose addresses are `a@b`."""

OWN_RELAY: Final[tuple[Rule, ...]] = (
    rule("it wants TLS", Reason.AUTHENTICATION, table="refusals_of_us"),
)
"""The same, where our own relay says it: another server may speak of the recipient's side."""

THEIRS: Final = cues("refusals_of_us", "a reader's own limit", spelling=PLAIN)
"""A reader's own limit, or a message's size: not how much we may send."""

SESSION: Final = cues("refusals_of_us", "this connection alone", spelling=PLAIN)
"""About this connection alone: another one will do."""

LIMIT: Final = cues("refusals_of_us", "a limit", spelling=PLAIN)
"""A limit, said by our own relay: how much we may send, unless it is a reader's (`THEIRS`)."""
