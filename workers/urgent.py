"""The worker process that no campaign can fill: it takes urgent jobs and the scheduler's alone."""

from __future__ import annotations

from mailer.config import Settings
from mailer.store.queue import URGENT_LANE
from mailer.workers import run


def main(settings: Settings | None = None) -> None:
    """Run it until it is asked to stop."""
    run.main(settings, URGENT_LANE)


if __name__ == "__main__":
    main()
