"""Handing over to relays that behave and to relays that do not: what each delivery comes to."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.domain.campaigns.delivery import Attempt, Outcome
from mailer.domain.settings.relay_url import RelayUrl
from mailer.domain.settings.transport_url import Destination
from mailer.relay.envelope import Envelope
from mailer.relay.limits import Backoff, Limits
from mailer.relay.smtp.pool import RelayPool
from support.connections import open_connections
from support.patience import PATIENCE
from support.quiet_loop import run_quietly
from support.servers.faulty_relay import EXTENSIONS, FaultyRelay

PATIENT = Limits(connect=60, command=60, final=60, idle=60, quit=60)
"""Waits that no machine brings about by being slow; a `QuietLoop` leaps over them."""
BACKOFF = Backoff(first=0.01, longest=0.02)
LOCK_STEP = tuple(word for word in EXTENSIONS if word != "PIPELINING")
BOTH_WAYS = pytest.mark.parametrize(
    "extensions", [EXTENSIONS, LOCK_STEP], ids=["pipelined", "lock-step"]
)


class Letters:
    """A feed of envelopes made beforehand, that remembers how each ended."""

    def __init__(self, envelopes: Iterable[Envelope]) -> None:
        self.waiting = deque(envelopes)
        self.taken: list[Envelope] = []
        self.settled: list[tuple[Envelope, Attempt]] = []
        self.on_settle: Callable[[], None] = lambda: None

    def take(self, relay: Destination) -> Envelope | None:
        """Hand out the next one."""
        assert relay.host == "127.0.0.1"
        if not self.waiting:
            return None
        self.taken.append(self.waiting.popleft())
        return self.taken[-1]

    def settle(self, envelope: Envelope, attempt: Attempt) -> None:
        """Remember how it ended."""
        self.settled.append((envelope, attempt))
        self.on_settle()

    def attempt(self, number: int) -> Attempt:
        """Return how the one of that number ended; it must have ended once."""
        (attempt,) = [attempt for envelope, attempt in self.settled if envelope.number == number]
        return attempt

    def outcomes(self) -> list[Outcome]:
        """Return the outcomes by number."""
        return [self.attempt(number).outcome for number in range(1, len(self.taken) + 1)]


def letter(
    number: int, fault: str = "", content: bytes = b"Subject: hello\r\n\r\nText\r\n"
) -> Envelope:
    """Make an envelope; the fault goes into its addresses."""
    mark = f"+{fault}" if fault else ""
    return Envelope(
        number=number,
        sender=f"bounce-{number}{mark}@example.com",
        recipient=f"reader-{number}{mark}@example.org",
        content=content,
        size=len(content),
    )


def letters(*faults: str) -> Letters:
    """Make a feed of envelopes, numbered from 1, with these faults."""
    return Letters(letter(number, fault) for number, fault in enumerate(faults, 1))


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what the other side of a socket brings about."""
    while not condition():  # noqa: ASYNC110 - a state of several objects has no event
        await asyncio.sleep(0.001)


def make_pool(
    *relays: FaultyRelay | RelayUrl,
    connections: int = 1,
    limits: Limits = PATIENT,
    backoff: Backoff = BACKOFF,
    tls: ssl.SSLContext | None = None,
) -> RelayPool:
    """Make a pool with short waits."""
    return RelayPool(
        [relay.url() if isinstance(relay, FaultyRelay) else relay for relay in relays],
        connections=connections,
        limits=limits,
        backoff=backoff,
        ehlo_name="localhost",
        tls=tls,
        jitter=lambda: 0.5,
    )


async def hand_over(feed: Letters, *relays: FaultyRelay | RelayUrl, **options: Any) -> None:
    """Hand over a whole feed, then close."""
    pool = make_pool(*relays, **options)
    pool.serve(feed)
    try:
        await pool.idle()
    finally:
        await pool.close()


def assert_books(feed: Letters, *relays: FaultyRelay) -> None:
    """Compare what was recorded with what the relays hold: the law of this floor."""
    assert sorted(e.number for e, _ in feed.settled) == sorted(e.number for e in feed.taken)
    held = [recipient for relay in relays for recipient in relay.recipients()]
    for envelope, attempt in feed.settled:
        copies = held.count(str(envelope.recipient))
        if attempt.outcome is Outcome.ACCEPTED:
            assert copies == 1, attempt
        elif attempt.outcome is Outcome.UNKNOWN:
            assert copies <= 1, attempt
        else:
            assert copies == 0, attempt


@BOTH_WAYS
@pytest.mark.parametrize("pieces", [False, True], ids=["in bunches", "in pieces"])
def test_messages_arrive_whole_and_once(extensions: tuple[str, ...], pieces: bool) -> None:
    """This is what everything else here is for, however the replies are cut."""

    async def main() -> None:
        content = b"Subject: hello\r\n\r\n..stuffed\r\n" + b"x" * 70_000 + b"\r\n"
        feed = Letters(letter(number, content=content) for number in range(1, 31))
        async with FaultyRelay(extensions=extensions, pieces=pieces) as relay:
            await hand_over(feed, relay, connections=4)
            assert feed.outcomes() == [Outcome.ACCEPTED] * 30
            assert_books(feed, relay)
            assert {message.content for message in relay.received} == {
                content.replace(b"\n..", b"\n.")
            }
            assert 1 < relay.connections <= 4
            assert relay.commands[-1] == b"QUIT"

    run_quietly(main())


def test_a_message_in_parts_arrives_joined() -> None:
    """Slots are joined with the commands that follow, so that nothing is copied twice."""

    async def main() -> None:
        envelope = letter(1)
        envelope.content = (b"Subject: a\r\n", b"\r\n", b"b\r\n")
        async with FaultyRelay() as relay:
            await hand_over(Letters([envelope]), relay)
            assert relay.received[0].content == b"Subject: a\r\n\r\nb\r\n"

    run_quietly(main())


def test_the_next_envelope_travels_with_the_body_where_pipelining_is_offered() -> None:
    """One round trip a message is what makes a large audience a matter of minutes."""

    async def main() -> None:
        async with FaultyRelay(extensions=("PIPELINING",)) as relay:
            bunches: list[list[bytes]] = []
            feed = letters("", "", "")
            feed.on_settle = lambda: bunches.append(relay.commands[1:])
            await hand_over(feed, relay)
            assert relay.commands[-1] == b"QUIT"
            # When the first is settled, the second's commands have long been answered.
            assert bunches[0][3:6] == [
                b"MAIL FROM:<bounce-2@example.com>",
                b"RCPT TO:<reader-2@example.org>",
                b"DATA",
            ]

    run_quietly(main())


def test_size_and_smtputf8_are_said_where_offered() -> None:
    """A relay can refuse a large message before it travels, and needs to be told of UTF-8."""

    async def main() -> None:
        envelope = letter(1)
        envelope.recipient = "josé@example.org"
        async with FaultyRelay() as relay:
            feed = Letters([envelope])
            await hand_over(feed, relay)
            assert feed.outcomes() == [Outcome.ACCEPTED]
            assert (
                b"MAIL FROM:<bounce-1@example.com> SIZE=%d SMTPUTF8" % envelope.size
                in relay.commands
            )

    run_quietly(main())


@pytest.mark.parametrize(
    ("recipient", "size", "enhanced"),
    [
        ("reader@example.org", 101, "5.3.4"),
        ("josé@example.org", 10, "5.6.7"),
        ("reader@example.org>\r\nRCPT TO:<x@example.org", 10, "5.1.3"),
        ("x" * 5000 + "@example.org", 10, "5.1.3"),
    ],
)
def test_what_the_relay_cannot_take_is_rejected_without_asking_it(
    recipient: str, size: int, enhanced: str
) -> None:
    """It can never work, so that trying for two days would only hide it; the others go on."""

    async def main() -> None:
        bad = letter(1)
        bad.recipient, bad.size = recipient, size
        good = letter(2)
        good.size = 100
        async with FaultyRelay(extensions=("PIPELINING", "SIZE 100")) as relay:
            feed = Letters([bad, good])
            await hand_over(feed, relay)
            assert (feed.attempt(1).outcome, feed.attempt(1).enhanced) == (
                Outcome.REJECTED,
                enhanced,
            )
            assert feed.attempt(2).outcome is Outcome.ACCEPTED
            assert relay.recipients() == ["reader-2@example.org"]

    run_quietly(main())


@BOTH_WAYS
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(
    ("code", "outcome", "enhanced"),
    [
        ("421", Outcome.DEFERRED, "4.3.2"),
        ("451", Outcome.DEFERRED, "4.3.0"),
        ("452", Outcome.DEFERRED, "4.2.2"),
        ("550", Outcome.REJECTED, "5.1.1"),
        ("554", Outcome.REJECTED, "5.7.1"),
    ],
)
def test_a_refusal_at_any_stage_settles_that_delivery_alone(
    extensions: tuple[str, ...], stage: str, code: str, outcome: Outcome, enhanced: str
) -> None:
    """421, 451, 452, 550 5.1.1, 5.7.1 after DATA: the relay's verdict, and no neighbour pays."""

    async def main() -> None:
        feed = letters("", f"{stage}-{code}", "", "")
        async with FaultyRelay(extensions=extensions) as relay:
            await hand_over(feed, relay)
            attempt = feed.attempt(2)
            # Before RCPT it is never the recipient's: another connection is tried, then it waits.
            expected = Outcome.DEFERRED if stage == "mail" else outcome
            assert (attempt.outcome, attempt.code, attempt.enhanced) == (
                expected,
                int(code),
                enhanced,
            )
            assert attempt.counts is (stage != "mail")
            assert [feed.attempt(n).outcome for n in (1, 3, 4)] == [Outcome.ACCEPTED] * 3
            assert_books(feed, relay)

    run_quietly(main())


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_a_relay_that_wants_a_login_rejects_nobody(stage: str) -> None:
    """530 is about our settings; 300 subscribers must not be counted as bounced for it."""

    async def main() -> None:
        feed = letters(f"{stage}-530")
        async with FaultyRelay() as relay:
            pool = make_pool(relay, backoff=Backoff(first=60))
            pool.serve(feed)
            await until(lambda: pool.problem is not None)
            assert (feed.attempt(1).outcome, feed.attempt(1).code) == (Outcome.DEFERRED, 530)
            assert "530 5.7.0 Log in first" in (pool.problem or "")
            await pool.close()

    run_quietly(main())


def test_a_relay_that_accepts_data_without_recipients_gets_a_lone_dot() -> None:
    """RFC 2920 section 3.1: after a premature 354 the body must not leave, and the rest goes on."""

    async def main() -> None:
        feed = letters("", "rcpt-550", "", "rcpt-451", "rcpt-550", "")
        async with FaultyRelay(eager_data=True) as relay:
            await hand_over(feed, relay)
            assert relay.connections == 1
            assert relay.recipients() == [f"reader-{number}@example.org" for number in (1, 3, 6)]
            assert_books(feed, relay)

    run_quietly(main())


@BOTH_WAYS
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("fault", ["drop", "stall", "garbage", "twice", "none"])
def test_trouble_before_the_final_dot_defers(
    extensions: tuple[str, ...], stage: str, fault: str
) -> None:
    """Drops, stalls, garbage, wrong counts: nothing was handed over, so it is safe to try again."""

    async def main() -> None:
        feed = letters(f"{stage}-{fault}", "")
        async with FaultyRelay(extensions=extensions) as relay:
            await hand_over(feed, relay)
            late = stage == "data" and fault in {"twice", "none"}
            # There the body had left before the second 354, or the first was never seen.
            allowed = {Outcome.UNKNOWN, Outcome.DEFERRED} if late else {Outcome.DEFERRED}
            assert feed.attempt(1).outcome in allowed
            assert feed.attempt(2).outcome in (
                {Outcome.ACCEPTED, Outcome.DEFERRED} if late else {Outcome.ACCEPTED}
            )
            assert_books(feed, relay)

    run_quietly(main())


@BOTH_WAYS
@pytest.mark.parametrize("fault", ["dot-drop", "dot-stall", "dot-garbage", "dot-none", "body-drop"])
def test_a_final_dot_without_its_reply_is_unknown(extensions: tuple[str, ...], fault: str) -> None:
    """The relay may have it or not: only the campaign's policy may decide to send it again."""

    async def main() -> None:
        feed = letters("", fault, "", "")
        async with FaultyRelay(extensions=extensions) as relay:
            await hand_over(feed, relay)
            assert feed.attempt(1).outcome is Outcome.ACCEPTED
            assert feed.attempt(2).outcome is Outcome.UNKNOWN
            assert feed.attempt(3).outcome in {Outcome.ACCEPTED, Outcome.DEFERRED}
            assert feed.attempt(4).outcome is Outcome.ACCEPTED
            assert_books(feed, relay)

    run_quietly(main())


def test_a_reply_too_many_makes_the_message_before_it_unknown() -> None:
    """Out of step, nobody knows whether that 250 was for this dot."""

    async def main() -> None:
        feed = letters("dot-twice", "", "")
        async with FaultyRelay() as relay:
            await hand_over(feed, relay)
            assert feed.outcomes() == [Outcome.UNKNOWN, Outcome.DEFERRED, Outcome.ACCEPTED]
            assert_books(feed, relay)

    run_quietly(main())


def test_a_drop_in_the_middle_of_a_large_body_defers() -> None:
    """While much of the body is still here its final dot cannot have left: trying again is safe."""

    async def main() -> None:
        content = b"Subject: large\r\n\r\n" + b"x" * 32_000_000 + b"\r\n"
        feed = Letters([letter(1, "body-drop", content)])
        async with FaultyRelay(extensions=("PIPELINING",)) as relay:
            await hand_over(feed, relay)
            assert feed.outcomes() == [Outcome.DEFERRED]

    run_quietly(main())


@BOTH_WAYS
@pytest.mark.parametrize("farewell", ["close", "reset", "421"])
@pytest.mark.parametrize("per_connection", [1, 3])
def test_a_relay_that_takes_few_messages_a_connection_gets_them_all(
    extensions: tuple[str, ...], farewell: str, per_connection: int
) -> None:
    """Common at large providers, and no fault: reconnecting costs neither time nor a deferral."""

    async def main() -> None:
        feed = letters(*[""] * 10)
        relay = FaultyRelay(extensions=extensions, per_connection=per_connection, farewell=farewell)
        async with relay:
            pool = make_pool(relay)
            pool.serve(feed)
            await pool.idle()
            assert feed.outcomes() == [Outcome.ACCEPTED] * 10
            assert pool.problems() == {}
            await pool.close()
            assert_books(feed, relay)
            assert relay.connections >= 10 // per_connection

    run_quietly(main())


def test_a_relay_that_refuses_connections_is_not_asked_for_and_comes_back() -> None:
    """Nothing may be claimed while there is nowhere to hand it, and no person should be needed."""

    async def main() -> None:
        relay = FaultyRelay()
        await relay.start()
        await relay.stop()
        feed = letters("", "")
        pool = make_pool(relay)
        pool.serve(feed)
        await until(lambda: pool.problem is not None)
        assert pool.problem is not None
        assert f"smtp://127.0.0.1:{relay.port}: connect" in pool.problem
        assert feed.taken == []
        await relay.start()
        await pool.idle()
        assert feed.outcomes() == [Outcome.ACCEPTED] * 2
        assert pool.problem is None
        await pool.close()
        await relay.stop()

    run_quietly(main())


@pytest.mark.parametrize(
    ("relay", "words"),
    [
        (FaultyRelay(greeting=b"554 5.3.2 No service\r\n"), "554 5.3.2 No service"),
        (FaultyRelay(greeting=b"421 4.3.2 Too busy\r\n"), "421 4.3.2 Too busy"),
        (FaultyRelay(greeting=b"garbage\r\n"), "connect"),
    ],
    ids=["554", "421", "garbage"],
)
def test_a_relay_that_does_not_greet_is_a_problem_of_the_relay(
    relay: FaultyRelay, words: str
) -> None:
    """No delivery is to blame, and draining gives up waiting."""

    async def main() -> None:
        async with relay:
            feed = letters("")
            pool = make_pool(relay)
            pool.serve(feed)
            await until(lambda: pool.problem is not None)
            assert pool.problem is not None
            assert words in pool.problem
            await pool.drain(PATIENCE)
            assert feed.taken == []
            await pool.close()

    run_quietly(main())


def test_a_relay_without_esmtp_is_spoken_to_in_the_old_way() -> None:
    """RFC 5321 section 3.2: HELO where EHLO is not understood."""

    async def main() -> None:
        async with FaultyRelay(extensions=()) as relay:
            feed = letters("", "rcpt-550", "")
            await hand_over(feed, relay)
            assert feed.outcomes() == [Outcome.ACCEPTED, Outcome.REJECTED, Outcome.ACCEPTED]
            assert b"HELO localhost" in relay.commands

    run_quietly(main())


# TLS and logging in.


class Certificate:
    """A certificate for 127.0.0.1, and the two sides' settings."""

    def __init__(self, folder: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "relay.example.org")])
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
                critical=False,
            )
            .sign(key, hashes.SHA256())
        )
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        (folder / "relay.pem").write_bytes(pem + secret)
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(folder / "relay.pem")
        self.client = ssl.create_default_context(cadata=pem.decode())


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate that only these tests trust."""
    return Certificate(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize("fault", ["", "dot-drop"])
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_tls_carries_login_and_messages(trust: Certificate, scheme: str, fault: str) -> None:
    """Mail on outside lines must not be readable; and the laws hold under TLS as in clear."""

    async def main() -> None:
        content = b"Subject: x\r\n\r\n" + b"x" * 200_000 + b"\r\n"
        feed = Letters([letter(1, "", content), letter(2, fault, content), letter(3), letter(4)])
        async with FaultyRelay(
            tls=trust.server, implicit=scheme == "smtps", login=("ann", "p w")
        ) as relay:
            options = "" if scheme == "smtps" else "starttls=required"
            url = relay.url(options, login="ann:p%20w@", scheme=scheme)
            await hand_over(feed, url, tls=trust.client)
            assert feed.attempt(2).outcome is (Outcome.UNKNOWN if fault else Outcome.ACCEPTED)
            assert [feed.attempt(n).outcome for n in (1, 3, 4)] == [Outcome.ACCEPTED] * 3
            assert_books(feed, relay)

    run_quietly(main())


def test_tls_is_used_where_it_is_offered_even_if_it_cannot_be_verified(trust: Certificate) -> None:
    """RFC 7435: some protection most of the time; a local relay seldom has a proper certificate."""

    async def main() -> None:
        async with FaultyRelay(tls=trust.server) as relay:
            feed = letters("")
            await hand_over(feed, relay.url("starttls=when-offered"))
            assert feed.outcomes() == [Outcome.ACCEPTED]
            # RFC 3207 section 4.2: what was offered in clear does not count.
            assert relay.commands[:3] == [b"EHLO localhost", b"STARTTLS", b"EHLO localhost"]

    run_quietly(main())


@pytest.mark.parametrize("case", ["unverifiable", "broken", "not offered", "wrong password"])
def test_tls_or_login_failing_midway_is_a_problem_of_the_relay(
    trust: Certificate, case: str
) -> None:
    """A wrong setting must stop the campaign with a reason, not use up its deliveries."""

    async def main() -> None:
        relay = FaultyRelay(
            tls=None if case == "not offered" else trust.server,
            broken_handshake=case == "broken",
            login=("ann", "right"),
        )
        async with relay:
            feed = letters("")
            url = relay.url("starttls=required", login="ann:wrong@")
            pool = make_pool(url, tls=None if case == "unverifiable" else trust.client)
            pool.serve(feed)
            await until(lambda: pool.problem is not None)
            assert pool.problem is not None
            assert "wrong" not in pool.problem
            assert ("535 5.7.8 Wrong password" in pool.problem) == (case == "wrong password")
            await pool.drain(PATIENCE)
            assert feed.taken == []
            await pool.close()

    run_quietly(main())


# The pool's own life.


def test_connections_are_kept_between_jobs_and_a_dead_one_is_replaced() -> None:
    """A worker sends a chunk every few seconds; dialling each time would cost more than sending."""

    async def main() -> None:
        async with FaultyRelay() as relay:
            pool = make_pool(relay)
            for numbers in (range(1, 3), range(3, 5)):
                pool.serve(Letters(letter(number) for number in numbers))
                await pool.idle()
            assert relay.connections == 1
            relay.cut()
            feed = letters("", "")
            pool.serve(feed)
            await pool.idle()
            assert relay.connections == 2
            assert feed.outcomes() == [Outcome.ACCEPTED] * 2
            await pool.close()

    run_quietly(main())


@pytest.mark.parametrize("words", [b"421 4.4.2 Idle for too long\r\n", b"250 What?\r\n", b"noise"])
def test_words_that_nobody_asked_for_end_an_idle_connection(words: bytes) -> None:
    """Read as replies to the next commands they would put everything out of step."""

    async def main() -> None:
        async with FaultyRelay() as relay:
            pool = make_pool(relay)
            pool.serve(letters(""))
            await pool.idle()
            relay.say(words + b"\r\n" * (words == b"noise"))
            await until(lambda: not sum(open_connections(pool).values()))
            feed = letters("", "")
            pool.serve(feed)
            await pool.idle()
            assert feed.outcomes() == [Outcome.ACCEPTED] * 2
            await pool.close()

    run_quietly(main())


def test_a_relay_may_close_a_connection_that_was_never_used() -> None:
    """An idle limit is no failure, and must not keep the relay from being used at once."""

    async def main() -> None:
        async with FaultyRelay() as relay:
            pool = make_pool(relay, backoff=Backoff(first=60))
            feed = letters()
            pool.serve(feed)
            await pool.idle()
            relay.cut()
            await until(lambda: not sum(open_connections(pool).values()))
            assert pool.problems() == {}
            feed.waiting.append(letter(1))
            pool.poke()
            await pool.idle()
            assert feed.outcomes() == [Outcome.ACCEPTED]
            await pool.close()

    run_quietly(main())


def test_an_unused_connection_is_left_politely() -> None:
    """Relays count those who hang on or hang up."""

    async def main() -> None:
        async with FaultyRelay() as relay:
            pool = make_pool(relay, limits=replace(PATIENT, idle=0.05))
            pool.serve(letters(""))
            await pool.idle()
            await until(lambda: not relay.live)
            assert relay.commands[-1] == b"QUIT"
            assert pool.problems() == {}
            await pool.close()

    run_quietly(main())


def test_one_message_opens_one_connection() -> None:
    """A test mail must not open as many connections as a campaign."""

    async def main() -> None:
        async with FaultyRelay() as relay:
            await hand_over(letters(""), relay, connections=16)
            assert relay.connections == 1

    run_quietly(main())


def test_a_poke_makes_the_pool_ask_again() -> None:
    """A feed that was empty fills up when the next chunk is loaded, or a throttle lets go."""

    async def main() -> None:
        async with FaultyRelay() as relay:
            pool = make_pool(relay)
            feed = letters("")
            pool.serve(feed)
            await pool.idle()
            feed.waiting.append(letter(2))
            pool.poke()
            await pool.idle()
            assert feed.outcomes() == [Outcome.ACCEPTED] * 2
            await pool.close()

    run_quietly(main())


def test_a_feed_may_poke_while_it_is_being_asked() -> None:
    """Refilling upon a settled delivery is the natural way to write a feed."""

    async def main() -> None:
        async with FaultyRelay() as relay:
            pool = make_pool(relay, connections=3)
            feed = letters("", "", "")
            rest = deque(letter(number) for number in range(4, 40))

            def refill() -> None:
                if rest:
                    feed.waiting.append(rest.popleft())
                    pool.poke()

            feed.on_settle = refill
            pool.serve(feed)
            await pool.idle()
            assert feed.outcomes() == [Outcome.ACCEPTED] * 39
            assert_books(feed, relay)
            await pool.close()

    run_quietly(main())


def test_draining_finishes_what_is_in_flight_and_takes_no_more() -> None:
    """SIGTERM during a campaign leaves no unknown."""

    async def main() -> None:
        async with FaultyRelay() as relay:
            pool = make_pool(relay, connections=4)
            feed = letters(*[""] * 200)
            stopped = asyncio.Event()
            feed.on_settle = lambda: stopped.set() if len(feed.settled) == 20 else None
            pool.serve(feed)
            await stopped.wait()
            await pool.drain(PATIENCE)
            assert pool.in_flight == 0
            assert len(feed.taken) < 200
            outcomes = {attempt.outcome for _, attempt in feed.settled}
            assert outcomes <= {Outcome.ACCEPTED, Outcome.RELEASED}
            assert_books(feed, relay)
            pool.serve(feed)
            await pool.idle()
            assert len(feed.taken) == 200
            await pool.close()

    run_quietly(main())


@pytest.mark.parametrize("relay_stays", [True, False], ids=["while stopping", "before stopping"])
def test_what_was_given_back_is_released_when_the_pool_stops(relay_stays: bool) -> None:
    """Of it no body ever left: after a restart it must go out as if it had never been claimed."""

    async def main() -> None:
        async with FaultyRelay(per_connection=1, farewell="421", pieces=True) as relay:
            pool = make_pool(relay)
            feed = letters("", "")
            pool.serve(feed)
            if relay_stays:
                await until(lambda: bool(relay.received))
            else:
                feed.on_settle = relay.refuse
                await until(lambda: pool.problem is not None)
            await pool.drain(PATIENCE)
            assert feed.outcomes() == [Outcome.ACCEPTED, Outcome.RELEASED]
            await pool.close()
            assert_books(feed, relay)

    run_quietly(main())


@pytest.mark.parametrize("way", ["drain", "close"])
def test_a_stalling_relay_is_cut_off_by_the_laws(way: str) -> None:
    """Stopping takes seconds, not the ten minutes that a relay may think about a dot."""

    async def main() -> None:
        async with FaultyRelay() as relay:
            pool = make_pool(relay, limits=Limits())
            feed = letters("dot-stall", "", "")
            pool.serve(feed)
            await until(lambda: bool(relay.received))
            if way == "drain":
                await pool.drain(0.05)
            await pool.close()
            assert [attempt.outcome for _, attempt in feed.settled] == [
                Outcome.UNKNOWN,
                Outcome.DEFERRED,
            ]
            assert len(feed.waiting) == 1

    run_quietly(main())


@pytest.mark.parametrize("method", ["take", "settle"])
def test_an_error_in_the_feed_comes_out_where_it_is_awaited(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect in the ledger must end the job with its traceback, not vanish in a callback."""

    async def main() -> None:
        def fail(*_: object) -> None:
            raise LookupError("the books are gone")

        async with FaultyRelay() as relay:
            feed = letters("", "", "")
            monkeypatch.setattr(feed, method, fail)
            pool = make_pool(relay)
            pool.serve(feed)
            with pytest.raises(LookupError, match="the books are gone"):
                await pool.idle()
            assert pool.in_flight == 0
            await pool.close()

    run_quietly(main())


def test_connections_are_shared_by_weight_and_limit() -> None:
    """An operator gives the strong relay more, and the small one no more than it bears."""

    async def main() -> None:
        async with FaultyRelay() as strong, FaultyRelay() as weak, FaultyRelay() as small:
            urls = [
                strong.url("starttls=no&weight=6"),
                weak.url("starttls=no&weight=2"),
                small.url("starttls=no&weight=4&connections=1"),
            ]
            feed = letters(*[""] * 3000)
            pool = make_pool(*urls, connections=12)
            pool.serve(feed)
            await pool.idle()
            counts = open_connections(pool)
            assert [counts[url.name] for url in urls] == [6, 2, 1]
            await pool.close()
            assert_books(feed, strong, weak, small)

    run_quietly(main())


def test_another_relay_takes_over_and_gives_its_share_back() -> None:
    """One relay down must not stop a campaign, nor have nothing to do once it is back."""

    async def main() -> None:
        first, second = FaultyRelay(), FaultyRelay()
        await first.start()
        await second.start()
        await first.stop()
        pool = make_pool(first, second, connections=4)
        feed = letters(*[""] * 50)
        pool.serve(feed)
        await pool.idle()
        assert len(second.received) == 50
        assert pool.problem is None
        assert list(pool.problems()) == [first.url().name]
        await first.start()
        numbers = iter(range(51, 100_000))

        def refill() -> None:
            if set(open_connections(pool).values()) != {2}:
                feed.waiting.append(letter(next(numbers)))
                pool.poke()

        feed.on_settle = refill
        feed.waiting.extend(letter(next(numbers)) for _ in range(20))
        pool.poke()
        await pool.idle()
        assert set(open_connections(pool).values()) == {2}
        assert pool.problems() == {}
        assert first.received
        await pool.close()
        assert_books(feed, first, second)
        await first.stop()
        await second.stop()

    run_quietly(main())


# Not `dot-none`: a 421 after it can only be read as the answer to the dot.
FAULTS = st.sampled_from(
    [""] * 12
    + [
        f"{stage}-{fault}"
        for stage in ("mail", "rcpt", "data", "dot")
        for fault in ("421", "451", "550", "530", "drop", "garbage", "twice", "none")
        if (stage, fault) != ("dot", "none")
    ]
    + ["body-drop", "rcpt-stall", "dot-stall"]
)


@settings(max_examples=60, deadline=None)
@given(
    faults=st.lists(FAULTS, max_size=25),
    pipelining=st.booleans(),
    pieces=st.booleans(),
    eager_data=st.booleans(),
    per_connection=st.none() | st.integers(1, 4),
    farewell=st.sampled_from(["close", "reset", "421"]),
    connections=st.integers(1, 3),
)
def test_whatever_goes_wrong_each_envelope_is_settled_once_and_truly(
    *,
    faults: list[str],
    pipelining: bool,
    pieces: bool,
    eager_data: bool,
    per_connection: int | None,
    farewell: str,
    connections: int,
) -> None:
    """The books agree with what the relay holds, under any mixture of faults."""

    async def main() -> None:
        relay = FaultyRelay(
            extensions=EXTENSIONS if pipelining else LOCK_STEP,
            pieces=pieces,
            eager_data=eager_data,
            per_connection=per_connection,
            farewell=farewell,
        )
        limits = replace(PATIENT, command=0.03, final=0.03)
        async with relay:
            feed = letters(*faults)
            pool = RelayPool(
                [relay.url()],
                connections=connections,
                limits=limits,
                backoff=Backoff(0.001, 0.002),
                ehlo_name="localhost",
            )
            pool.serve(feed)
            await pool.idle()
            await pool.close()
            assert len(feed.taken) == len(faults)
            assert_books(feed, relay)

    run_quietly(main())
