"""Relays that take so many messages in a session: the next connection takes the rest, at once."""

from __future__ import annotations

import asyncio

import pytest

from mailer.domain.campaigns.delivery import Attempt, Outcome
from mailer.domain.settings.transport_url import Destination
from mailer.relay.envelope import Envelope
from mailer.relay.limits import Backoff, Limits
from mailer.relay.smtp.pool import RelayPool
from support.quiet_loop import run_quietly
from support.servers.faulty_relay import EXTENSIONS, FaultyRelay

LOCK_STEP = tuple(word for word in EXTENSIONS if word != "PIPELINING")
PATIENT = Limits(connect=60, command=60, final=60, idle=60, quit=60)
CONTENT = b"Subject: hello\r\n\r\nText\r\n"


class Letters:
    """A feed of so many letters, each offered once."""

    def __init__(self, count: int) -> None:
        self.numbers = iter(range(count))
        self.ends: list[Attempt] = []

    def take(self, relay: Destination) -> Envelope | None:
        """Hand out the next one."""
        assert relay.host
        number = next(self.numbers, None)
        if number is None:
            return None
        to = f"r{number}@example.org"
        return Envelope(number, "b@example.com", to, CONTENT, len(CONTENT))

    def settle(self, envelope: Envelope, attempt: Attempt) -> None:
        """Remember the end."""
        assert envelope.number >= 0
        self.ends.append(attempt)


async def hand_over(relay: FaultyRelay, count: int, connections: int, options: str = "") -> Letters:
    """Hand over so many letters; a back-off of a minute would be seen in the loop's time."""
    feed = Letters(count)
    pool = RelayPool(
        [relay.url(f"starttls=no{options}")],
        connections=connections,
        limits=PATIENT,
        backoff=Backoff(first=60, longest=60),
        ehlo_name="localhost",
    )
    pool.serve(feed)
    await pool.idle()
    await pool.close()
    return feed


@pytest.mark.parametrize("extensions", [EXTENSIONS, LOCK_STEP], ids=["pipelined", "lock-step"])
@pytest.mark.parametrize("connections", [1, 4, 24])
@pytest.mark.parametrize(
    "words",
    [
        b"451 Mails per session limit\r\n",
        b"421 4.7.0 Maximum message count per session reached\r\n",
        b"452 4.3.1 Enough\r\n",
        b"550 5.7.0 Too many messages in this connection\r\n",
        b"554 5.1.1 User unknown\r\n",
    ],
)
def test_what_a_full_session_refuses_goes_by_another_at_once(
    extensions: tuple[str, ...], connections: int, words: bytes
) -> None:
    """Nobody was named yet: no reader is deferred, rejected or waited for, whatever the words."""

    async def main() -> None:
        async with FaultyRelay(
            extensions=extensions, per_connection=3, session_over=words
        ) as relay:
            before = asyncio.get_running_loop().time()
            feed = await hand_over(relay, 40, connections)
            assert [end.outcome for end in feed.ends] == [Outcome.ACCEPTED] * 40
            assert len(set(relay.recipients())) == 40
            assert asyncio.get_running_loop().time() - before < 60

    run_quietly(main())


def test_a_relay_that_refuses_every_session_is_left_alone() -> None:
    """A fresh connection that is refused too is no session's limit: no loop of connections."""

    async def main() -> None:
        async with FaultyRelay(per_connection=0, session_over=b"550 Sender refused\r\n") as relay:
            pool = RelayPool(
                [relay.url()],
                connections=4,
                limits=PATIENT,
                backoff=Backoff(first=60, longest=60),
                ehlo_name="localhost",
            )
            feed = Letters(40)
            pool.serve(feed)
            while pool.problem is None:  # noqa: ASYNC110 - a state of several objects
                await asyncio.sleep(0.001)
            assert "550 Sender refused" in pool.problem
            assert relay.connections <= 4
            await pool.drain(60)
            assert {(end.outcome, end.counts) for end in feed.ends if end.code} == {
                (Outcome.DEFERRED, False)
            }
            await pool.close()

    run_quietly(main())


@pytest.mark.parametrize("extensions", [EXTENSIONS, LOCK_STEP], ids=["pipelined", "lock-step"])
def test_a_connection_ends_politely_after_the_messages_that_its_relay_may_get(
    extensions: tuple[str, ...],
) -> None:
    """With a known limit, nothing is refused because of it."""

    async def main() -> None:
        async with FaultyRelay(extensions=extensions) as relay:
            feed = await hand_over(relay, 10, 1, "&messages=3")
            assert [end.outcome for end in feed.ends] == [Outcome.ACCEPTED] * 10
            assert [one.connection for one in relay.received] == [1, 1, 1, 2, 2, 2, 3, 3, 3, 4]
            assert relay.commands.count(b"QUIT") == 4

    run_quietly(main())
