"""Runs something in a process of its own that is killed when it asks the store the n-th time."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from redis.connection import AbstractConnection

_FORKING = multiprocessing.get_context("fork")


def run(do: Callable[[], Any], *, dies_at: int) -> Any:
    """Run something, and return what it does, as JSON has it; None if it was killed.

    Args:
        do: what; it uses the store over connections of its own.
        dies_at: before which command to the store it is killed, from 1.
    """
    ours, theirs = _FORKING.Pipe(duplex=False)
    process = _FORKING.Process(target=_run, args=(do, dies_at, theirs))
    with warnings.catch_warnings():  # the threads of the test's own requests have ended
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
    theirs.close()
    try:
        return json.loads(ours.recv_bytes())
    except EOFError:
        return None
    finally:
        process.join()
        ours.close()
        assert process.exitcode in {0, -signal.SIGKILL}, process.exitcode


def _run(do: Callable[[], Any], dies_at: int, told: Connection) -> None:
    send, count = AbstractConnection.send_packed_command, 0

    def counted(self: AbstractConnection, *args: Any, **options: Any) -> None:
        nonlocal count
        count += 1
        if count == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        send(self, *args, **options)  # type: ignore[no-untyped-call]

    AbstractConnection.send_packed_command = counted  # type: ignore[method-assign]
    told.send_bytes(json.dumps(do()).encode())
    told.close()
    os._exit(0)
