"""The words by which machines give themselves away where no header field does."""

# ruff: noqa: E501  # a pattern that is cut in two cannot be read
from __future__ import annotations

import re
from typing import Final

from mailer.vocabulary.cues import cues

_REPLY_MARKS: Final = r"^\s*(?:(?:re|aw|sv|antw|vs|tr|odp|rv|res|r|ref|回复|答复|返信|回覆|fw|fwd|wg)\s?(?:\[\d+\])?\s?[:：]\s*){0,3}"
"""Some autoresponders put their words after a `Re:`."""

ABSENT_SUBJECT: Final = cues("absence", "absent-subject", before=r"^\s*\W{0,3}", ignore_case=True)
"""Subjects of absence notes; after `Re:` they are a person's."""

MACHINE_SUBJECT: Final = cues("machines", "machine-subject", before=r"^\W{0,3}", ignore_case=True)
"""Subjects that only machines write."""

LABELLED_ABSENT: Final = cues(
    "absence", "absent-label", before=r"^\W{0,3}", after=r"\s?[:：]", ignore_case=True
)
"""Subjects that hardly anybody but a machine writes, before the one that it answers."""

MACHINE_REMARK: Final = cues("machines", "machine-remark", ignore_case=True)
"""The remarks that machines add anywhere in a subject."""

ACKNOWLEDGED_SUBJECT: Final = cues(
    "machines", "acknowledged-subject", before=_REPLY_MARKS + r"\W{0,3}", ignore_case=True
)
"""Subjects of acknowledgements."""

ADDRESS_SUBJECT: Final = cues(
    "machines", "address-subject", before=_REPLY_MARKS + r"\W{0,3}", ignore_case=True
)
"""Subjects of notes that an address is another, or is not used; people write them, too."""

GROUP_NOTICE: Final = cues("machines", "group-notice", ignore_case=True)
"""Phrases of a service for groups to those who may not write to one, or to one that is gone."""

MACHINE_TEXT: Final = cues("machines", "machine", ignore_case=True)
"""Phrases of a machine about itself, or about what it did."""

ABSENT_TEXT: Final = cues("absence", "absent", ignore_case=True)
"""Phrases near the beginning of notes of absence and of departure."""

CHALLENGE_TEXT: Final = cues("machines", "challenge", ignore_case=True)
"""Phrases of machines that let mail through only if its sender answers."""

CHALLENGE_SUBJECT: Final = cues("machines", "challenge-subject", ignore_case=True)

MACHINE_SELF: Final = cues("machines", "only-machine", ignore_case=True)
"""Phrases that only a machine says of itself; a person may write about automatic answers."""

CHALLENGE_SIGNS: Final = tuple(
    cues("machines", one, ignore_case=True) for one in ("prove", "held", "why")
)
"""The act asked of the sender, what is held until then, and why."""
WAY_THROUGH: Final = re.compile(
    r"https?:|\b(?:reply|answer|respond) (?:to )?(?:this|the)|\breply\b", re.IGNORECASE
)
"""The way in which the sender does it."""

OWN_MESSAGE: Final = re.compile(
    r"\b(?:my|our) (?:e-?mail|mail|message)s? (?:was|were|is|are|to|has|had|did|never|of|about)\b|\bmein\w* (?:nachricht|e-?mail)|"
    r"\bm(?:on|es) (?:messages?|courriels?)|\bmis? (?:mensajes?|correos?)",
    re.IGNORECASE,
)
"""A person tells of mail that was held."""

HELD_BACK: Final = cues("machines", "held-back", ignore_case=True)
"""A message waits."""
RELEASED_BY: Final = cues("machines", "released-by", ignore_case=True)
"""The act asked of its sender."""
