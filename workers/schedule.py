"""The clockwork: a process that puts a tick into the queue every two seconds.

The tick itself is a job, so that a worker does the work; two clockworks, or none for a while, do
no harm: what is due is found by the state of the store, not by counting ticks.
"""

from __future__ import annotations

from typing import Any, Final

import redis
from rq.cron import CronJob, CronScheduler
from rq.job import Job

from mailer import log
from mailer.config import Settings
from mailer.services.opening import opened_for
from mailer.store.queue import QueueName, queue
from workers import jobs, lifeline

TICK_SECONDS: Final = 2
TICK_LIFE_SECONDS: Final = 6
"""A tick that no worker took by then is dropped: ticks must not pile up while workers are down."""


class Tick(CronJob):
    """A recurring job, enqueued as JSON like every other (RQ's own would use pickle)."""

    def enqueue(self, connection: redis.Redis) -> Job:
        """Put one tick into its queue."""
        return queue(connection, QueueName(self.queue_name)).enqueue_call(
            self.func_name, ttl=TICK_LIFE_SECONDS, result_ttl=0, failure_ttl=TICK_LIFE_SECONDS
        )


class Clockwork(CronScheduler):
    """RQ's scheduler with our ticks."""

    def __init__(self, connection: Any) -> None:
        """Take the connection that it enqueues on."""
        super().__init__(connection)
        self._cron_jobs.append(
            Tick(queue_name=QueueName.UPKEEP, func=jobs.upkeep, interval=TICK_SECONDS)
        )


def main(settings: Settings | None = None) -> None:
    """Run the clockwork until it is asked to stop."""
    settings = settings or Settings.load()
    log.configure(settings.log_level, settings.log_format)
    lifeline.hold()
    with opened_for(settings) as store:
        clockwork: Any = Clockwork(store.redis)  # RQ does not type all it has
        clockwork.start()


if __name__ == "__main__":
    main()
