"""The worker process: takes jobs one after the other and keeps its connections between them.

A job does not wait for a relay's late answers: they are taken beside other jobs, and while there is
none.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from types import FrameType
from typing import Any, Final

from rq import SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer
from rq.timeouts import UnixSignalDeathPenalty

from mailer import log
from mailer.config import Settings
from mailer.store.queue import QueueName
from mailer.workers import lifeline, runtime
from mailer.workers.allowed import AllowedJob, AllowedQueue, clean, queue_of

POLL_SECONDS: Final = 0.05
"""While late answers are awaited, how often we look for a job."""
HUNG: Final = 70
"""Exit status after a job that hung: EX_SOFTWARE of sysexits.h."""

_log = log.get_logger(__name__)


class Hang(UnixSignalDeathPenalty):
    """Ends the process of a job that hangs; the ledger tells the next worker what was open."""

    def handle_death_penalty(self, _signum: int, _frame: FrameType | None) -> None:
        """Exit at once: raising an error inside a running event loop would leave it broken."""
        _log.error("worker.hung", message="A job took too long; this process ends.")
        os._exit(HUNG)


class Worker(SimpleWorker):
    """RQ's worker without forking: a fork for each job would cost its connections, and 20 ms."""

    death_penalty_class = Hang
    max_connection_wait_time = 1.0
    """Most seconds between two looks whether a store that is away is back; RQ's minute is long."""

    def __init__(
        self, own: runtime.Runtime, queues: Sequence[QueueName] = tuple(QueueName)
    ) -> None:
        """Set up with the process's runtime and its queues, the most urgent first."""
        self._runtime, self._busy = own, False
        client = own.store.for_rq()
        super().__init__(
            [queue_of(client, name) for name in queues],
            connection=client,
            job_class=AllowedJob,
            queue_class=AllowedQueue,
            serializer=JSONSerializer,
            log_job_description=False,
        )

    def subscribe(self) -> None:
        """Subscribe to no commands through the store: a stop comes as a signal.

        RQ would listen in a second thread. After a loss of the store both it and a stop connect
        anew over the same connection, and where they meet each takes the other's answers.
        """

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue] | None:
        """Wait for a job; take the answers of relays that come meanwhile.

        Raises:
            StopRequested: a stop was asked for while answers were awaited.
        """
        while self._runtime.awaits and not self._stop_requested:
            found = super().dequeue_job_and_maintain_ttl(None)
            if found is not None:
                return found
            self._busy = True  # a stop may not cut into what the loop is at
            try:
                self._runtime.attend(POLL_SECONDS)
            finally:
                self._busy = False
        if self._stop_requested:
            raise StopRequested
        return super().dequeue_job_and_maintain_ttl(timeout, max_idle_time)

    def clean_registries(self) -> None:
        """Clear away, now and then, what killed workers left; see `allowed.clean`."""
        worker: Any = self  # RQ does not type all it has
        for queue in worker.queues:
            if queue.acquire_maintenance_lock():
                clean(queue)
                queue.release_maintenance_lock()
        worker.last_cleaned_at = datetime.now(UTC)

    def clean_group_registries(self) -> None:
        """Do nothing: our jobs are in no groups."""

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run a job in this process."""
        self._busy = True
        try:
            super().execute_job(job, queue)
        finally:
            self._busy = False

    def request_stop(self, signum: Any, _frame: Any) -> None:
        """End after the job at hand, which ends at its next delivery's edge; again: end now."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.request_force_stop)
        _log.info("worker.stopping", message="Stopping.", signal=signal.Signals(signum).name)
        if not self._busy:
            raise StopRequested
        self._stop_requested = True
        self._runtime.stop()

    def request_force_stop(self, _signum: int, _frame: FrameType | None) -> None:
        """Ignore further requests: a clean stop takes seconds, and who cannot wait may kill."""


def main(settings: Settings | None = None, queues: Sequence[QueueName] = tuple(QueueName)) -> None:
    """Run a worker for those queues until it is asked to stop."""
    settings = settings or Settings.load()
    log.configure(settings.log_level, settings.log_format)
    lifeline.close_first()
    own = runtime.start(settings)
    if not lifeline.is_held():
        for said in own.store.weaknesses():
            _log.warning("store.weak", message=said)
    try:
        own.warm_up()
        Worker(own, queues).work(logging_level="WARNING")
    finally:
        own.close()


if __name__ == "__main__":
    main()
