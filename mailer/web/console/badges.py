"""The numbers in the navigation: what waits for a person, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mailer.web.console.route import Visit

COUNTERS: Final[dict[str, Callable[[Visit], int]]] = {}
"""What counts for an area, by its name; asked at each page, so it must be quick."""


def badges(visit: Visit) -> Mapping[str, int]:
    """Count what waits in each area that the user sees."""
    return {area: number for area, count in COUNTERS.items() if (number := count(visit))}
