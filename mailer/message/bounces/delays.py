"""Decision whether a report says that mail was given up, or that it is only late.

The surest word of a report of delay is "not yet". The phrases stand in
`mailer/vocabulary/reports.toml`; case and accents do not count.
"""

from __future__ import annotations

from typing import Final

from mailer.domain.text.plain import flowing, unaccented
from mailer.vocabulary.cues import Spelling, cues

_SPELLING: Final = Spelling(unaccented, {"ä": ("ae?", "æ"), "ö": ("oe?",), "ü": ("ue?",)})
"""Systems that know no umlauts write two letters."""
DELAYED: Final = cues("reports", "delayed", spelling=_SPELLING)
GIVEN_UP: Final = cues("reports", "given-up", spelling=_SPELLING)
DELAYED_SUBJECT: Final = cues("reports", "delayed-subject", spelling=_SPELLING)
ADVICE: Final = cues("reports", "advice", spelling=_SPELLING)


def is_delay(text: str, subject: str) -> bool:
    """Tell whether a report's words say that mail is late, and will be tried again."""
    said = ADVICE.sub(" ", flowing(text[:6000]))
    if not DELAYED.search(said):
        return False
    return DELAYED_SUBJECT.search(flowing(subject)) or not GIVEN_UP.search(said)
