"""Enqueues background work: RQ's queues, JSON only, in the transaction of the change behind it."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from mailer.domain.events import Event
from mailer.store import events, keys
from mailer.store.server.connection import Store


class QueueName(StrEnum):
    """The queues, most urgent first: a worker empties the earlier ones before the later."""

    URGENT = "urgent"
    """Confirmations and the like: a person waits."""
    UPKEEP = "upkeep"
    """The scheduler's ticks: short, and what makes everything else go on after a crash."""
    CAMPAIGNS = "campaigns"


URGENT_LANE: Final = (QueueName.URGENT, QueueName.UPKEEP)
"""The queues for which one worker process is kept free, whatever campaigns there are."""

JOB_SECONDS = 900
"""A job that takes longer than that hangs: it is ended, and what it held is taken up by another.
Longer than a relay may take for its last reply."""
KEPT_SECONDS = 0
"""Results are in our own records; RQ keeps none."""
FAILURE_KEPT_SECONDS = 7 * 24 * 3600


def queue(client: redis.Redis, name: QueueName) -> Queue:
    """Return one of the queues on a connection, our own (`Store.redis`) or RQ's (`for_rq`)."""
    return Queue(name.value, connection=client, serializer=JSONSerializer)


def enqueue(
    store: Store,
    name: QueueName,
    job: str,
    *args: str | int,
    job_id: str | None = None,
    pipe: Any | None = None,
) -> None:
    """Enqueue the job function `mailer.workers.jobs.JOB` with plain arguments.

    Args:
        store: the open store.
        name: which queue.
        job: the function's name in `mailer.workers.jobs`; named by text, for `workers` is above us.
        args: ids and numbers only; whatever else a job needs it loads itself.
        job_id: letters, digits, `_` and `-`; made up if not given.
        pipe: a transaction already in MULTI, so that job and change commit together (law 9).
    """
    queue(store.redis, name).enqueue_call(
        f"mailer.workers.jobs.{job}",
        args=args,
        job_id=job_id,
        timeout=JOB_SECONDS,
        result_ttl=KEPT_SECONDS,
        failure_ttl=FAILURE_KEPT_SECONDS,
        pipeline=pipe,
    )


def enqueue_once(store: Store, name: QueueName, job: str) -> None:
    """Enqueue a job without arguments, unless one waits already that no worker has taken."""
    if not any(one.startswith(f"{job}-") for one in queue(store.redis, name).job_ids):
        enqueue(store, name, job, job_id=f"{job}-{secrets.token_hex(6)}")


def enqueue_tally(store: Store, campaign: int) -> None:
    """Have a campaign's deliveries counted by domain and reason, unless that waits already."""
    job = f"tally-{campaign}"
    if job not in queue(store.redis, QueueName.CAMPAIGNS).job_ids:
        enqueue(store, QueueName.CAMPAIGNS, "tally", campaign, job_id=job)


def forget_refused(client: redis.Redis, key: str, job: str, reason: str, now: datetime) -> None:
    """Remove what a worker found in a queue and does not run, with the event that tells of it.

    Args:
        client: a connection to the store.
        key: where its record is.
        job: its id, in letters that can be shown.
        reason: what is wrong with it.
        now: the present.
    """
    with client.pipeline(transaction=True) as pipe:
        pipe.delete(key)
        pipe.incr(keys.JOBS_REFUSED)
        events.append(pipe, Event("job.refused", now, {"job": job, "reason": reason}))
        pipe.execute()


def refused(store: Store) -> int:
    """Count what was ever found in the queues that was no job of ours."""
    return int(store.redis.get(keys.JOBS_REFUSED) or 0)


def waiting(store: Store) -> dict[QueueName, int]:
    """Count the jobs in each queue that no worker has taken yet."""
    return {name: queue(store.redis, name).count for name in QueueName}


def waiting_lanes(store: Store, campaign: int) -> int:
    """Count the jobs of a campaign that no worker has taken yet."""
    prefix = lane_prefix(campaign)
    return sum(job.startswith(prefix) for job in queue(store.redis, QueueName.CAMPAIGNS).job_ids)


def others_waiting(store: Store, campaign: int) -> set[QueueName]:
    """Tell in which queues a job waits for a worker that is no job of that campaign."""
    prefix = lane_prefix(campaign)
    return {
        name
        for name in QueueName
        if any(not job.startswith(prefix) for job in queue(store.redis, name).job_ids)
    }


def enqueue_lanes(store: Store, campaign: int, count: int, pipe: Any | None = None) -> None:
    """Ask for that many workers to send a campaign; each takes chunks until none is due.

    More of them than needed do no harm: one that finds no chunk ends at once.
    """
    for _ in range(count):
        job_id = f"{lane_prefix(campaign)}{secrets.token_hex(6)}"
        enqueue(store, QueueName.CAMPAIGNS, "dispatch", campaign, job_id=job_id, pipe=pipe)


def count_workers(store: Store) -> int:
    """Count the workers that send campaigns; one that was killed counts for some minutes more."""
    return len(Worker.all(queue=queue(store.redis, QueueName.CAMPAIGNS)))


def lane_prefix(campaign: int) -> str:
    """Return what the ids of a campaign's jobs begin with."""
    return f"dispatch-{campaign}-"
