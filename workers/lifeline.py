"""Ties a child to its supervisor: if that is killed, the child is asked to stop.

A request to stop that comes before a child can heed it is kept until it can: it is born with that
signal blocked.
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

VARIABLE: Final = "MAILER_SUPERVISOR"
"""Environment variable that holds the supervisor's process id."""
_PR_SET_PDEATHSIG: Final = 1
"""prctl(2)."""


def is_held() -> bool:
    """Tell whether we have a supervisor, which says whatever there is to say once for all."""
    return bool(os.environ.get(VARIABLE))


@contextmanager
def birth() -> Iterator[None]:
    """Start child processes with SIGTERM blocked, until they `hold`."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def hold() -> None:
    """Ask the system for SIGTERM when our supervisor dies, and heed it from now on.

    Whoever calls this has nothing to finish or to close yet: SIGTERM ends the process at once,
    until `close_first`. Does nothing without a supervisor.

    Raises:
        SystemExit: it is dead already.
    """
    supervisor = os.environ.get(VARIABLE)
    if not supervisor:
        return
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    signal.signal(signal.SIGTERM, _drop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    if os.getppid() != int(supervisor):
        raise SystemExit(0)


def close_first() -> None:
    """From now on there is something to close: let SIGTERM raise SystemExit.

    Until something else is installed for it. Does nothing without a supervisor.
    """
    if is_held():
        signal.signal(signal.SIGTERM, _leave)


def _drop(_signum: int, _frame: FrameType | None) -> None:
    os._exit(0)  # an exception could be lost in the middle of an import


def _leave(_signum: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
