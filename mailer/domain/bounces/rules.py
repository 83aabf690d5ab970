"""The table of rules that turn what mail systems say into a reason; shown in docs/bounces.md.

The phrases of each rule stand under its name in `mailer/vocabulary/refusals.toml`, in lower case;
blanks of the text are single, its accents are left out. The first rule that matches decides, so
phrases that also occur within others' come first.
"""

from __future__ import annotations

from typing import Final

from mailer.domain.bounces import sets
from mailer.domain.bounces.wishes import OWN_FILTER, OWN_WISH
from mailer.domain.bounces.words import ADDRESS_RULES, Rule, rule
from mailer.domain.inbound.kinds import Reason

TEXT_RULES: Final[tuple[Rule, ...]] = (
    rule("a rule of Exchange says who may write", Reason.POLICY),
    rule("the sender, not the recipient, is in doubt", Reason.AUTHENTICATION),
    rule("the sender's address is refused", Reason.POLICY),
    rule("only some may write to this recipient", Reason.POLICY),
    Rule("only some may write, in any words", Reason.POLICY, sets.NOT_ENTITLED),
    rule("a virus was seen", Reason.VIRUS),
    rule("our own relay lets us send no more", Reason.POLICY),
    rule("too much at once", Reason.RATE_LIMITED),
    rule("a name server cannot say", Reason.NETWORK),
    OWN_WISH,
    rule("block lists and bad repute", Reason.REPUTATION),
    rule("surely taken for spam", Reason.CONTENT),
    Rule("we are on a list, in any words", Reason.REPUTATION, sets.WE_ARE_LISTED),
    Rule("we are refused, in any words", Reason.POLICY, sets.WE_ARE_REFUSED),
    Rule("taken for advertising, in any words", Reason.CONTENT, sets.TAKEN_FOR_ADVERTISING),
    rule("given up after a time", Reason.EXPIRED),
    *ADDRESS_RULES,
    Rule("a mailbox holds no more, in any words", Reason.MAILBOX_FULL, sets.BOX_FULL),
    Rule("a mailbox passed its limit, in any words", Reason.MAILBOX_FULL, sets.BOX_OVER),
    Rule("somebody passed a limit, in any words", Reason.MAILBOX_FULL, sets.QUOTA_PASSED),
    Rule("a mailbox is closed, in any words", Reason.SUSPENDED, sets.BOX_CLOSED),
    Rule("a user is not there, in any words", Reason.USER_UNKNOWN, sets.BOX_ABSENT),
    Rule("a domain is not there, in any words", Reason.DOMAIN_UNKNOWN, sets.DOMAIN_ABSENT),
    rule("the server does not relay for us", Reason.RELAYING),
    rule("too large", Reason.TOO_BIG),
    OWN_FILTER,
    rule("refused for now, or not written", Reason.SYSTEM),
    rule("refused by the rules of the house", Reason.POLICY),
    rule("what it says is taken for spam, or is malformed", Reason.CONTENT),
    rule("tried long enough", Reason.EXPIRED),
    rule("the way there", Reason.NETWORK),
    rule("the system there", Reason.SYSTEM),
    rule("something is the matter with our network address", Reason.REPUTATION),
    rule("refused by rule", Reason.POLICY),
    rule("the dialogue ended at the recipient", Reason.USER_UNKNOWN),
)
"""In the order in which they are tried; the text is in lower case, its blanks single."""

CODE_RULES: Final[dict[str, Reason]] = {
    "5.1.0": Reason.USER_UNKNOWN,
    "5.1.1": Reason.USER_UNKNOWN,
    "5.1.2": Reason.DOMAIN_UNKNOWN,
    "5.1.3": Reason.USER_UNKNOWN,
    "5.1.4": Reason.USER_UNKNOWN,
    "5.1.6": Reason.MOVED,
    "x.1.7": Reason.POLICY,
    "x.1.8": Reason.POLICY,
    "x.1.9": Reason.POLICY,
    "5.1.10": Reason.NO_MAIL_ACCEPTED,
    "4.1.*": Reason.SYSTEM,
    "5.2.1": Reason.SUSPENDED,
    "4.2.1": Reason.SUSPENDED,
    "x.2.2": Reason.MAILBOX_FULL,
    "x.2.3": Reason.TOO_BIG,
    "x.3.1": Reason.MAILBOX_FULL,
    "x.3.4": Reason.TOO_BIG,
    "x.3.*": Reason.SYSTEM,
    "5.4.1": Reason.NETWORK,
    "5.4.4": Reason.DOMAIN_UNKNOWN,
    "x.4.7": Reason.EXPIRED,
    "x.4.*": Reason.NETWORK,
    "x.5.3": Reason.RATE_LIMITED,
    "x.6.*": Reason.CONTENT,
    "x.7.8": Reason.AUTHENTICATION,
    "x.7.9": Reason.AUTHENTICATION,
    "x.7.20": Reason.AUTHENTICATION,
    "x.7.21": Reason.AUTHENTICATION,
    "x.7.22": Reason.AUTHENTICATION,
    "x.7.23": Reason.AUTHENTICATION,
    "x.7.24": Reason.AUTHENTICATION,
    "x.7.25": Reason.AUTHENTICATION,
    "x.7.26": Reason.AUTHENTICATION,
    "x.7.27": Reason.POLICY,
    "x.7.28": Reason.RATE_LIMITED,
    "x.7.*": Reason.POLICY,
    "421": Reason.SYSTEM,
    "450": Reason.SYSTEM,
    "451": Reason.SYSTEM,
    "452": Reason.SYSTEM,
    "521": Reason.NO_MAIL_ACCEPTED,
    "551": Reason.MOVED,
    "552": Reason.MAILBOX_FULL,
    "556": Reason.NO_MAIL_ACCEPTED,
}
"""Reasons for codes where no words tell: `x` is any class, `*` any detail (RFC 3463, 7372)."""
