"""Words by which a report says that the recipient does not want the mail; see `bounce_rules`.

That is about neither the address nor the sender's good name: a filter of one reader's own, a rule,
a list of senders that this reader blocks. What a whole house filters is its policy.
"""

from __future__ import annotations

from typing import Final

from mailer.domain.bounces.words import rule
from mailer.domain.inbound.kinds import Reason

OWN_WISH: Final = rule("the recipient does not want it", Reason.FILTERED)
"""Surely one reader's own will; it comes before what is said of us."""

OWN_FILTER: Final = rule("the recipient's own filter", Reason.FILTERED)
"""The reasons that may be one reader's own will."""
