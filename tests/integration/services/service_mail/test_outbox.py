"""The outbox: a service mail leaves at most once, is retried while that is sure, and is accounted for."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.relay.limits import Backoff
from mailer.relay.smtp.pool import RelayPool
from mailer.services.service_mail.posting import Posting
from mailer.store import keys, outbox
from mailer.store.outbox import State
from mailer.store.queue import QueueName, queue
from mailer.store.server.connection import Store
from support.patience import PATIENCE
from support.servers.faulty_relay import FaultyRelay
from support.service.mail_service import MailService


@pytest.fixture
def service(store: Store, tmp_path: Path) -> MailService:
    """A service that readers write to."""
    return MailService(store, tmp_path / "data")


def jobs(service: MailService) -> list[tuple[str | None, list[int]]]:
    """Return the jobs that wait to post mails; those that read them are done by the test."""
    waiting = queue(service.store.redis, QueueName.URGENT).jobs
    told = [(job.func_name, list(job.args)) for job in waiting]
    return [one for one in told if one[0] != "mailer.workers.jobs.read_mail"]


def state_of(service: MailService, number: int = 1) -> State:
    """Return where a service mail stands."""
    found = outbox.get(service.store, number)
    assert found is not None
    return found.state


def test_a_mail_is_queued_with_its_job_and_event(service: MailService) -> None:
    """Law 9: no crash may leave a request without its confirmation."""
    service.get(service.own("subscribe"))
    assert jobs(service) == [("mailer.workers.jobs.post", [1])]
    assert service.types()[-1] == "service_mail.queued"
    assert outbox.counts(service.store)[State.QUEUED] == 1


def test_a_mail_is_sent_once_however_often_its_job_runs(service: MailService) -> None:
    """Jobs are repeated; mail is not."""
    service.get(service.own("subscribe"))
    assert len(service.sent()) == 1
    assert service.sent() == []
    assert state_of(service) is State.SENT
    assert outbox.counts(service.store)[State.SENT] == 1
    found = outbox.get(service.store, 1)
    assert found is not None
    assert not found.to  # whom it was to is forgotten
    assert service.outbox.sweep() == []


@pytest.mark.parametrize("marker", ["rcpt-451", "rcpt-421", "data-451", "rcpt-drop", "dot-451"])
def test_a_mail_that_fails_for_now_is_tried_again(service: MailService, marker: str) -> None:
    """A person waits for the confirmation; greylisting wants a second try."""
    service.get(service.own("subscribe"), author=f"ana+{marker}@example.org")
    assert service.sent() == []
    assert state_of(service) is State.DEFERRED
    assert service.sent() == []  # not before its time
    assert service.outbox.sweep() == []
    service.clock.advance(timedelta(minutes=6))
    assert service.outbox.sweep() == [1]
    assert jobs(service)[-1] == ("mailer.workers.jobs.post", [1])


def test_a_mail_is_given_up_after_the_retry_limit(service: MailService) -> None:
    """Two days, then it is a failure that a person can see."""
    service.get(service.own("subscribe"), author="ana+rcpt-451@example.org")
    for _ in range(40):
        service.sent()
        service.clock.advance(timedelta(hours=5))
    assert state_of(service) is State.FAILED
    assert service.types().count("service_mail.failed") == 1
    began, ended = service.events()[0], service.events()[-1]
    assert "451" in ended["reason"]
    assert began["at"][:10] < ended["at"][:10]


@pytest.mark.parametrize(("marker", "state"), [("rcpt-550", "failed"), ("dot-554", "failed")])
def test_a_refused_mail_fails_with_the_relay_s_words(
    service: MailService, marker: str, state: str
) -> None:
    """Law 11."""
    service.get(service.own("subscribe"), author=f"ana+{marker}@example.org")
    service.sent()
    assert state_of(service).value == state
    assert marker[-3:] in service.events()[-1]["reason"]


def test_a_lost_answer_is_unknown_and_not_sent_again(service: MailService) -> None:
    """The mail may have arrived; a person can ask again."""
    service.get(service.own("subscribe"), author="ana+dot-drop@example.org")
    assert len(service.posted()) == 1
    assert state_of(service) is State.UNKNOWN
    service.clock.advance(timedelta(days=1))
    assert (service.outbox.sweep(), service.posted()) == ([], [])


def test_a_mail_whose_worker_died_is_unknown(service: MailService) -> None:
    """The claim was written down first (law 3), so that it cannot go twice."""
    service.get(service.own("subscribe"))
    assert outbox.claim(service.store, 1, service.clock.now(), 60) is not None
    assert outbox.claim(service.store, 1, service.clock.now(), 60) is None
    service.clock.advance(timedelta(minutes=2))
    assert service.outbox.sweep() == []
    assert (state_of(service), service.sent()) == (State.UNKNOWN, [])
    assert service.types()[-1] == "service_mail.unknown"


def test_a_lost_job_is_found(service: MailService) -> None:
    """A worker killed between taking a job and its claim costs a minute, not the mail."""
    service.get(service.own("subscribe"))
    service.store.redis.delete(queue(service.store.redis, QueueName.URGENT).key)
    assert service.outbox.sweep() == []
    service.clock.advance(timedelta(minutes=2))
    assert service.outbox.sweep() == [1]
    assert jobs(service) == [("mailer.workers.jobs.post", [1])]
    assert len(service.sent()) == 1


def test_without_a_relay_a_mail_waits_and_the_worker_is_free(service: MailService) -> None:
    """Campaigns and other mail must not stand behind it."""
    service.get(service.own("subscribe"))

    async def post() -> State | None:
        async with FaultyRelay() as relay:
            url = relay.url()
        pool = RelayPool([url], connections=1, backoff=Backoff(first=0.01, longest=0.05))
        async with asyncio.timeout(PATIENCE):
            state = await service.outbox.post(1, Posting(pool))
        await pool.close()
        return state

    assert asyncio.run(post()) is State.DEFERRED


def test_a_pool_serves_mails_one_after_the_other(service: MailService) -> None:
    """The connection is kept: a burst of confirmations costs one greeting."""
    for name in "abc":
        service.get(service.own("subscribe"), author=f"{name}@example.org")

    async def post() -> FaultyRelay:
        async with FaultyRelay() as relay:
            pool = RelayPool([relay.url()], connections=1)
            for number in (1, 2, 3):
                await service.outbox.post(number, Posting(pool))
            await pool.close()
            return relay

    relay = asyncio.run(post())
    assert relay.recipients() == ["a@example.org", "b@example.org", "c@example.org"]
    assert relay.connections == 1


def test_a_mail_that_cannot_be_written_fails(service: MailService) -> None:
    """A defect of ours must show, and stop nothing else."""
    service.get(service.own("subscribe"))
    service.store.redis.hset(keys.outbox(1), "to", "no address")
    assert service.sent() == []
    assert state_of(service) is State.FAILED


def test_the_log_holds_no_address(service: MailService) -> None:
    """Relays repeat it in what they say; events are kept for years."""
    service.get(service.own("subscribe"))
    service.store.redis.hset(keys.outbox(1), "to", "ana@@example.org")
    service.sent()
    told = [event for event in service.events() if event["type"].startswith("service_mail")]
    assert told[-1]["type"] == "service_mail.failed"
    assert "example.org" not in str(told)


def test_ends_are_forgotten_after_a_month(service: MailService) -> None:
    """Records are kept for looking up, not for ever."""
    service.get(service.own("subscribe"))
    service.sent()
    assert 0 < service.store.redis.ttl(keys.outbox(1)) <= outbox.KEPT.total_seconds()
    service.clock.advance(timedelta(days=31))
    service.outbox.sweep()
    assert outbox.newest(service.store, State.SENT, 10) == []
