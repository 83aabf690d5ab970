"""Runs checks beside one another, each within its own time, whatever hangs.

The system's resolver and a disk that is gone cannot be interrupted. What may block runs in threads
that nobody waits for: neither the others, nor the end of the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from mailer import log
from mailer.domain.deliverability.codes import found
from mailer.domain.deliverability.finding import Finding, State, worst

T = TypeVar("T")

SECONDS: Final = 15.0
"""Of the longest check; as all begin together, of the whole."""

_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Check:
    """One check, and the time that it may take."""

    look: Callable[[], Awaitable[Sequence[Finding]]]
    seconds: float = SECONDS


@dataclass(frozen=True, slots=True)
class Checked:
    """What one check found."""

    name: str
    findings: tuple[Finding, ...]

    @property
    def state(self) -> State:
        """Return the worst of it."""
        return worst(self.findings)


class _Loop(asyncio.SelectorEventLoop):
    """Resolves names in threads that nobody waits for."""

    async def getaddrinfo(self, host: Any, port: Any, **options: Any) -> Any:
        return await in_thread(lambda: socket.getaddrinfo(host, port, **options))


async def in_thread(work: Callable[[], T]) -> T:
    """Do what may block in a thread that ends by itself, or never."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(result: T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # the work's own

    def run() -> None:
        result, failed = None, None
        try:
            result = work()
        except Exception as error:  # noqa: BLE001  # it is raised where it is awaited
            failed = error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(tell, result, failed)

    threading.Thread(target=run, daemon=True).start()
    return await done


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine in an event loop of its own."""

    async def whole() -> T:
        return await work()

    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(whole())


async def check_all(checks: Mapping[str, Check]) -> list[Checked]:
    """Run checks beside one another; one that fails or takes too long says so, and stops nobody."""
    tasks = [_checked(name, check) for name, check in checks.items()]
    return list(await asyncio.gather(*tasks))


async def _checked(name: str, check: Check) -> Checked:
    try:
        async with asyncio.timeout(check.seconds):
            return Checked(name, tuple(await check.look()))
    except TimeoutError:
        return Checked(name, (found("check.late", check=name, seconds=round(check.seconds)),))
    except Exception as error:  # noqa: BLE001  # a defect, or a machine in a bad state
        _log.exception("doctor.failed", message="A check failed.", check=name)
        return Checked(name, (found("check.failed", check=name, why=type(error).__name__),))
