"""Starts one process of the service by the name of its module here: `python -m mailer.workers run`.

What it needs takes a second to load, and many on a busy machine. It heeds a stop all the while.
"""

from __future__ import annotations

import runpy
import sys

from mailer.workers import lifeline


def main() -> None:
    """Tie this process to its supervisor, then load and run what it is for."""
    lifeline.hold()
    runpy.run_module(f"mailer.workers.{sys.argv[1]}", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
