"""An intake over a test's store, and a listener in a thread: for tests of the ways in."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from unittest import mock

from mailer.clock import SimulatedClock
from mailer.config import Settings
from mailer.domain.inbound.received import Incoming, MailState, Received, Way
from mailer.domain.settings.listen_url import ListenUrl
from mailer.inbound import listener as listeners
from mailer.inbound.listener import Listener
from mailer.services.inbound.intake import Intake
from mailer.store.inbound import mails as inbound
from mailer.store.server.connection import Store
from support.patience import PATIENCE
from support.service.small_campaign import START, settings_for

LIST: Final = "bulletin@lists.example.org"
MAIL: Final = b"From: Ana <ana@example.org>\r\nSubject: Hello\r\n\r\nHello.\r\n"


def mail(content: bytes = MAIL, **fields: Any) -> Incoming:
    """Return a mail to the list as the intake gets it."""
    given: dict[str, Any] = {"way": Way.LMTP, "sender": "ana@example.org", "recipients": (LIST,)}
    return Incoming(content=content, **(given | fields))


class InboundService:
    """A service that takes mail in, with a clock that stands still."""

    def __init__(self, store: Store, data_dir: Path, *, room: int = 0, **settings: Any) -> None:
        """Take the store and settings that differ from the usual.

        Args:
            store: where all is kept.
            data_dir: for the rest.
            room: octets for mail, also fewer than an operator may set: what is done when there is
                no more room is the same with little.
            settings: see `mailer.config`.
        """
        self.store = store
        self.settings: Settings = settings_for(data_dir, **settings)
        if room:
            self.settings = self.settings.model_copy(update={"keep_raw_bytes": room})
        self.clock = SimulatedClock(START)
        self.intake = Intake(store, self.settings, self.clock)

    def mails(self) -> list[Received]:
        """Return all that is kept, oldest first."""
        numbers = inbound.numbers(self.store, list(MailState), 10_000)
        return list(inbound.each(self.store, numbers[::-1]))

    def contents(self) -> list[bytes]:
        """Return the same as it came."""
        return [inbound.raw(self.store, one.number) for one in self.mails()]

    def jobs(self) -> list[list[int]]:
        """Return the mails that each waiting job reads."""
        from mailer.store.queue import QueueName, queue

        waiting = [job for name in QueueName for job in queue(self.store.redis, name).jobs]
        return [
            list(job.args) for job in waiting if job.func_name == "mailer.workers.jobs.read_mail"
        ]

    def events(self) -> list[dict[str, str]]:
        """Return all events, oldest first."""
        from mailer.store.events import read

        return [fields for _, fields in read(self.store)]


@contextmanager
def listening(
    intake: Any,
    *places: str,
    hostname: str = "lists.example.org",
    loop: asyncio.AbstractEventLoop | None = None,
) -> Iterator[Any]:
    """Run a listener in a thread of its own for the length of a `with` block.

    Args:
        intake: what takes the mail.
        places: where to listen.
        hostname: how to greet.
        loop: the thread's event loop, if it is to be a particular one.
    """
    started: list[Any] = []
    up, loop = threading.Event(), loop or asyncio.new_event_loop()
    urls: Sequence[ListenUrl] = [ListenUrl.parse(place) for place in places]

    async def work() -> None:
        listener = Listener(urls, intake, hostname)
        try:
            await listener.start()
        finally:
            started.extend([listener, stopped := asyncio.Event()])
            up.set()
        await stopped.wait()
        await listener.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(work()), daemon=True)
    thread.start()
    assert up.wait(PATIENCE)
    try:
        # Mail that is on its way when we stop arrives, however slow the machine is.
        with mock.patch.object(listeners, "STOP_SECONDS", PATIENCE):
            yield started[0]
            loop.call_soon_threadsafe(started[1].set)
            thread.join(PATIENCE)
    finally:
        loop.call_soon_threadsafe(started[1].set)
        thread.join(PATIENCE)
        alive = thread.is_alive()
        if not alive:
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()
        assert not alive, "the listener did not stop"
