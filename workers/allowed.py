"""The jobs that a worker runs: those that `mailer.workers.jobs` names, and nothing else in a queue.

RQ takes what it finds in the store for a job: it imports whatever function it names, calls
callbacks and web addresses that it names, and in places unpickles. So whoever can write to the
store could run what they like. Here a job is looked at before RQ reads it. It must look just as our
own do: one of our functions, plain numbers, none of RQ's other features. Anything else is removed,
and told: to the log, and by the event `job.refused`.
"""

from __future__ import annotations

import inspect
import json
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import redis
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus
from rq.registry import FailedJobRegistry, StartedJobRegistry
from rq.serializers import JSONSerializer
from rq.worker_registration import clean_worker_registry

from mailer import log
from mailer.store.queue import JOB_SECONDS, QueueName, forget_refused
from mailer.workers import jobs

FUNCTIONS: Final[Mapping[str, Callable[..., None]]] = {
    f"{jobs.__name__}.{function.__name__}": function for function in jobs.ALL
}
"""The functions that a job may name; nothing is ever imported by name."""
LARGEST_DATA: Final = 65_536
"""Octets of a job's function and arguments: many times what ours need."""

_MOMENT: Final = re.compile(rb"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z)?")
_NUMBER: Final = re.compile(rb"-?\d{1,9}")
_NAME: Final = re.compile(rb"[A-Za-z0-9._-]{0,200}")
_NOTHING: Final = re.compile(rb"")
_STATUS: Final = re.compile("|".join(status.value for status in JobStatus).encode())
_ORIGIN: Final = re.compile("|".join(name.value for name in QueueName).encode())
_FIELDS: Final[Mapping[str, re.Pattern[bytes]]] = {
    "status": _STATUS,
    "origin": _ORIGIN,
    **dict.fromkeys(("created_at", "enqueued_at", "started_at", "ended_at"), _MOMENT),
    "last_heartbeat": _MOMENT,
    **dict.fromkeys(("timeout", "result_ttl", "failure_ttl", "ttl"), _NUMBER),
    "worker_name": _NAME,
    **dict.fromkeys(
        ("success_callback_name", "failure_callback_name", "stopped_callback_name", "group_id"),
        _NOTHING,
    ),
}
"""The fields of a job's record beside its data, and the form of each."""
_UNREAD: Final = frozenset({"data", "description", "exc_info"})
"""For people, or read here by ourselves."""

_log = log.get_logger(__name__)


class RefusedJobError(NoSuchJobError):
    """The entry in the queue is no job of ours: for RQ it does not exist."""


def checked(record: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """Return of a job's record what RQ may read.

    Raises:
        RefusedJobError: it does not look as our own jobs do; with what is wrong, in words.
    """
    found: dict[bytes, bytes] = {}
    for name, value in record.items():
        field = name.decode("ascii", "replace")
        if field in _UNREAD:
            continue
        form = _FIELDS.get(field)
        if form is None:
            raise RefusedJobError(f"its record has a field that ours do not have: {_shown(field)}")
        if not form.fullmatch(value):
            raise RefusedJobError(f"its {field} is not as ours are")
        found[name] = value
    if not 0 < int(found.get(b"timeout", b"0")) <= JOB_SECONDS:
        raise RefusedJobError("its timeout is not as ours are")
    data = _data(record.get(b"data", b""))
    _check_call(data)
    return found | {b"data": data}


def _data(packed: bytes) -> bytes:
    """Unpack a job's data, no more of it than ours could have."""
    unpacking = zlib.decompressobj()
    try:
        data = unpacking.decompress(packed[:LARGEST_DATA], LARGEST_DATA)
    except zlib.error:
        raise RefusedJobError("its data is not packed as ours is") from None
    if not unpacking.eof or len(packed) > LARGEST_DATA:
        raise RefusedJobError("its data is larger than ours could be, or torn")
    return data


def _check_call(data: bytes) -> None:
    """Make sure that a job calls one of our functions as we call it."""
    try:
        function, instance, arguments, named = json.loads(data)
    except (ValueError, TypeError, RecursionError):
        raise RefusedJobError("its data cannot be read (JSON of four)") from None
    allowed = FUNCTIONS.get(function) if isinstance(function, str) else None
    if allowed is None:
        raise RefusedJobError(f"there is no such job: {_shown(str(function)[:80])}")
    if instance is not None or named != {}:
        raise RefusedJobError("it has an instance or named arguments, as ours never do")
    if not isinstance(arguments, list) or not all(type(one) is int for one in arguments):
        raise RefusedJobError("its arguments are not plain numbers")
    try:
        inspect.signature(allowed).bind(*arguments)
    except TypeError:
        raise RefusedJobError("it has too many arguments, or too few") from None


class AllowedJob(Job):
    """A job that was looked at before RQ read it."""

    def restore(self, raw_data: Mapping[bytes, bytes]) -> None:
        """Read a record.

        Raises:
            RefusedJobError: it is no job of ours.
        """
        super().restore(checked(raw_data))

    @classmethod
    def fetch(cls, id: str, connection: Any = None, serializer: Any = None) -> Job:  # noqa: A002,ARG003 - RQ's
        """Load a job; one that is refused is removed, and told.

        Raises:
            NoSuchJobError: it is not there, or was refused.
        """
        try:
            return super().fetch(id, connection=connection, serializer=JSONSerializer)
        except (redis.ConnectionError, redis.TimeoutError):
            raise
        except (ValueError, TypeError, redis.ResponseError, RefusedJobError) as error:
            reason = (
                str(error) if isinstance(error, RefusedJobError) else "it is no record of a job"
            )
            _tell(connection, id, reason)
            raise NoSuchJobError(reason) from error

    @classmethod
    def fetch_many(
        cls, job_ids: Iterable[str], connection: Any, serializer: Any = None
    ) -> list[Job | None]:
        """Load several jobs, none where one is not there or was refused."""
        found: list[Job | None] = []
        for one in job_ids:
            try:
                found.append(cls.fetch(one, connection, serializer))
            except NoSuchJobError:
                found.append(None)
        return found

    @property
    def func(self) -> Callable[..., None]:
        """Return what it calls: a function of our table, never one that is imported by name."""
        found: Callable[..., None] = getattr(jobs, FUNCTIONS[str(self.func_name)].__name__)
        return found

    @property
    def success_callback(self) -> None:
        """Return none: our jobs have no callbacks."""

    @property
    def failure_callback(self) -> None:
        """Return none."""

    @property
    def stopped_callback(self) -> None:
        """Return none."""

    def send_webhooks(self, *_args: Any, **_options: Any) -> None:
        """Ask no web address for anything."""


class AllowedQueue(Queue):
    """A queue from which only jobs of ours are taken; none of them waits for another."""

    @classmethod
    def lpop(
        cls, queue_keys: Any, timeout: int | None, connection: Any = None
    ) -> tuple[bytes, bytes] | None:
        """Remove the first entry in the queues, with an id that can be written in any case."""
        result: Any = super().lpop(queue_keys, timeout, connection=connection)
        if result is None:
            return None
        key, job_id = result
        return key, bytes(job_id).decode("ascii", "replace").encode()

    @classmethod
    def lmove(
        cls, connection: Any, queue_key: str, timeout: int | None
    ) -> tuple[bytes, bytes] | None:
        """Remove the first entry of one queue; RQ would keep its id in a second list meanwhile.

        What has to be done is in our own records, where the scheduler finds it.
        """
        return cls.lpop([queue_key], timeout, connection=connection)

    def move_dependents_to_ready(self, *_args: Any, **_options: Any) -> dict[str, list[str]]:
        """Move none."""
        return {}

    def enqueue_dependents(self, *_args: Any, **_options: Any) -> dict[str, list[str]]:
        """Enqueue none."""
        return {}


def queue_of(client: Any, name: QueueName) -> AllowedQueue:
    """Return one of the queues, for a worker."""
    return AllowedQueue(
        name.value, connection=client, job_class=AllowedJob, serializer=JSONSerializer
    )


def clean(queue: Queue) -> None:
    """Clear away what killed workers left of jobs: our own records tell what is to be done.

    RQ's own upkeep also looks after groups, rate limits and jobs that wait for others. Our jobs
    have none of that, and there it would unpickle what it finds.
    """
    of: Any = {"name": queue.name, "connection": queue.connection, "serializer": JSONSerializer}
    started, now = StartedJobRegistry(**of), datetime.now(UTC).timestamp()
    left: Any = queue.connection.zrangebyscore(started.key, 0, now)
    if left:
        ids = [one.decode("ascii", "replace").partition(":")[0] for one in left]
        queue.connection.delete(*map(AllowedJob.key_for, ids))
        queue.connection.zremrangebyscore(started.key, 0, now)
    FailedJobRegistry(**of).cleanup()
    try:
        clean_worker_registry(queue)
    except (ValueError, redis.ResponseError) as error:
        _log.warning("queue.untidy", message=f"The list of workers cannot be tidied: {error}")


def _tell(client: Any, job_id: str, reason: str) -> None:
    shown = _shown(job_id[:80])
    _log.error("job.refused", message=f"What is in a queue is no job of ours: {reason}.", job=shown)
    forget_refused(client, AllowedJob.key_for(job_id), shown, reason, datetime.now(UTC))


def _shown(text: str) -> str:
    """Write what a stranger put into the store on one line."""
    return "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in text)
