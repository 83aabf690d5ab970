"""Reports of success that only their words give away: mail arrived, or was read.

Mail programs of one person write them without any field of a report (RFC 8098). What they
say stands in `mailer/vocabulary/reports.toml`.
"""

from __future__ import annotations

import re
from typing import Final

from mailer.message.bounces.signs import Envelope, speaks
from mailer.message.phrases.absence_words import SINGLE
from mailer.vocabulary.cues import cues

_READ_SUBJECT: Final = cues("reports", "read-subject", before=r"^\s*", ignore_case=True)
_READ_TEXT: Final = cues("reports", "read", ignore_case=True)
_REMINDER: Final = re.compile(r"^[ \t>]*[^\W\d][\w -]{0,20}\s?[:：].*$", re.MULTILINE)
_STATUS: Final = re.compile(
    r"message status is: (?:opened|deleted|accepted|completed|delivered|read)|"
    r"^your message was (?:opened|read|deleted)",
    re.IGNORECASE,
)
"""GroupWise's words for mail that was handed over."""
_ARRIVED: Final = re.compile(
    r"successfully (?:delivered|relayed)|(?:delivered|relayed) successfully|successful deliver",
    re.IGNORECASE,
)
_FAILED: Final = re.compile(
    r"\b(?:not|fail\w*|could|unable|undeliver\w*|error|[45]\d\d)\b", re.IGNORECASE
)


def tells_success(subject: str, text: str, envelope: Envelope) -> bool:
    """Tell whether words alone report that mail arrived or was read.

    Args:
        subject: decoded.
        text: the beginning of what the report says itself.
        envelope: the outside of the message.
    """
    if _READ_SUBJECT.match(subject) and _READ_TEXT.search(text):
        return envelope.null or not _is_personal(text)
    if envelope.null and _STATUS.search(text.strip()[:200]):
        return True
    return envelope.sure and bool(_ARRIVED.search(text)) and not _FAILED.search(text)


def _is_personal(text: str) -> bool:
    """Tell whether a person wrote about what was read: in the first person, or with a greeting.

    The lines by which a receipt reminds of the message, such as its subject, are left out.
    """
    own = _REMINDER.sub("", text)
    return bool(SINGLE.search(own)) or speaks(own)
