"""The size that a person expects of what mails many: they have seen it (law 18)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expected:
    """A number of readers that somebody saw and said yes to."""

    readers: int
    tolerance: int = 0
    """By how many readers the number may have changed meanwhile."""

    def fits(self, present: int) -> bool:
        """Tell whether the present number is what was meant."""
        return abs(present - self.readers) <= self.tolerance
