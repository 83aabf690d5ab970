"""The line to a relay below the transactions: bytes in and out, replies, and how long they take."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import Final

from mailer.relay.limits import Limits
from mailer.relay.smtp.loss import Loss
from mailer.relay.smtp.replies import Reply, ReplyParser
from mailer.relay.smtp.steps import Step

WRITE_HIGH: Final = 2 * 8192
WRITE_LOW: Final = 8192
"""Bytes waiting in the transport above which writing counts as paused, until below the second.

The second is more than the commands after a final dot may take (`LONGEST_COMMANDS`): while paused,
that dot has surely not left.
"""
_READ: Final = 8192


class Wire(asyncio.BufferedProtocol):
    """One open connection: reads replies, and sees that each comes in time.

    The base of `Session`, by inheritance, so that it costs nothing for each reply.
    """

    def __init__(self, transport: asyncio.Transport, limits: Limits) -> None:
        """Take over a transport, with the limits of each wait."""
        self._loop = asyncio.get_running_loop()
        self.asked = self._loop.time()
        """The instant at which the relay was last asked something, or had answered everything."""
        self.closed: asyncio.Future[None] = self._loop.create_future()
        self._transport, self._limits = transport, limits
        self._parser = ReplyParser()
        self._buffer = memoryview(bytearray(_READ))
        self._step = Step.IDLE
        self._paused = False
        self._unwritten = 0
        transport.set_write_buffer_limits(high=WRITE_HIGH, low=WRITE_LOW)
        transport.set_protocol(self)
        self._deadline = self._loop.time() + limits.idle
        self._tick = min(limits.command, limits.final, limits.idle, limits.quit)
        self._timer = self._loop.call_later(self._tick, self._look_at_clock)

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing is in flight and more could be."""
        return self._step is Step.IDLE

    def waits_since(self, now: float) -> float | None:
        """Return since when an answer is awaited, by the loop's clock; none: nothing is asked.

        A body that is still leaving counts as progress.
        """
        if self._step in {Step.IDLE, Step.QUIT, Step.ENDED}:
            return None
        unwritten = self._transport.get_write_buffer_size()
        if unwritten != self._unwritten:
            self._unwritten, self.asked = unwritten, now
        return self.asked

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's signature
        """Lend the buffer to read into."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Receive what the relay sent."""
        for reply in self._parser.feed(bytes(self._buffer[:nbytes])):
            self._hear(reply)
            if self._step is Step.ENDED:
                return
        if self._parser.broken:
            self._end(Loss.SURPRISE, self._parser.broken)

    def pause_writing(self) -> None:
        """Note that more waits to be written than the commands after a final dot."""
        self._paused = True

    def resume_writing(self) -> None:
        """Note that a final dot may be on its way."""
        self._paused = False

    def eof_received(self) -> bool:
        """Close our side too."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Settle what was in flight."""
        detail = f": {exc}" if exc else ""
        self._end(Loss.CLOSED, f"the connection to the relay was lost{detail}")
        if not self.closed.done():
            self.closed.set_result(None)

    @abstractmethod
    def _hear(self, reply: Reply) -> None:
        """Handle a reply; they come in order."""

    @abstractmethod
    def _timed_out(self) -> None:
        """Learn that nothing came in time, or that nothing was asked for long."""

    @abstractmethod
    def _end(self, loss: Loss, reason: str, reply: Reply | None = None) -> None:
        """End once: cut the connection, and settle what is in flight."""

    def _expect(self, step: Step, seconds: float) -> None:
        self._step = step
        self.asked = self._loop.time()
        self._deadline = self.asked + seconds

    def _look_at_clock(self) -> None:
        """Compare the deadline with the time: a timer for each reply would cost too much."""
        left = self._deadline - self._loop.time()
        if left > 0:
            # No deadline set meanwhile can be nearer than one tick.
            self._timer = self._loop.call_later(min(left, self._tick), self._look_at_clock)
        else:
            if self._step is Step.IDLE:
                self._timer = self._loop.call_later(self._tick, self._look_at_clock)
            self._timed_out()
