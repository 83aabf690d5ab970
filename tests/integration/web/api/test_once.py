"""A POST with an idempotency key is done once, wherever the process that did it was killed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message, Send

from mailer.clock import SystemClock
from mailer.domain.access.rights import Role
from mailer.domain.subscribers.subscriber import Action
from mailer.services.access.once import Busy, Key, Once
from mailer.services.subscriptions import subscribers
from mailer.store import events, keys
from mailer.store.access.idempotency import KEPT, LEASE
from mailer.store.server.connection import Store
from mailer.web.api.once import answer_once
from support.service import dying
from support.service.api_client import ApiClient

MOST_COMMANDS = 100
"""More than any request sends to the store."""
WISH = {"address": "ana@example.org", "confirm": False, "tags": ["board"]}


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiClient:
    """An API over an empty store."""
    return ApiClient(store, data_dir)


def happened(store: Store) -> Counter[str]:
    """Count the events, by type."""
    return Counter(fields["type"] for _, fields in events.read(store))


def keyed(api: ApiClient, body: Any, key: str = "k-1", **more: Any) -> Any:
    """Post with a key."""
    return api.post("/subscribers", body, headers={"Idempotency-Key": key}, **more)


def test_same_request_gets_the_first_answer_again(api: ApiClient) -> None:
    """A program that lost the answer asks again."""
    first, second = keyed(api, WISH), keyed(api, WISH)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert first.headers["location"] == second.headers["location"]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["content-type"] == "application/json"
    assert "ratelimit" in second.headers
    assert happened(api.store)["subscriber.added"] == 1


def test_refusal_is_an_answer_too(api: ApiClient) -> None:
    """What could not be done does not happen by itself later on."""
    wrong = {"address": "nonsense", "confirm": False}
    first, second = keyed(api, wrong), keyed(api, wrong)
    assert (first.status_code, second.status_code) == (422, 422)
    assert first.content == second.content
    assert second.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("status", [408, 429, 503])
def test_refusal_that_passes_is_not_kept(store: Store, status: int) -> None:
    """Who waits as long as they were told to, and asks again, must not be refused for a day."""
    once, key = Once(store, SystemClock()), Key.of("token", "text", "k-1")
    answers, sent = iter([status, 201]), list[Message]()

    async def run(send: Send) -> None:
        await send({"type": "http.response.start", "status": next(answers), "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Message) -> None:
        sent.append(message)

    for _ in range(3):
        asyncio.run(answer_once(once, key, "digest", run, send))
    assert [one["status"] for one in sent if "status" in one] == [status, 201, 201]


def test_request_that_was_cut_off_is_not_begun_again_beside_itself(store: Store) -> None:
    """A server that stops cancels the answer, but not the thread that does what was asked."""
    once, key = Once(store, SystemClock()), Key.of("token", "text", "k-1")

    async def cut_off() -> None:
        begun = asyncio.Event()

        async def run(_send: Send) -> None:
            begun.set()
            await asyncio.Event().wait()

        async def send(_message: Message) -> None:
            raise AssertionError

        task = asyncio.create_task(answer_once(once, key, "digest", run, send))
        await begun.wait()
        task.cancel()
        await asyncio.wait({task})

    asyncio.run(cut_off())
    assert isinstance(once.begin(key, "digest"), Busy)


@pytest.mark.parametrize(
    "other", [WISH | {"name": "Ana"}, WISH | {"address": "bo@example.org"}, {}]
)
def test_key_of_another_request_is_refused(api: ApiClient, other: Mapping[str, Any]) -> None:
    """A program that draws the same key twice must hear of it, or one request would be lost."""
    keyed(api, WISH)
    answer = keyed(api, other)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")


def test_key_belongs_to_a_token_and_to_a_path(api: ApiClient) -> None:
    """Two programs that count from one must not get each other's answers."""
    keyed(api, WISH)
    other = keyed(api, WISH, token=api.token_of(Role.OWNER))
    assert (other.status_code, other.json()["result"]) == (200, "unchanged")
    headers = {"Idempotency-Key": "k-1"}
    answer = api.post("/suppressions", WISH, headers=headers)
    assert answer.json()["code"] == "idempotency_mismatch"


@pytest.mark.parametrize("key", ["", "a b", "é".encode("latin-1"), "x" * 256])
def test_key_that_is_none_is_refused(api: ApiClient, key: str | bytes) -> None:
    """A key that a proxy might change would not be known again."""
    answer = api.post("/subscribers", WISH, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_idempotency_key")
    assert happened(api.store)["subscriber.added"] == 0


def test_request_that_is_being_answered_is_not_begun_again(api: ApiClient) -> None:
    """The first may still be at work when a program loses its patience."""
    keyed(api, WISH)
    (record,) = api.store.redis.scan_iter(f"{keys.idempotent_request('*')}")
    lease = int((api.clock.now() + timedelta(seconds=7)).timestamp() * 1000)
    api.store.redis.hdel(record, "answer")
    api.store.redis.hset(record, "lease", lease)
    answer = keyed(api, WISH)
    assert (answer.status_code, answer.json()["code"]) == (409, "in_progress")
    assert answer.headers["retry-after"] == "7"


def test_answer_is_kept_for_a_day_and_tells_nobody_else_anything(api: ApiClient) -> None:
    """An erased address must not be found in what is kept of requests."""
    keyed(api, WISH)
    keyed(api, {"address": "nonsense-address", "confirm": False}, key="k-2")
    for record in api.store.redis.scan_iter(f"{keys.idempotent_request('*')}"):
        content = b"".join(api.store.redis.hvals(record)) + record
        assert b"ana" not in content
        assert b"nonsense" not in content
        assert b"k-1" not in content
        assert 0 < api.store.redis.ttl(record) <= KEPT.total_seconds()


@pytest.mark.parametrize(
    ("body", "once"),
    [
        (WISH, {"subscriber.added": 1, "subscriber.updated": 0}),
        (
            {"address": "ana@example.org", "confirm": True, "language": "fr"},
            {"subscriber.added": 1, "subscription.asked": 1, "service_mail.queued": 1},
        ),
    ],
)
def test_request_is_done_once_wherever_it_was_killed(
    api: ApiClient, body: Mapping[str, Any], once: Mapping[str, int]
) -> None:
    """A process may die between the deed and the answer; the program then asks again."""
    kills = 0
    for place in range(1, MOST_COMMANDS):
        key, address = f"k-{place}", f"ana{place}@example.org"
        before = happened(api.store)
        wish = {**body, "address": address}

        def ask(wish: Any = wish, key: str = key) -> int:
            found: int = keyed(api, wish, key).status_code
            return found

        answered = dying.run(ask, dies_at=place)
        kills += answered is None
        api.clock.advance(LEASE)
        again = keyed(api, wish, key)
        assert again.status_code in {200, 201, 202}, again.text
        assert again.json()["result"] in {"added", "unchanged", "asked"}
        third = keyed(api, wish, key)
        assert third.content == again.content
        assert third.headers["idempotency-replayed"] == "true"
        done = happened(api.store) - before
        assert {name: done[name] for name in once} == once, f"killed before command {place}"
        if answered is not None:
            break
    assert kills > 5
    assert answered in {201, 202}


def test_suspension_that_was_lifted_before_a_kill_is_no_conflict(api: ApiClient) -> None:
    """The program must not be told that somebody else did what it did itself."""
    for place in range(1, MOST_COMMANDS):
        wish = WISH | {"address": f"ana{place}@example.org"}
        number = api.post("/subscribers", wish).json()["number"]
        subscribers.change(api.store, number, Action.SUSPEND, api.clock.now())

        def ask(number: int = number, place: int = place) -> int:
            return api.post(
                f"/subscribers/{number}/reinstate",
                {"reason": "it works"},
                headers={"Idempotency-Key": f"k-{place}"},
            ).status_code

        answered = dying.run(ask, dies_at=place)
        api.clock.advance(LEASE)
        assert ask() == 200, f"killed before command {place}"
        if answered is not None:
            return
    pytest.fail("it never came to its end")
