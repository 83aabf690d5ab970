"""Signing in, many at once: what works once does so also for those who come at the same instant."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from mailer.clock import SimulatedClock
from mailer.config import Settings
from mailer.domain.access.actor import Actor, Kind, operator
from mailer.domain.access.acts import ACTS
from mailer.domain.access.rights import RIGHTS, Role
from mailer.domain.access.signing_in.attempts import PAIR, rules
from mailer.domain.access.signing_in.challenge import Challenge, Purpose, Way
from mailer.domain.access.signing_in.factors import Factors, Passkey
from mailer.domain.subscribers.address import parse_address
from mailer.errors import InputError, NotAllowedError, NotFoundError, ProofNeededError
from mailer.services.access import users
from mailer.services.access.acting import Recorder, acting_as, allowed
from mailer.services.access.signing_in.links import Links
from mailer.services.access.signing_in.sessions import Sessions
from mailer.services.access.signing_in.visitor import Visitor
from mailer.store.access import attempts, challenges, factors, sessions
from mailer.store.queue import QueueName
from mailer.store.server.connection import Store
from mailer.workers.allowed import FUNCTIONS

T = TypeVar("T")
NOW = datetime(2026, 4, 26, 9, tzinfo=UTC)
VISITOR = Visitor("b" * 64, "192.0.2.7")
OWN = sorted(name for name, act in ACTS.items() if act.right is None)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings with a secret key of their own."""
    return Settings(
        data_dir=tmp_path,
        secret_key_file=tmp_path / "secret.key",
        public_url="https://bulletin.example.org",
    )


@pytest.fixture
def clock() -> SimulatedClock:
    """Return a clock that stands still."""
    return SimulatedClock(NOW)


@pytest.fixture(autouse=True)
def ada(store: Store, settings: Settings) -> None:
    """Add a user."""
    given = parse_address("ada@example.org")
    users.add(store, settings, NOW, given, name="Ada", role=Role.OWNER)


def at_once(times: int, do: Callable[[], T]) -> list[T]:
    """Do something in that many threads at the same instant."""
    gate = threading.Barrier(times)

    def one(_: int) -> T:
        gate.wait()
        return do()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_a_challenge_is_taken_by_one_of_many(store: Store) -> None:
    """A link that is opened twice at once signs in once."""
    challenges.keep(store, "name", Challenge(Purpose.LINK, "b" * 64, NOW, 1))
    found = at_once(8, lambda: challenges.take(store, "name"))
    assert sum(one is not None for one in found) == 1


def test_many_guesses_at_once_are_as_many_as_one_after_the_other(store: Store) -> None:
    """Or whoever opens a hundred connections would have a hundred guesses."""
    counted = rules("ada", "192.0.2.0/24", "")
    waits = at_once(16, lambda: attempts.begin(store, counted, NOW))
    assert sum(not wait for wait in waits) <= PAIR.free
    assert sum(not wait for wait in waits) >= 1


def test_a_counter_of_a_passkey_is_raised_by_one_of_many(store: Store) -> None:
    """An answer that is sent twice at once counts once: what decides is asked anew."""
    passkey = Passkey("id", "key", 1, "Laptop", NOW)
    factors.change(store, 1, lambda known: known.having(passkey))

    def raise_it() -> bool:
        def decide(known: Factors) -> Factors | None:
            has = known.passkey("id")
            return known.having(Passkey("id", "key", 2, "", NOW)) if has and has.count < 2 else None

        return factors.change(store, 1, decide)

    assert sum(at_once(8, raise_it)) == 1


def test_a_session_that_was_ended_is_not_brought_back_by_its_use(
    store: Store, settings: Settings, clock: SimulatedClock
) -> None:
    """A request that was under way while the session was revoked must not revive it."""
    service = Sessions(store, settings, clock)
    session = service.begin(1, Way.LINK, VISITOR).signed.session
    sessions.end(store, session)
    sessions.note(store, session, NOW)
    assert not sessions.replace(store, session.digest, session, NOW)
    assert sessions.get(store, session.digest) is None


def test_a_wish_for_a_link_is_looked_at_by_a_job_that_workers_run(
    store: Store, settings: Settings, clock: SimulatedClock
) -> None:
    """A job under a name that no worker knows would mail nothing."""
    assert Links(store, settings, clock).ask("ada@example.org", VISITOR, "")
    queue = Queue(QueueName.URGENT.value, connection=store.for_rq(), serializer=JSONSerializer)
    [job] = queue.jobs
    assert job.func_name in FUNCTIONS


def test_a_wish_is_worked_off_once_by_many_workers(
    store: Store, settings: Settings, clock: SimulatedClock
) -> None:
    """One wish, one mail."""
    links = Links(store, settings, clock)
    links.ask("ada@example.org", VISITOR, "")
    at_once(4, links.work_off)
    assert store.redis.zcard("mailer:outbox:state:queued") == 1


def test_a_wish_that_nobody_looked_at_is_forgotten_with_its_time(
    store: Store, settings: Settings, clock: SimulatedClock
) -> None:
    """A worker that comes back after an hour mails no links that are over."""
    links = Links(store, settings, clock)
    links.ask("ada@example.org", VISITOR, "")
    [key] = store.redis.keys("mailer:access:ask:*")
    assert 0 < store.redis.ttl(key) <= 600
    store.redis.delete(key)
    assert links.work_off() == 0
    assert not store.redis.exists("mailer:access:asks:due")


def test_an_invitation_needs_pages_and_a_user(
    store: Store, settings: Settings, clock: SimulatedClock
) -> None:
    """A link that leads nowhere helps nobody."""
    with pytest.raises(NotFoundError):
        Links(store, settings, clock).invite("nobody@example.org")
    bare = settings.model_copy(update={"public_url": ""})
    with pytest.raises(InputError, match="public_url"):
        Links(store, bare, clock).invite("ada@example.org")


@pytest.mark.parametrize("name", OWN)
def test_what_is_about_oneself_is_for_users_alone(
    store: Store, settings: Settings, clock: SimulatedClock, name: str
) -> None:
    """An API token must not add a passkey for its user, and the operator is nobody's self."""
    recorder = Recorder(store, settings, clock)
    rights = RIGHTS[Role.OWNER]
    token = Actor(Kind.TOKEN, "Website", rights, "k2f9x0q7ab", "user:1", "api", "192.0.2.7")
    for actor in (token, operator("root", "host")):
        with acting_as(actor, recorder), pytest.raises(NotAllowedError):
            allowed(name)
    user = users.get(store, 1)
    with acting_as(user.actor("console", "192.0.2.7", proved=True), recorder):
        allowed(name)


@pytest.mark.parametrize("name", ["factors.add", "factors.remove"])
def test_ways_to_sign_in_are_changed_after_a_fresh_proof_alone(
    store: Store, settings: Settings, clock: SimulatedClock, name: str
) -> None:
    """Whatever page or route asks for it."""
    recorder, user = Recorder(store, settings, clock), users.get(store, 1)
    actor = user.actor("console", "192.0.2.7", proved=False)
    with acting_as(actor, recorder), pytest.raises(ProofNeededError):
        allowed(name)


def test_a_reader_may_change_what_is_their_own(
    store: Store, settings: Settings, clock: SimulatedClock
) -> None:
    """It needs no right, only to be oneself."""
    given = parse_address("bo@example.org")
    bo = users.add(store, settings, NOW, given, name="Bo", role=Role.READER)
    service = Sessions(store, settings, clock)
    signed = service.begin(bo.number, Way.LINK, VISITOR).signed
    with acting_as(signed.actor, service.recorder):
        assert service.speak(signed, "fr").language == "fr"
        service.end_all(signed)
    assert users.get(store, bo.number).epoch == signed.session.epoch + 1
