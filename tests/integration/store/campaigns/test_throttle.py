"""Rate limits: kept by all workers together, and no mail held up by a limit on other mail."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailer.domain.campaigns.campaign import State
from mailer.domain.campaigns.hold import Code
from mailer.domain.campaigns.rate_limit import RateLimit, parse_rate_limit
from mailer.domain.settings.relay_url import RelayUrl
from mailer.errors import InputError
from mailer.services.campaigns.speed import set_speed
from mailer.services.sending.worker_context import Turn, Verdict
from mailer.store import keys
from mailer.store.campaigns import books
from mailer.store.campaigns.chunks import Chunk, Claims
from mailer.store.campaigns.ledger import Ledger
from mailer.store.campaigns.throttle import Throttle, burst_of
from mailer.store.scripts import source
from mailer.store.server.connection import Store
from support.servers.faulty_relay import FaultyRelay
from support.service.small_campaign import SmallService, settings_for

ASK = """
local throttle = open_throttle(KEYS[1], KEYS[2], cjson.decode(ARGV[1]), tonumber(ARGV[2]))
local answers = {}
for i = 3, #ARGV do
  local verdict, what = throttle.ask(ARGV[i], false)
  answers[#answers + 1] = {verdict, tostring(what)}
end
throttle.save()
return answers
"""
NOW = 1_700_000_000_000


def asked(
    store: Store, limits: list[RateLimit], now: int, domains: list[str], campaign: int = 1
) -> list[tuple[str, str]]:
    """Ask for permits at an instant (Unix milliseconds), as one claim does."""
    answers: Any = store.redis.eval(
        source("throttle") + ASK,
        2,
        keys.THROTTLES,
        keys.queues(campaign),
        Throttle(limits).plan(["relay.example.org"]),
        now,
        *domains,
    )
    return [(verdict.decode(), what.decode()) for verdict, what in answers]


def most_in_any_window(instants: list[int], seconds: int) -> int:
    """Count the permits in the fullest window of that length."""
    return max(
        (sum(first <= at < first + seconds * 1000 for at in instants) for first in instants),
        default=0,
    )


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    count=st.integers(1, 40),
    seconds=st.sampled_from([1, 60]),
    domain=st.sampled_from([None, "slow.example"]),
    turns=st.lists(
        st.tuples(st.integers(0, 20_000), st.integers(1, 3), st.integers(1, 30)), max_size=25
    ),
)
def test_no_window_holds_more_than_the_limit_and_its_burst(
    store: Store,
    count: int,
    seconds: int,
    domain: str | None,
    turns: list[tuple[int, int, int]],
) -> None:
    """The order in which the workers of several campaigns ask must not matter."""
    store.redis.delete(keys.THROTTLES, keys.queues(1), keys.queues(2), keys.queues(3))
    limit = RateLimit(count, seconds, domain)
    now, granted = NOW, []
    for wait, campaign, wanted in turns:
        now += wait
        answers = asked(store, [limit], now, ["slow.example"] * wanted, campaign)
        granted += [now for verdict, _ in answers if verdict == "go"]
    assert most_in_any_window(granted, seconds) <= count + burst_of(limit)


def test_every_limit_must_grant(store: Store) -> None:
    """The tighter one of two holds; what it refuses uses up none of the other's permits."""
    limits = [RateLimit(60, 60, "slow.example"), RateLimit(2, 86400, "slow.example")]
    answers = asked(store, limits, NOW, ["slow.example"] * 5)
    assert [verdict for verdict, _ in answers].count("go") == 1
    full = float(store.redis.hget(keys.THROTTLES, str(limits[0])))
    assert full == NOW + 1000


def test_places_in_the_queue_follow_at_the_limits_pace(store: Store) -> None:
    """Each waits for its own place: nobody asks over and over, and nobody is passed."""
    limit = RateLimit(60, 60, "slow.example")
    answers = asked(store, [limit], NOW, ["slow.example"] * 10)
    assert [verdict for verdict, _ in answers] == ["go"] * 5 + ["wait"] * 5
    places = [int(float(what)) - NOW for verdict, what in answers if verdict == "wait"]
    assert places == [1000, 2000, 3000, 4000, 5000]
    # Who comes later does not pass those who wait, though there is a permit by then.
    ((verdict, what),) = asked(store, [limit], NOW + 1500, ["slow.example"])
    assert (verdict, int(float(what)) - NOW) == ("wait", 6000)


def test_a_paused_campaigns_queue_holds_nobody_else_up(store: Store) -> None:
    """Places are the campaign's own: those that it does not use are not lost to others."""
    limit = RateLimit(60, 60, "slow.example")
    asked(store, [limit], NOW, ["slow.example"] * 1000, campaign=1)
    ((verdict, _),) = asked(store, [limit], NOW + 1000, ["slow.example"], campaign=2)
    assert verdict == "go"


def test_a_limit_on_all_mail_stops_the_asking(store: Store) -> None:
    """A message that may not be sent now is not queued; the worker just waits."""
    answers = asked(store, [RateLimit(4, 1)], NOW, ["a.example", "b.example", "c.example"])
    assert [verdict for verdict, _ in answers] == ["go", "stop", "stop"]
    assert int(float(answers[1][1])) == NOW + 250


def test_without_limits_nothing_is_asked() -> None:
    """Speed is not to be paid for what is not used."""
    assert Throttle().plan(["relay.example.org"]) == ""


def service_with(store: Store, tmp_path: Path, *words: str) -> SmallService:
    """Make a service with rate limits."""
    limits = tuple(map(parse_rate_limit, words))
    return SmallService(store, settings_for(tmp_path, rate_limits=limits))


async def work(service: SmallService, relays: list[RelayUrl], number: int) -> Verdict:
    """Run one worker's job on a campaign, and close the books if they are complete."""
    async with service.worker(relays) as dispatcher:
        verdict = await dispatcher.send(service.campaigns.status(number).campaign, Turn(60))
    service.campaigns.close_if_complete(number)
    return verdict


def test_a_slow_domain_holds_nobody_else_up_and_everybody_gets_it(
    store: Store, tmp_path: Path
) -> None:
    """Readers elsewhere must not wait for one system that takes little; nor is it left out."""
    service = service_with(store, tmp_path, "6 a minute to slow.example")
    service.subscribe(*[f"s{n}@Slow.Example" for n in range(12)])
    service.subscribe(*[f"r{n}@example.org" for n in range(20)])
    number = service.started().number
    arrivals: list[int] = []

    async def run() -> None:
        async with FaultyRelay() as relay:
            await work(service, [relay.url()], number)
            slow = [one for one in relay.recipients() if one.endswith("@slow.example")]
            assert (len(slow), len(relay.received)) == (1, 21)
            status = service.campaigns.status(number)
            assert status.counts.balanced
            assert (status.counts.deferred, status.throttled) == (11, 11)
            assert "11 waiting for slow.example: 6 a minute" in status.held_by
            while service.campaigns.status(number).campaign.state is State.SENDING:
                before = len(relay.received)
                if books.unfinished_chunks(store, number, service.clock.now()):
                    await work(service, [relay.url()], number)
                arrived = len(relay.received) - before
                arrivals.extend([int(service.clock.now().timestamp() * 1000)] * arrived)
                assert service.campaigns.status(number).counts.balanced
                service.clock.advance(timedelta(seconds=2))

    asyncio.run(run())
    assert service.campaigns.status(number).counts.accepted == 32
    assert len(arrivals) == 11
    assert most_in_any_window(arrivals, 60) <= 6 + 1
    assert arrivals[-1] - arrivals[0] <= 11 * 14_000  # ten seconds each, and the scheduler's steps
    assert not store.redis.exists(keys.attempts(number))  # waiting is no attempt


def test_who_waits_for_a_limit_is_skipped_when_the_campaign_is_cancelled(
    store: Store, tmp_path: Path
) -> None:
    """Law 2 for what was put to wait."""
    service = service_with(store, tmp_path, "1 a day to slow.example")
    service.subscribe(*[f"s{n}@slow.example" for n in range(5)])
    number = service.started().number

    async def run() -> None:
        async with FaultyRelay() as relay:
            await work(service, [relay.url()], number)

    asyncio.run(run())
    _, skipped = service.campaigns.cancel(number)
    status = service.campaigns.status(number)
    assert (skipped, status.counts.accepted, status.throttled) == (4, 1, 0)
    assert status.counts.balanced
    assert status.held_by == ()


def test_a_limit_on_all_mail_paces_it(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many a second as were granted, one after the other rather than in a burst each minute."""
    service = service_with(store, tmp_path, "240 a minute")
    service.subscribe(*[f"r{n}@example.org" for n in range(12)])
    number = service.started().number
    begun = service.clock.now()
    granted: list[int] = []
    claim = Ledger.claim

    async def noting(
        self: Ledger, chunk: Chunk, numbers: Any, now: datetime, **more: Any
    ) -> Claims:
        """Note when each permit was given; its message comes to the relay a little later."""
        claims = await claim(self, chunk, numbers, now, **more)
        granted.extend([int(now.timestamp() * 1000)] * len(claims.claimed))
        return claims

    monkeypatch.setattr(Ledger, "claim", noting)

    async def run() -> int:
        async with FaultyRelay() as relay:
            await work(service, [relay.url()], number)
            return len(relay.received)

    assert asyncio.run(run()) == len(granted) == 12
    assert (service.clock.now() - begun).total_seconds() >= 11 / 4
    assert most_in_any_window(granted, 1) <= 4 + 1
    assert service.campaigns.status(number).campaign.state is State.SENT


def test_a_campaigns_own_speed_holds_from_the_next_claim_and_for_it_alone(
    store: Store, tmp_path: Path
) -> None:
    """Given while it is sending, and lifted again; it must not slow other campaigns down."""
    service = service_with(store, tmp_path)
    service.subscribe(*[f"r{n}@example.org" for n in range(12)])
    first, second = service.started().number, service.started().number

    async def run() -> None:
        async with FaultyRelay() as relay:
            set_speed(store, service.clock, first, "240 a minute")
            begun = service.clock.now()
            await work(service, [relay.url()], second)
            assert (service.clock.now() - begun).total_seconds() < 1
            await work(service, [relay.url()], first)
            assert (service.clock.now() - begun).total_seconds() >= 11 / 4
            assert len(relay.received) == 24

    asyncio.run(run())
    held = service.campaigns.status(first)
    assert held.campaign.state is State.SENT
    assert not list(store.redis.scan_iter("*waiting:speed*"))
    assert not store.redis.exists(keys.THROTTLES)


def test_a_speed_that_was_slow_holds_nothing_against_a_fast_one(
    store: Store, tmp_path: Path
) -> None:
    """Whoever corrects `1 a day` must not wait for a day."""
    service = service_with(store, tmp_path)
    service.subscribe(*[f"r{n}@example.org" for n in range(3)])
    number = service.started().number
    set_speed(store, service.clock, number, "1 a day")

    async def some() -> None:
        async with FaultyRelay() as relay, service.worker([relay.url()]) as dispatcher:
            sending = asyncio.create_task(
                dispatcher.send(service.campaigns.find(number), Turn(0.05))
            )
            await sending

    asyncio.run(some())
    status = service.campaigns.status(number)
    assert status.counts.accepted == 1
    assert [hold.code for hold in status.holds if hold.code is Code.SPEED] == [Code.SPEED]
    assert set_speed(store, service.clock, number, "").speed == ""
    assert Code.SPEED not in [hold.code for hold in service.campaigns.status(number).holds]

    async def rest() -> None:
        async with FaultyRelay() as relay:
            begun = service.clock.now()
            await work(service, [relay.url()], number)
            assert (service.clock.now() - begun).total_seconds() < 1

    asyncio.run(rest())
    assert service.campaigns.find(number).state is State.SENT


@pytest.mark.parametrize("words", ["fast", "6 a minute to slow.example", "0 a minute"])
def test_what_is_no_speed_of_a_campaign_is_refused(
    store: Store, tmp_path: Path, words: str
) -> None:
    """A limit for one domain belongs into the settings, which hold for all campaigns."""
    service = service_with(store, tmp_path)
    number = service.campaigns.create("small", "bulletin").number
    with pytest.raises(InputError):
        set_speed(store, service.clock, number, words)
    assert service.campaigns.find(number).speed == ""


@pytest.mark.parametrize("domain", ["", " to slow.example"])
def test_a_relays_limit_leaves_the_rest_to_the_other_relay(
    store: Store, tmp_path: Path, domain: str
) -> None:
    """A relay that takes little is no reason to wait, if another takes more."""
    service = service_with(store, tmp_path, f"1 a minute{domain} through 127.0.0.1")
    service.subscribe(*[f"s{n}@slow.example" for n in range(20)])
    number = service.started().number

    async def run() -> tuple[int, int]:
        async with FaultyRelay() as limited, FaultyRelay() as free:
            other = RelayUrl.parse(f"smtp://localhost:{free.port}?starttls=no")
            assert await work(service, [limited.url(), other], number) is Verdict.FINISHED
            return len(limited.received), len(free.received)

    assert asyncio.run(run()) == (1, 19)
    assert service.campaigns.status(number).campaign.state is State.SENT


def test_status_says_what_holds_a_campaign_back_as_a_whole(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`why is it so slow?` has its answer where it is asked."""
    service = service_with(store, tmp_path, "1 an hour")
    service.subscribe("a@example.org", "b@example.org")
    number = service.started().number

    async def run() -> None:
        async with FaultyRelay() as relay, service.worker([relay.url()]) as dispatcher:
            campaign = service.campaigns.status(number).campaign
            # With the first message the slice ends; what was not granted is left as it was.
            loop = asyncio.get_running_loop()
            now = loop.time
            monkeypatch.setattr(loop, "time", lambda: now() + 100 * len(relay.received))
            assert await dispatcher.send(campaign, Turn(60)) is Verdict.SLICE_OVER
            assert len(relay.received) == 1

    asyncio.run(run())
    status = service.campaigns.status(number)
    assert "waiting for the limit on all mail: 1 an hour" in status.held_by
    assert any("no worker is running" in said for said in status.held_by)
    assert json.loads(json.dumps(status.as_json()))["held_by"] == list(status.held_by)
    assert (status.counts.outstanding, status.counts.in_flight) == (1, 0)
