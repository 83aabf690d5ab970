"""The scheduler: a process that puts a tick into the queue every two seconds.

The tick itself is a job, so that a worker does the work; two schedulers, or none for a while, do
no harm: what is due is found by the state of the store, not by counting ticks.
"""

from __future__ import annotations

import time
from contextlib import suppress
from types import FrameType
from typing import Any, Final

import redis
from rq.cron import CronJob, CronScheduler
from rq.exceptions import StopRequested
from rq.job import Job

from mailer import log
from mailer.config import Settings
from mailer.services.operation.opening import opened_for
from mailer.store.queue import QueueName, queue
from mailer.workers import lifeline

TICK_SECONDS: Final = 2
TICK_LIFE_SECONDS: Final = 6
"""A tick that no worker took by then is dropped: ticks must not pile up while workers are down."""
WAIT_SECONDS: Final = 0.2
"""Between two looks whether a store that is away is back."""

_log = log.get_logger(__name__)


class TickJob(CronJob):
    """A recurring job, enqueued as JSON like every other (RQ's own would use pickle)."""

    def enqueue(self, connection: redis.Redis) -> Job:
        """Put one tick into its queue."""
        return queue(connection, QueueName(self.queue_name)).enqueue_call(
            self.func_name, ttl=TICK_LIFE_SECONDS, result_ttl=0, failure_ttl=TICK_LIFE_SECONDS
        )


class Scheduler(CronScheduler):
    """RQ's scheduler with our ticks."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self._cron_jobs.append(
            TickJob(QueueName.UPKEEP, func_name="mailer.workers.jobs.upkeep", interval=TICK_SECONDS)
        )
        self._stopping = False

    def run(self) -> None:
        """TickJob until asked to stop, also after the store was away: all else waits for a tick."""
        scheduler: Any = self  # RQ does not type all it has
        with suppress(StopRequested):
            while not self._stopping:
                try:
                    scheduler.start()
                except (redis.ConnectionError, redis.TimeoutError) as error:
                    told = f"The scheduler waits for the store: {error}"
                    _log.warning("store.away", message=told)
                    time.sleep(WAIT_SECONDS)

    def _request_stop(self, signum: int, frame: FrameType | None) -> None:
        self._stopping = True  # the exception may be lost: RQ says good-bye to a store that is away
        scheduler: Any = super()
        scheduler._request_stop(signum, frame)  # noqa: SLF001 - RQ's hook for it


def main(settings: Settings | None = None) -> None:
    """Run the scheduler until it is asked to stop."""
    settings = settings or Settings.load()
    log.configure(settings.log_level, settings.log_format)
    lifeline.close_first()
    with opened_for(settings) as store:
        Scheduler(store.for_rq()).run()


if __name__ == "__main__":
    main()
