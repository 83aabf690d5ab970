"""Ties a child to its supervisor: if that is killed, the child is asked to stop."""

from __future__ import annotations

import ctypes
import os
import signal
from typing import Final

VARIABLE: Final = "MAILER_SUPERVISOR"
"""Environment variable that holds the supervisor's process id."""
_PR_SET_PDEATHSIG: Final = 1
"""prctl(2)."""


def is_held() -> bool:
    """Tell whether we have a supervisor, which says whatever there is to say once for all."""
    return bool(os.environ.get(VARIABLE))


def hold() -> None:
    """Ask the system for SIGTERM when our supervisor dies; does nothing without one, or off Linux.

    Raises:
        SystemExit: it is dead already.
    """
    supervisor = os.environ.get(VARIABLE)
    if not supervisor:
        return
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != int(supervisor):
        raise SystemExit(0)
