"""Automatic answers that say that an address is not used any more (case 64).

They are no bounces: the mail arrived, and the machine speaks for a person who may still read it. So
they count nothing, and are shown to the secretariat, which can write to the person or to the new
address.
"""

from __future__ import annotations

from typing import Final

from mailer.message.incoming import mime
from mailer.message.incoming.written import visible_text, written_by_author
from mailer.vocabulary.cues import cues

LONGEST: Final = 2000
"""Characters that are looked at: such notes come to the point."""

_RETIRED: Final = cues("absence", "retired", ignore_case=True)


def is_retired(data: bytes) -> bool:
    """Tell whether an automatic answer says that its address is not used any more.

    Asks only what it says; whether it is one, `message.incoming.understand` knows. Never raises.
    """
    message = mime.read(data)
    lines = written_by_author(visible_text(message)).lines
    said = " ".join(f"{message.words('subject')[:LONGEST]} {' '.join(lines)}".split())
    return _RETIRED.search(said, LONGEST)
