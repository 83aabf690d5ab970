"""One pass over one chunk: claims deliveries, hands them to the relays, notes the outcomes.

`pace` says how many are claimed, and when; `supply` keeps them and writes their messages;
`unanswered` waits for what has no answer yet; `record` writes outcomes down.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from mailer.domain.campaigns.campaign import Campaign, State
from mailer.domain.campaigns.delivery import Attempt, SkipReason, released, skipped
from mailer.domain.settings.transport_url import Destination
from mailer.message.outgoing.slots import UnsendableError
from mailer.relay.envelope import Envelope, Nothing
from mailer.services.sending.first_of import first_of
from mailer.services.sending.pace import Pace
from mailer.services.sending.record import Record
from mailer.services.sending.store_patience import patiently
from mailer.services.sending.supply import Supply
from mailer.services.sending.unanswered import Unanswered
from mailer.services.sending.worker_context import Turn, Verdict, WorkerContext
from mailer.store.campaigns.chunks import Chunk, Claimed, Lost, Work
from mailer.store.campaigns.ledger import Ledger

LOOK_SECONDS: Final = 0.25
"""The interval at which we look whether the campaign goes on, while nothing can be claimed."""
RENEW_SECONDS: Final = 0.75
"""The interval at which lease and state are renewed, while nothing is claimed."""
GRACE_SECONDS: Final = 0.5
"""The time for which a job hands over what it has claimed at the end of its slice."""
RELAY_PATIENCE_SECONDS: Final = 2.0
"""The time after which, with all relays down, the claims are given back and the job ends."""


class ChunkJob:
    """Does what is to be done in a chunk; feeds the relays while it does."""

    def __init__(
        self,
        context: WorkerContext,
        campaign: Campaign,
        ledger: Ledger,
        chunk: Chunk,
        work: Work,
        *,
        tell: Callable[[], None],
    ) -> None:
        """Set up for one chunk; `tell` is called once it is `claimed` or `handed_out`."""
        self._context, self._campaign, self._ledger, self._chunk = context, campaign, ledger, chunk
        self._record = Record(context, ledger, chunk, self.halt)
        self._supply = Supply(context, campaign, work.languages, self._look_again)
        self._pace = Pace(context)
        self._unanswered = Unanswered(context, ledger, chunk, self._record)
        self._asked = 0.0
        """The instant at which the store was last asked."""
        self._more = asyncio.Event()
        self._tell = tell
        self.claimed = False
        """All is claimed: the next chunk may be taken, and read."""
        self.handed_out = False
        """Nothing more is handed out; answers may be awaited."""
        self.ending = asyncio.Event()
        """Set when most of that is handed out, too: the next chunk may begin."""
        self._trouble: float | None = None
        """Since when no relay has been reached, by the loop's clock."""
        self._verdict: Verdict | None = None
        self._failure: Exception | None = None
        self._claiming_failed = False

    def take(self, relay: Destination) -> Envelope | Nothing | None:
        """Write a claimed delivery's message, and hand it out.

        Only now, so that one connection is busy while the next one's message is written.
        """
        while self._verdict is None and not self._context.stopping.is_set():
            written = self._supply.next(relay)
            if written is None:
                return Nothing.FOR_THIS_RELAY if self._supply.only_tied else None
            delivery, result = written
            if len(self._supply) <= self._pace.low_water:
                self._more.set()
            if isinstance(result, Envelope):
                self._unanswered.relays[delivery.number] = relay
                return result
            if isinstance(result, UnsendableError):
                self._record.note(delivery.number, skipped(SkipReason.UNSENDABLE, str(result)))
            else:
                self._give_back([delivery])
                self._failure, self._verdict = result, Verdict.HALTED
                self._more.set()
        return None

    def settle(self, envelope: Envelope, attempt: Attempt) -> None:
        """Note an outcome; it is written down soon."""
        number = envelope.number
        unanswered = self._unanswered
        relay = unanswered.relays.pop(number, None)
        self._pace.settled += 1
        if not unanswered.relays:
            unanswered.quiet.set()
        self._record.note(number, attempt, relay.name if relay else "")

    def halt(self, verdict: Verdict) -> None:
        """Hand out nothing more: the others of this worker have ended for that reason."""
        if self._verdict is None:
            self._verdict = verdict
            self._more.set()

    async def run(self, numbers: list[int], turn: Turn) -> Verdict | None:
        """Claim and send those deliveries; returns why it ended early, or None.

        The pool must be fed by this from before it is called until it has returned.

        Args:
            numbers: which deliveries of the chunk.
            turn: tells when others have theirs.

        Raises:
            Lost: the chunk was given to another worker.
            StoreError: the store was away for too long.
            Exception: whatever kept a message from being written; what was claimed for it is
                given back.
        """
        # Before anything is claimed: if a text cannot be rendered, no delivery is in doubt.
        self._supply.prepare(numbers)
        todo = deque(numbers)
        recorder = asyncio.create_task(self._record.run())
        try:
            await self._claim_all(todo, turn)
        except BaseException:
            self._verdict, self._claiming_failed = Verdict.HALTED, True
            await self._supply.drop()  # not begun, but no longer ours to give back
            raise
        finally:
            self._say_claimed()
            self.ending.set()
            left = bool(todo or self._supply)
            self._give_back(await self._supply.close())
            self.handed_out = True
            self._tell()
            try:
                failed = self._failure is not None or self._claiming_failed
                await self._unanswered.see_out(left=left, renew=self._renew if failed else None)
            finally:
                self._record.close()
                await recorder
        if self._failure is not None:
            raise self._failure
        await self._unanswered.finish(left=left)
        return self._verdict

    @property
    def verdict(self) -> Verdict | None:
        """The reason why it hands out no more, although more is left, as far as is known by now."""
        return self._verdict

    def _say_claimed(self) -> None:
        if not self.claimed:
            self.claimed = True
            self._tell()

    def _look_again(self) -> None:
        """Have what was written lately handed out, and see whether all is."""
        self._context.pool.poke()
        self._more.set()

    async def _claim_all(self, todo: deque[int], turn: Turn) -> None:
        loop = asyncio.get_running_loop()
        self._asked = loop.time()
        self._pace.begin(self._asked)
        while (todo or self._supply) and self._verdict is None:
            self._pace.measure(loop.time())
            if self._context.stopping.is_set():
                self._verdict = Verdict.STOPPED
                return
            overdue = turn.overdue()
            late = overdue is not None
            if late:
                # What is claimed already leaves first: to undo that would cost more.
                self._pace.low_water = 0
            elif todo and len(self._supply) <= self._pace.low_water and not self._pace.paused():
                await self._claim_some(todo)
                self._asked = loop.time()
                # Others run at least once between two claims: a store on this machine answers
                # so fast that the relays would otherwise wait.
                await asyncio.sleep(0)
                continue
            elif not todo:
                self._look_if_ending()
            if self._supply or not late:
                await self._rest(paced=bool(todo) and not late)
            await self._look_around(loop.time())
            if overdue is not None and (overdue > GRACE_SECONDS or not self._supply):
                self.halt(Verdict.NO_RELAY if self._trouble else Verdict.SLICE_OVER)

    async def _look_around(self, now: float) -> None:
        """See to what is due now and then: the lease, our speed, and whether the relays work."""
        if now - self._asked > RENEW_SECONDS:
            await self._claim([])  # renews the lease, and tells whether to go on
            self._asked = now
        self._release_stranded()
        self._context.pool.raise_failure()
        if self._are_relays_gone(now):
            self.halt(Verdict.NO_RELAY)

    def _look_if_ending(self) -> None:
        """With all claimed, let the next chunk begin before this one leaves the relays idle."""
        self._say_claimed()
        if self._pace.is_ending(len(self._supply)):
            self.ending.set()

    def _are_relays_gone(self, now: float) -> bool:
        """Tell whether all relays have been down for longer than one waits for them."""
        self._trouble = (self._trouble or now) if self._context.pool.problem else None
        return self._trouble is not None and now - self._trouble > RELAY_PATIENCE_SECONDS

    async def _claim_some(self, todo: deque[int]) -> None:
        batch = [todo.popleft() for _ in range(min(self._pace.batch(len(self._supply)), len(todo)))]
        looked_at = await self._claim(batch)
        todo.extendleft(reversed(batch[looked_at:]))

    async def _rest(self, *, paced: bool) -> None:
        """Wait until more is to be claimed, or to be looked after."""
        self._more.clear()
        events: list[Awaitable[object]] = [self._context.stopping.wait()]
        seconds = LOOK_SECONDS
        if paced and self._pace.paused():
            events.append(self._pace.sleep(LOOK_SECONDS))
            seconds *= 2
        else:
            events.append(self._more.wait())
        await first_of(events, seconds)

    async def _claim(self, batch: list[int]) -> int:
        """Claim deliveries and offer them to the relays; returns how many were looked at.

        Raises:
            Lost: the chunk is not ours any more.
        """
        context = self._context
        limits = context.throttle.plan(context.pool.hosts())
        state, claimed, looked_at, self._pace.again_at = await patiently(
            lambda: self._ledger.claim(
                self._chunk, batch, context.clock.now(), limits=limits, jitter=context.jitter()
            )
        )
        if state is not State.SENDING:
            self._verdict = Verdict.HALTED
        if claimed:
            self._record.expect(claimed)
            self._supply.put(claimed)
            context.pool.poke()
        return looked_at

    def _give_back(self, claimed: Iterable[Claimed]) -> None:
        """Undo the claims of what was not begun."""
        for delivery in claimed:
            self._record.note(delivery.number, released())

    def _release_stranded(self) -> None:
        """Give back what only a relay may take that takes nothing now; another may have it."""
        if self._context.throttle.by_relay:
            self._give_back(self._supply.strand(self._context.pool.hosts()))

    async def _renew(self) -> None:
        try:
            await self._claim([])
        except Lost:
            self._verdict = Verdict.HALTED
