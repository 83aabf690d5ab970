"""Things that a worker process keeps between jobs: store, event loop, connections to relays."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Coroutine
from typing import Final, TypeVar

from mailer import log
from mailer.clock import Clock, SystemClock
from mailer.config import Settings
from mailer.content.rendering.warm_up import warm_up
from mailer.services.access import audit
from mailer.services.access.signing_in.links import Links
from mailer.services.calendar.reminders import Reminders
from mailer.services.calendar.rsvp import Rsvp
from mailer.services.campaigns.approving_by_mail import ApprovingByMail
from mailer.services.campaigns.report import Reports
from mailer.services.directories.scheduled import ScheduledSyncs
from mailer.services.editions.drafts import keeping
from mailer.services.inbound.bounces import Bounces
from mailer.services.inbound.complaints import Complaints
from mailer.services.inbound.domain_reports import DomainReports
from mailer.services.inbound.inbox.returned import Returned
from mailer.services.inbound.intake import Intake
from mailer.services.look.live import Live
from mailer.services.operation.jobs import Jobs
from mailer.services.operation.opening import open_for
from mailer.services.operation.tick import Tick
from mailer.services.sending.sender import Sender
from mailer.services.sending.worker_context import Verdict
from mailer.services.service_mail.outbox import Outbox
from mailer.services.service_mail.posting import Posting
from mailer.services.subscriber_files.spool import Spool
from mailer.services.subscriptions.forms import Forms
from mailer.services.subscriptions.growth import Growth
from mailer.services.subscriptions.moderation import Moderation
from mailer.services.subscriptions.subscribing import Subscribing
from mailer.services.telling.following import Following
from mailer.services.webhooks import delivering
from mailer.services.webhooks.delivering import Delivering
from mailer.store.calendar import entries as calendar
from mailer.store.server.connection import AsyncStore, Store
from mailer.store.subscribers import histories
from mailer.workers.loop import new_event_loop

POST_SECONDS: Final = 0.25
"""A job stays with a service mail for so long; a later answer is awaited beside other jobs."""
MOST_POSTS: Final = 50
"""Service mails whose answers are awaited at once; beyond that they wait in the outbox."""
TELL_SECONDS: Final = 2.0
"""While answers are awaited, how often it is told which."""
STOP_SECONDS: Final = 4.0
"""After a request to stop, what is awaited has that long to come."""

HISTORY_LOOKS: Final = 4
"""Lots of events that one tick reads at most to note whom they are about."""
COLLECT_AT: Final = (10_000, 20, 20)
"""Python's own (700, 10, 10) looks for cycles after every dozen deliveries."""

Result = TypeVar("Result")

_log = log.get_logger(__name__)


class Runtime:
    """One a process: made when it starts, closed when it ends."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        """Open the store; everything else is made when first needed.

        Args:
            settings: the service's.
            clock: the time; none: the machine's, shifted as the settings say.
        """
        self.settings = settings
        self.clock: Clock = clock or SystemClock(settings.clock_offset)
        self.store: Store = open_for(settings)
        self._live = Live(self.store, settings)
        self._loop = new_event_loop()
        self._asynchronous: AsyncStore | None = None
        self._sender: Sender | None = None
        self._intake: Intake | None = None
        self._outbox: Outbox | None = None
        self._posting: Posting | None = None
        self._posts: set[asyncio.Task[None]] = set()
        """Service mails whose answers are awaited."""
        self._told = 0.0
        self._subscribing: Subscribing | None = None
        self._moderation: Moderation | None = None
        self._forms: Forms | None = None
        self._hooks: Delivering | None = None
        self._stopped = False

    def warm_up(self) -> None:
        """Make ready what the first campaign would otherwise wait for."""
        warm_up(self.settings.languages)

        async def connect() -> None:
            self._sending()

        self._run(connect())
        # What is here by now stays: no collection of garbage needs to look at it again. What a
        # delivery makes is gone with it, so that there is little to collect either.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECT_AT)

    def refresh(self) -> None:
        """Go on with the look that is in force now, if it is another: for the next job."""
        settings = self._live.refresh()
        if settings is self.settings:
            return
        self.settings = settings
        self._intake = self._outbox = self._subscribing = self._moderation = self._forms = None
        if self._sender is not None:
            self._sender.use(settings)

    def tick(self) -> Tick:
        """Return what the scheduler's tick runs."""
        return Tick(self.store, self.settings, self.clock)

    def growth(self) -> Growth:
        """Return what counts the readers once a day."""
        return Growth(self.store, self.settings, self.clock)

    def prune_audit(self) -> None:
        """Drop what the audit log has kept for long enough."""
        audit.prune(self.store, self.settings, self.clock.now())

    def api_jobs(self) -> Jobs:
        """Return what does the long work that programs ask for."""
        return Jobs(self.store, self.settings, self.clock)

    def reports(self) -> Reports:
        """Return what tells what came of campaigns."""
        return Reports(self.store, self.settings, self.clock)

    def work_out_reminders(self) -> None:
        """Work out anew, now and then, when reminders go out; see `calendar.entries.reindex`."""
        calendar.reindex(self.store, self.clock.now())

    def index_histories(self) -> None:
        """Note whom the newest events are about; far behind, a few looks in one tick."""
        for _ in range(HISTORY_LOOKS):
            if histories.index(self.store) < histories.LOT:
                return

    def empty_bin(self) -> None:
        """Forget drafts of editions that were removed long ago."""
        keeping.empty_bin(self.store, self.clock.now())

    def sweep_uploads(self) -> None:
        """Delete uploaded files that nobody imported within a day."""
        Spool(self.settings, self.clock).sweep()

    def reminders(self) -> Reminders:
        """Return what makes campaigns of the calendar."""
        return Reminders(self.store, self.settings, self.clock)

    def intake(self) -> Intake:
        """Return what reads the mail that came in."""
        if self._intake is None:
            given = (self.store, self.settings, self.clock)
            asks = self.subscribing()
            returned = Bounces(*given, asks.bounced)
            handlers = {**asks.handlers(), **returned.handlers(), **Complaints(*given).handlers()}
            handlers |= DomainReports(*given).handlers()
            at_addresses = {
                **Rsvp(*given).at_addresses(),
                **Returned(self.store, self.clock).at_addresses(),
                **ApprovingByMail(*given).at_addresses(),
            }
            self._intake = Intake(*given, handlers, at_addresses)
        return self._intake

    def subscribing(self) -> Subscribing:
        """Return what acts on mail that asks for something."""
        if self._subscribing is None:
            self._subscribing = Subscribing(self.store, self.settings, self.clock)
        return self._subscribing

    def moderation(self) -> Moderation:
        """Return what tells the secretariat that readers wait for its yes."""
        if self._moderation is None:
            self._moderation = Moderation(self.store, self.settings, self.clock)
        return self._moderation

    def forms(self) -> Forms:
        """Return what acts on the forms that were sent on a page."""
        if self._forms is None:
            self._forms = Forms(self.store, self.settings, self.clock)
        return self._forms

    def following(self) -> Following:
        """Return what tells users by mail of what happened."""
        return Following(self.store, self.settings, self.clock)

    def links(self) -> Links:
        """Return what mails links to sign in."""
        return Links(self.store, self.settings, self.clock)

    def directories(self) -> ScheduledSyncs:
        """Return what keeps the list in step with directories."""
        return ScheduledSyncs(self.store, self.settings, self.clock)

    def outbox(self) -> Outbox:
        """Return what posts service mails."""
        if self._outbox is None:
            self._outbox = Outbox(self.store, self.settings, self.clock)
        return self._outbox

    def post(self, mail: int) -> None:
        """Make one attempt at a service mail; a late answer is awaited beside other jobs.

        With too many of those, the mail stays in the outbox, which asks for it again.
        """
        if len(self._posts) < MOST_POSTS:
            self._run(self._begin_post(mail))

    def wake_hooks(self) -> None:
        """Have a worker tell the endpoints of web hooks what they are due, if they are."""
        delivering.wake(self.store, self.clock)

    def deliver_hooks(self) -> None:
        """Begin to tell endpoints what they are due; late answers are awaited beside other jobs."""
        self._run(self._begin_hooks())

    @property
    def awaits(self) -> bool:
        """Tell whether answers are awaited: then `attend` must be called again and again."""
        if self._posts or (self._hooks is not None and self._hooks.awaits):
            return True
        return self._sender is not None and self._sender.awaits > 0

    def attend(self, seconds: float) -> None:
        """Receive the answers that come during that time."""
        self._run(self._attend(seconds))

    def send(self, campaign: int) -> str:
        """Work on a campaign for a while; returns why it ended."""
        return self._run(self._send(campaign)).value

    def stop(self) -> None:
        """End the job at hand soon; safe in a signal handler."""
        self._stopped = True
        self._loop.call_soon_threadsafe(self._pass_on_stop)

    def close(self) -> None:
        """Close all connections; what is awaited has some seconds to come."""
        if self._hooks is not None:
            self._run(self._hooks.close(STOP_SECONDS))
        if self._sender is not None:
            self._run(self._close_sender(self._sender))
        if self._asynchronous is not None:
            self._run(self._asynchronous.close())
        self._loop.close()
        self.store.close()

    async def _send(self, campaign: int) -> Verdict:
        sender = self._sending()
        self._pass_on_stop()
        self._told = self._loop.time()
        return await sender.run(campaign)

    async def _begin_post(self, mail: int) -> None:
        if self._posting is None:
            self._posting = Posting(self._sending().pool)
        task = asyncio.create_task(self._post(mail, self._posting))
        self._posts.add(task)
        await asyncio.wait({task}, timeout=POST_SECONDS)
        if task.done():
            self._posts.discard(task)
            task.result()  # a failure is the job's
        else:
            task.add_done_callback(self._came)

    async def _begin_hooks(self) -> None:
        if self._hooks is None:
            opened = self._opened()
            self._hooks = Delivering(self.store, opened, self.settings, self.clock)
        self._pass_on_stop()
        await asyncio.wait({self._hooks.start()}, timeout=POST_SECONDS)

    async def _post(self, mail: int, posting: Posting) -> None:
        await self.outbox().post(mail, posting)

    def _came(self, task: asyncio.Task[None]) -> None:
        self._posts.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # It stays claimed; the outbox finds it, and counts it as unknown.
            told = f"How a service mail ended could not be written down: {error}"
            _log.error("service_mail.late_answer_lost", message=told)

    async def _attend(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self._sender is not None and self._loop.time() - self._told > TELL_SECONDS:
            self._told = self._loop.time()
            self._sender.tell()

    async def _close_sender(self, sender: Sender) -> None:
        if self._posts:
            await sender.pool.drain(STOP_SECONDS)
            await asyncio.wait(self._posts)
        await sender.close()

    def _sending(self) -> Sender:
        """Return what is connected to the relays; call it in the loop."""
        if self._sender is None:
            self._sender = Sender(self.store, self._opened(), self.settings, self.clock)
        return self._sender

    def _opened(self) -> AsyncStore:
        """Return the store for this loop; call it in the loop."""
        if self._asynchronous is None:
            self._asynchronous = self.store.asyncio()
        return self._asynchronous

    def _pass_on_stop(self) -> None:
        if self._stopped and self._sender is not None:
            self._sender.stop()
        if self._stopped and self._hooks is not None:
            self._hooks.stop()

    def _run(self, work: Coroutine[None, None, Result]) -> Result:
        return self._loop.run_until_complete(work)


_current: Runtime | None = None


def start(settings: Settings, clock: Clock | None = None) -> Runtime:
    """Make this process's runtime; jobs find it by `current`."""
    global _current  # noqa: PLW0603 - RQ calls jobs as plain functions, so it must be found somewhere
    _current = Runtime(settings, clock)
    return _current


def current() -> Runtime:
    """Return this process's runtime, for a job that begins.

    Raises:
        RuntimeError: a job was run outside a worker process of ours.
    """
    if _current is None:
        raise RuntimeError("Jobs run in `mailer worker` only: it opens what they need.")
    _current.refresh()
    return _current
