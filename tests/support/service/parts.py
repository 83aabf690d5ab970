"""Starts a part of the service, such as a worker, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from mailer.config import Settings
from mailer.workers import lifeline


@contextmanager
def started(part: str, settings: Settings, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Start a process as the supervisor does; it is gone after the block."""
    environment = os.environ | settings.environment() | variables
    environment[lifeline.VARIABLE] = str(os.getpid())
    command = [sys.executable, "-m", "mailer.workers", part]
    with lifeline.birth():
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    with process:
        yield process
        process.kill()
