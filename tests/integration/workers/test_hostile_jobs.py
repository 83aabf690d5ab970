"""Writers to the store cannot run code: a worker takes only jobs of ours, and goes on."""

from __future__ import annotations

import json
import os
import pickle
import time
import uuid
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st
from rq.job import Job
from rq.serializers import JSONSerializer

from mailer.store import events, queue
from mailer.store.queue import QueueName
from mailer.store.server.connection import Store
from mailer.workers.allowed import (
    FUNCTIONS,
    AllowedJob,
    AllowedQueue,
    RefusedJobError,
    checked,
    queue_of,
)
from support.patience import PATIENCE
from support.service.parts import started
from support.service.small_campaign import settings_in_file

URGENT: Final = "rq:queue:urgent"
OURS: Final = "mailer.workers.jobs.read_forms"


class Trap:
    """An object that runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        """Keep the file that the command makes."""
        self._mark = mark

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Name the command."""
        return os.mkdir, (str(self._mark),)


def record(call: Any = (OURS, None, [], {}), **fields: bytes | str | int) -> dict[str, Any]:
    """Write a job's record as RQ does, but for some fields."""
    made = Job.create(OURS, connection=redis.Redis(), serializer=JSONSerializer, timeout=180)
    made.origin, made._status = "urgent", "queued"  # type: ignore[assignment]
    data = zlib.compress(call if isinstance(call, bytes) else json.dumps(call).encode())
    found = {**made.to_dict(), "status": "queued", "data": data, **fields}
    return {name: value for name, value in found.items() if value is not None}


def as_stored(found: Mapping[str, Any]) -> dict[bytes, bytes]:
    """Return a record as the store gives it."""
    return {
        name.encode(): value if isinstance(value, bytes) else str(value).encode()
        for name, value in found.items()
    }


BOMB: Final = zlib.compress(b"[" * 50_000_000)


def hostile(mark: Path) -> dict[str, dict[str, Any]]:
    """Return records, each of which would make a file if it were run as RQ runs jobs."""
    made = [str(mark)]
    pickled = pickle.dumps(("os.mkdir", None, (str(mark),), {}))
    trap = pickle.dumps(Trap(mark))
    return {
        "a function of Python's": record(("os.mkdir", None, made, {})),
        "a module of ours": record(("mailer.cli.main.main", None, [], {})),
        "not one of the list": record(("mailer.workers.runtime.start", None, [], {})),
        "beside the list": record(("mailer.workers.jobs.runtime.os.mkdir", None, made, {})),
        "a method": record(("mkdir", {"path": str(mark)}, made, {})),
        "a builtin": record(("eval", None, [f"__import__('os').mkdir({str(mark)!r})"], {})),
        "pickled data": record(pickled),
        "pickled data, not packed": record() | {"data": pickled},
        "a trap as data": record() | {"data": trap},
        "a trap as meta": record(meta=trap),
        "meta": record(meta="{}"),
        "a trap as result": record(result=trap),
        "called when done": record(success_callback_name="os.mkdir"),
        "called when it fails": record((OURS, None, [1, 2], {}), failure_callback_name="os.mkdir"),
        "called when stopped": record(stopped_callback_name="os.mkdir"),
        "a web address": record(webhooks=json.dumps([{"url": "http://127.0.0.1:9/"}])),
        "waits for another": record(dependency_ids=json.dumps(["other"])),
        "in a group": record(group_id="g"),
        "again and again": record(repeats_left=5, repeat_intervals="[0]"),
        "tried again": record(retries_left=9, retry_intervals="[0]"),
        "a rate": record(rate_limit_key="k", rate_limit_concurrency=1),
        "another serializer": record(serializer="rq.serializers.PickleSerializer"),
        "named arguments": record((OURS, None, [], {"x": 1})),
        "an argument that is a text": record(("mailer.workers.jobs.dispatch", None, ["1"], {})),
        "an argument too many": record((OURS, None, [1], {})),
        "no time-out": record(timeout=-1),
        "a time-out of years": record(timeout=99_999_999),
        "another queue": record(origin="other"),
        "no moment": record(created_at="yesterday"),
        "torn data": record() | {"data": record()["data"][:-3]},
        "a bomb": record() | {"data": BOMB},
        "deep": record(b"[" * 60_000),
        "no data": {"status": "queued", "origin": "urgent"},
        "no JSON of four": record(b"[1]"),
        "bytes": record() | {"data": bytes(range(256))},
    }


CASES: Final = [*hostile(Path("/nonexistent/mark"))]


@pytest.mark.parametrize("case", CASES)
def test_what_is_no_job_of_ours_is_not_read(case: str, tmp_path: Path) -> None:
    """Each of RQ's features is a way to have something called; ours are those that we use."""
    with pytest.raises(RefusedJobError):
        checked(as_stored(hostile(tmp_path / "mark")[case]))
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_our_own_jobs_are_read(store: Store, function: str) -> None:
    """As the services enqueue them."""
    name = function.rpartition(".")[2]
    arguments: Any = {
        "dispatch": (1,),
        "post": (2,),
        "read_mail": (3, 4),
        "work": (5,),
        "tally": (6,),
    }
    arguments = arguments.get(name, ())
    queue.enqueue(store, QueueName.URGENT, name, *arguments, job_id="one")
    job = AllowedJob.fetch("one", store.redis)
    assert job.func is FUNCTIONS[function]
    assert tuple(job.args) == arguments


@given(st.dictionaries(st.binary(max_size=30), st.binary(max_size=200), max_size=6), st.booleans())
def test_any_record_is_read_or_refused(found: dict[bytes, bytes], ours: bool) -> None:
    """A stranger's bytes must not end a worker."""
    with suppress(RefusedJobError):
        checked((as_stored(record()) if ours else {}) | found)


def test_a_worker_of_one_queue_takes_from_it_likewise(store: Store) -> None:
    """RQ then keeps ids in a second list, and what was refused would stay there for ever."""
    store.redis.hset("rq:job:bad", mapping=record(("os.mkdir", None, ["x"], {})))
    store.redis.rpush(URGENT, "bad", "gone")
    queue.enqueue(store, QueueName.URGENT, "read_forms", job_id="good")
    one = queue_of(store.redis, QueueName.URGENT)
    found = AllowedQueue.dequeue_any(
        [one], None, store.redis, job_class=AllowedJob, serializer=JSONSerializer
    )
    assert found is not None
    assert found[0].id == "good"
    assert store.redis.keys("rq:queue:*") == []


@pytest.fixture
def worker(store: Store, tmp_path: Path) -> Iterator[None]:
    """Run a worker process."""
    settings = settings_in_file(tmp_path / "data", redis_url=store.address)
    with started("run", settings) as process:
        yield
        assert process.poll() is None, "it ended"


def handled(store: Store) -> None:
    """Wait until a job of ours, enqueued last, was taken and is done."""
    queue.enqueue(store, QueueName.CAMPAIGNS, "read_forms", job_id="last")
    deadline = time.monotonic() + PATIENCE
    while store.redis.exists("rq:job:last") or store.redis.llen(URGENT):
        assert time.monotonic() < deadline, "the worker does not go on"
        time.sleep(0.02)


@pytest.mark.usefixtures("worker")
def test_a_worker_refuses_tells_and_goes_on(store: Store, tmp_path: Path) -> None:
    """All of it in one queue, and a job of ours behind it."""
    mark = tmp_path / "mark"
    cases = hostile(mark)
    ids = {case: uuid.uuid4().hex for case in cases}
    for case, found in cases.items():
        store.redis.hset(f"rq:job:{ids[case]}", mapping=found)
        store.redis.rpush(URGENT, ids[case])
    handled(store)
    assert not mark.exists()
    told = {event["job"] for _, event in events.read(store) if event["type"] == "job.refused"}
    assert told == set(ids.values())
    assert queue.refused(store) == len(cases)
    assert not any(store.redis.exists(f"rq:job:{one}") for one in ids.values())


@pytest.mark.usefixtures("worker")
def test_ids_and_records_of_any_shape_are_passed_over(store: Store) -> None:
    """No entry may stop a worker: no id, an id without a record, or a record of another kind."""
    store.redis.set("rq:job:text", "x")
    store.redis.rpush(URGENT, b"\xff\xfe", "a b", "../x", "", "text", "gone", "x" * 5000, "a:b:c")
    handled(store)
    assert queue.refused(store) >= 4


@pytest.mark.usefixtures("worker")
def test_the_upkeep_of_queues_runs_nothing(store: Store, tmp_path: Path) -> None:
    """RQ's own looks at groups, rate limits and waiting jobs, and unpickles there."""
    mark = tmp_path / "mark"
    trap = record(meta=pickle.dumps(Trap(mark)), rate_limit_key="k", rate_limit_concurrency=1)
    trap |= {"status": "started", "failure_callback_name": "os.mkdir", "group_id": "g"}
    store.redis.hset("rq:job:trap", mapping=trap)
    for key in ("rq:wip:urgent", "rq:ready:urgent", "rq:deferred:urgent", "rq:failed:urgent"):
        store.redis.zadd(key, {"trap": 1, b"\xff": 1})
    store.redis.zadd("rq:rate-limit:k", {"trap": 1})
    store.redis.sadd("rq:rate-limits", "k")
    store.redis.sadd("rq:groups", "g")
    store.redis.sadd("rq:group:g", "trap")
    store.redis.sadd("rq:job:last:dependents", "trap")
    store.redis.delete("rq:clean_registries:urgent")
    handled(store)
    assert not mark.exists()
