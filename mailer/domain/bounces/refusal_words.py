"""Words by which a refusal says that it is about us, whoever the mail was for; see `bounce.weigh`.

Whoever relays our mail speaks to us: "your account" is ours, "this mailbox" is the reader's. What
could be either ("account disabled") is not here: there the command that was answered, and what the
others were answered, decide.
"""

# ruff: noqa: E501  # a pattern that is cut in two cannot be read
from __future__ import annotations

import re
from typing import Final

from mailer.domain.bounces.words import Rule, rule
from mailer.domain.inbound.kinds import Reason

_LIMIT: Final = (
    r"(?:limits?|limitations?|quotas?|caps?|allowances?|allotments?|thresholds?|maximum|volumes?)"
)
_PASSED: Final = r"(?:exceed\w*|reach\w*|hit\b|over\b|surpass\w*|used (?:up|all)|exhaust\w*|violat\w*|deplet\w*|met\b|full\b|crossed)"

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

THEIRS: Final = re.compile(
    r"\b(?:they|recipient|user|mailbox) (?:can|may) receive\b|\b(?:recipients?'?s?|user'?s?|addressee'?s?|their|his|her|mailbox) (?:[\w'-]+ ){0,3}?(?:receiv\w+|inbox|incoming|inbound)|\breceiv(?:e|ing) (?:\w+ ){0,4}?(?:mail|messages|rate|at a rate|limit)|"
    r"\b(?:mailbox|mail box|inbox|storage|disk|box)\b[^.;]{0,30}\b(?:quota|limit|full|exceed\w*)|\bsize\b|\bquota (?:of|for) (?:the )?(?:recipient|user|mailbox)"
)
"""A reader's own limit, or a message's size: not how much we may send."""

SESSION: Final = re.compile(
    r"\b(?:too many|max(?:imum)?|limit)\b[^.;]{0,60}\b(?:messages?|mails?|e-?mails?|transactions?|recipients?|commands?|errors?|deliver\w+|envelopes?)\b[^.;]{0,40}\b(?:session|connection)|"
    r"\b(?:messages?|mails?|e-?mails?|transactions?|recipients?|errors?|commands?|deliver\w+)\b[^.;]{0,30}\b(?:per|in (?:this|one|a single|the same|a)|on (?:this|one)|for this|this) (?:smtp )?(?:session|connection)\b|"
    r"\b(?:session|connection) (?:\w+ )?(?:message |mail )?(?:limit|quota|maximum|time(?:out)?)\b|\b(?:open|use|start|make) (?:a )?(?:new|another) (?:connection|session)|\bre-?connect\b|\bthis (?:session|connection) (?:is |has |will )"
)
"""About this connection alone: another one will do."""

LIMIT: Final = re.compile(
    rf"\b(?:daily|hourly|weekly|monthly|per[- ](?:second|minute|hour|day|week|month)|rate|messages?|e?-?mails?|recipients?|credits?|send\w*|relay|account|user|domain|policy|volume|burst|smtp|transactions?)\b[^.;]{{0,40}}\b{_LIMIT}\b|"
    rf"\b(?:{_LIMIT}|too many|too much|excessive)\b[^.;]{{0,40}}\b(?:messages?|e?-?mails?|recipients?|sends?|sent|today|per|an hour|a day|rate|requests?|traffic|volume|connections?)\b|\btoo (?:fast|quickly)\b|\bover ?(?:-| )?(?:the )?(?:quota|limit|rate)\b|\bquota (?:is |has been |was )?(?:exceed\w*|reach\w*)|\b(?:exceeded?|exceeding|reached) (?:\w+ )?(?:quota|limit)"
)
"""A limit, said by our own relay: how much we may send, unless it is a reader's (`THEIRS`)."""
