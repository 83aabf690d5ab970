"""The words by which reports without structure announce whom they could not reach.

Each list is looked for in a line in lower case, without accents. Their phrases stand in
`mailer/vocabulary/reports.toml`.
"""

# ruff: noqa: E501  # a pattern that is cut in two cannot be read
from __future__ import annotations

import re
from typing import Final

from mailer.domain.text.plain import PLAIN
from mailer.vocabulary.cues import cues

INTRO: Final = cues("reports", "announces-failure", spelling=PLAIN)
"""Announces addresses on this line or the next ones."""

_AFTER_AUTHOR: Final = r"(?: (?:the|a|an|is|at|us|via|by|to|with|from|of|your|our|local|mail|e-?mail|address|system|site|administrator|postmaster|staff|team|department|in|on|this|message|me|for|was|sent|:))*[\s:<\[('\"=*,;]*$"
REFUSED_PREFIX: Final = cues("reports", "not-the-recipient", after=_AFTER_AUTHOR)
"""The words before an address that is not the failed one."""

GENERATED: Final = re.compile(r"\b(?:generated|expanded) from:?\s*<?$")
"""Stands before the address that was written to, where the one it leads to is kept secret."""

_AFTER_LABEL: Final = r"(?: (?:is|was|the|user|address|recipient|of|by|name|local|account|mailbox|following|to))*[\s:<\[('\"=*,;.#-]*$"
LABELLED: Final = cues("reports", "recipient-label", spelling=PLAIN, after=_AFTER_LABEL)
"""The words before an address that is named as a recipient."""

STILL_TRIED: Final = re.compile(
    r"\b(?:delayed|deferred|queued|will (?:be )?(?:retr|keep|try|continue)|still trying|not yet|"
    r"verzogert|noch nicht|retarde|pas encore|retras|todavia no|aun no)"
)
"""Tells of one recipient among several that its mail waits."""
DAEMON: Final = cues("reports", "mail-system", ignore_case=True)
"""Authors that write reports."""
SERVICE: Final = cues("reports", "service", ignore_case=True)
"""Authors that write reports, and much else: shops tell of deliveries under the same names."""
SURE_DAEMON: Final = re.compile(
    r"mailer-?d[ae]?em|mail-?daemon|postmaster|mdaemon|mail delivery|delivery (?:sub)?system|"
    r"system attendant|microsoftexchange|double-?bounce",
    re.IGNORECASE,
)
MACHINE: Final = re.compile(
    r"mailer-?d[ae]?em|mail-?daemon|mdaemon|mail delivery|delivery (?:sub)?system|"
    r"system attendant|microsoftexchange|double-?bounce",
    re.IGNORECASE,
)
"""Those among them that are no person's name."""
SUBJECT: Final = cues("reports", "failure-subject", ignore_case=True)
"""The words that reports of failure have in their subjects."""

NO_DIALOGUE: Final = re.compile(
    (
        r"\s*(?:\w{3} [\d:. -]{8,24}: (?:\[[\d:]+\] )?)?(?:(?:>>>|-->|sent:?) ?(?:mail\b|data|ehlo|"
        r"helo|quit|rset|starttls|auth|bdat|noop|\.)|(?:<<<|<--|received:?)?"
        r" ?(?:2[235][0-5][ -]|354 )|(?:mail from:|(?:ehlo|helo) \S+\s*$|"
        r"(?:data|quit|rset|starttls)\s*$))"
    ),
    re.IGNORECASE,
)
"""The lines of an SMTP dialogue that tell nothing about a recipient."""
