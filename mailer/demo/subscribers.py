"""Sample subscribers: as many as are wanted, in the languages of the demo's edition.

They are nobody's: their domains are set apart for examples (RFC 2606), and they have no names.
Among them are an address at a domain in another script, one that needs SMTPUTF8, two whose
mailboxes the catcher refuses, a few who left, and one that must never be mailed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mailer.demo.catcher import REFUSED
from mailer.services.subscriber_files import csv_cells
from mailer.services.subscriber_files.private_file import private_file

SHARES: Final = {"en": 50, "fr": 27, "es": 23}
"""Readers in a hundred, by language."""
FEWEST: Final = 12
"""Fewer would not hold one of each kind in each language."""
DOMAINS: Final = ("example.org", "example.net", "example.com")
_MEETINGS: Final = 3
"""Every so-manieth reader wants to hear of meetings too."""
_LEFT: Final = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """The sample subscribers, as (address, language, topics) in the order of the file."""

    readers: Sequence[tuple[str, str, str]]
    """The subscribers who are to get the edition."""
    left: Sequence[tuple[str, str, str]]
    """In the file too, but they left afterwards."""
    suppressed: Sequence[tuple[str, str, str]]
    """In the file too, but must never be mailed again."""
    refused: Sequence[str] = field(default=())
    """Addresses among the readers whose mailbox does not exist."""

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        """All of them."""
        return [*self.left, *self.suppressed, *self.readers]

    def write(self, path: Path) -> None:
        """Write them as a file that `mailer subscribers import` reads."""
        with private_file(path) as file:
            writer = csv_cells.writer(file)
            writer.writerow(("address", "language", "topics"))
            writer.writerows(self.lines)


def sample(count: int) -> Sample:
    """Make sample subscribers, the same for the same count.

    Args:
        count: how many are to get the edition; at least `FEWEST`.
    """
    special = {
        1: "reader-002@bücher.example.org",
        2: "lectora-ñ-003@example.com",
        count // 2: f"{REFUSED}-1@example.net",
        count - 2: f"{REFUSED}-2@example.org",
    }
    width = max(3, len(str(count)))
    readers = []
    for place, language in enumerate(_languages(count)):
        plain = f"reader-{place + 1:0{width}}@{DOMAINS[place % len(DOMAINS)]}"
        topics = "bulletin meetings" if place % _MEETINGS == 0 else "bulletin"
        readers.append((special.get(place, plain), language, topics))
    return Sample(
        readers,
        [(f"left-{n}@example.org", _any(n), "bulletin") for n in range(1, _LEFT + 1)],
        [("never-again@example.net", _any(0), "bulletin")],
        tuple(address for address in special.values() if address.startswith(REFUSED)),
    )


def _languages(count: int) -> Iterator[str]:
    """Deal languages out evenly: always the one that lags furthest behind its share."""
    dealt = dict.fromkeys(SHARES, 0)
    for place in range(1, count + 1):
        lag = {code: share * place / 100 - dealt[code] for code, share in SHARES.items()}
        code = max(lag, key=lambda code: lag[code])
        dealt[code] += 1
        yield code


def _any(place: int) -> str:
    return list(SHARES)[place % len(SHARES)]
