"""Enqueues background work: RQ's queues, JSON only, in the transaction of the change behind it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import redis
from rq import Queue
from rq.serializers import JSONSerializer


class QueueName(StrEnum):
    """The queues, most urgent first: a worker empties the earlier ones before the later."""

    URGENT = "urgent"
    """Test mails, confirmations: a person waits."""
    CAMPAIGNS = "campaigns"
    UPKEEP = "upkeep"
    """The clockwork's rounds, and what may wait."""


JOB_SECONDS = 600
"""A job that takes longer hangs: it is ended, and what it held is taken up by another."""
KEPT_SECONDS = 0
FAILURE_KEPT_SECONDS = 7 * 24 * 3600


def queue(client: redis.Redis, name: QueueName) -> Queue:
    """Return one of the queues on a connection."""
    return Queue(name.value, connection=client, serializer=JSONSerializer)


def enqueue(
    client: redis.Redis,
    name: QueueName,
    job: str,
    *args: str | int,
    pipe: Any | None = None,
) -> None:
    """Enqueue the job function `workers.jobs.JOB` with plain arguments.

    Args:
        client: a connection to the store.
        name: which queue.
        job: the function's name in `workers.jobs`; named by text, for `workers` is above us.
        args: ids and numbers only; whatever else a job needs it loads itself.
        pipe: a transaction already in MULTI, so that job and change commit together (law 9).
    """
    queue(client, name).enqueue_call(
        f"workers.jobs.{job}",
        args=args,
        timeout=JOB_SECONDS,
        result_ttl=KEPT_SECONDS,
        failure_ttl=FAILURE_KEPT_SECONDS,
        pipeline=pipe,
    )
