"""Limits of the sending rate, written in plain words: `600 a minute to gmail.com`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
MOST: Final = 10_000_000

SHAPE: Final = 'write it like "600 a minute", "600 a minute to gmail.com" or '
SHAPE_THROUGH: Final = f'{SHAPE}"20 a second through relay.example.org"'

_NAME: Final = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
_WORDS: Final = re.compile(
    r"(?P<count>[0-9][0-9,_']*)(?: messages?| mails?)?"
    r" ?(?:an?|per|every|/) ?(?P<unit>second|minute|hour|day)"
    rf"(?: to (?P<domain>{_NAME}))?(?: through (?P<relay>{_NAME}|[0-9a-f:]+))?",
)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `count` messages in any `seconds`, for one recipient domain, one relay, or all."""

    count: int
    seconds: int
    domain: str | None = None
    """Recipient domain in lower case; none: every domain, counted together."""
    relay: str | None = None
    """Host of a relay in lower case; none: every relay, counted together."""

    def __str__(self) -> str:
        """Write it as `parse_rate_limit` reads it."""
        unit = next(name for name, seconds in SECONDS.items() if seconds == self.seconds)
        words = f"{self.count} {'an' if unit == 'hour' else 'a'} {unit}"
        words += f" to {self.domain}" if self.domain else ""
        return words + (f" through {self.relay}" if self.relay else "")


def parse_rate_limit(text: str) -> RateLimit:
    """Read a limit from plain English words; capitals and spaces do not matter.

    Raises:
        ValueError: the words do not say a limit; the message shows the shape.
    """
    words = _WORDS.fullmatch(" ".join(text.lower().split()))
    if words is None:
        raise ValueError(f'"{text}" is not a rate; {SHAPE_THROUGH}')
    count = int(re.sub(r"\D", "", words["count"]))
    if not 1 <= count <= MOST:
        raise ValueError(f'"{text}" is out of range; a rate is from 1 to {MOST} messages')
    return RateLimit(count, SECONDS[words["unit"]], words["domain"], words["relay"])
