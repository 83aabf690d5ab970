"""The client: real connections to real servers, which are not to be trusted."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mailer.domain.webhooks.answer import Answer, Verdict
from mailer.domain.webhooks.url import parse_url
from mailer.hooks.client import MOST_BODY, TOTAL_SECONDS, HookClient
from mailer.hooks.lookup import SystemLookup
from support.quiet_loop import run_quietly
from support.servers.hook_receiver import HookReceiver

LOOPBACK = ("127.0.0.0/8",)
PUBLIC = "93.184.216.34"


class Resolver:
    """Answers each look with the next of its answers, as a rebinding name server does."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        assert port
        self.asked.append(host)
        return list(self.answers.pop(0))


async def post(
    url: str, *, allowed: Sequence[str] = LOOPBACK, client: HookClient | None = None
) -> Answer:
    """Post something, and close."""
    client = client or HookClient(allowed)
    try:
        return await client.post(parse_url(url, LOOPBACK), {"webhook-id": "1-0"}, b'{"a":1}')
    finally:
        await client.close()


def certificate(folder: Path, *, name: str = "", address: str = "") -> tuple[Path, Path]:
    """Make a certificate that vouches for itself; returns its file and its key's."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    alternative: list[x509.GeneralName] = [x509.DNSName(name)] if name else []
    alternative += [x509.IPAddress(ip_address(address))] if address else []
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternative), critical=False)
        .sign(key, hashes.SHA256())
    )
    own, private = folder / "cert.pem", folder / "key.pem"
    own.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return own, private


def test_a_message_arrives_as_it_was_sent() -> None:
    """The signature is of these bytes."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            answer = await post(receiver.url("/200/x?y=z"))
            (got,) = receiver.messages
            assert (answer.verdict, answer.status, answer.words) == (
                Verdict.DELIVERED,
                200,
                "said 200",
            )
            assert (got.path, got.body, got.id) == ("/200/x?y=z", b'{"a":1}', "1-0")
            assert got.fields["host"] == f"127.0.0.1:{receiver.port}"
            assert got.fields["content-type"] == "application/json"

    run_quietly(scene())


@pytest.mark.parametrize(
    ("path", "verdict", "words"),
    [
        ("/204", Verdict.DELIVERED, "answered 204"),
        ("/500", Verdict.FAILED, "answered 500"),
        ("/410", Verdict.GONE, "gone"),
        ("/hang", Verdict.FAILED, "did not answer within 15 seconds"),
        ("/deaf", Verdict.FAILED, "did not answer within 15 seconds"),
        ("/garbage", Verdict.FAILED, "the connection failed"),
        ("/cut", Verdict.FAILED, "the connection failed"),
    ],
)
def test_every_end_is_an_answer(path: str, verdict: Verdict, words: str) -> None:
    """What a stranger's server does must not be an error of ours."""

    async def scene() -> None:
        loop = asyncio.get_running_loop()
        async with HookReceiver() as receiver:
            began = loop.time()
            answer = await post(receiver.url(path))
            assert answer.verdict is verdict
            assert words in answer.reason
            assert loop.time() - began < TOTAL_SECONDS + 2

    run_quietly(scene())


def test_a_head_that_never_ends_is_cut_off() -> None:
    """A line now and then would keep a place for ever."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            client = HookClient(LOOPBACK, total_seconds=0.3)
            answer = await post(receiver.url("/drip"), client=client)
            assert answer.reason == "did not answer within 0.3 seconds"

    run_quietly(scene())


def test_a_body_that_never_ends_is_cut_off() -> None:
    """Its status has said what counts: it is delivered, and costs four kilobytes."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            client = HookClient(LOOPBACK)
            answer = await post(receiver.url("/endless"), client=client)
            assert answer.verdict is Verdict.DELIVERED
            assert len(answer.words) < MOST_BODY

    run_quietly(scene())


def test_a_port_where_nobody_listens_is_an_answer() -> None:
    """A receiver that is restarted looks like that."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            url = receiver.url()
        answer = await post(url)
        assert answer.verdict is Verdict.FAILED
        assert "could not be connected to" in answer.reason

    run_quietly(scene())


def test_a_redirect_is_not_followed() -> None:
    """It could lead to what only this machine reaches."""

    async def scene() -> None:
        async with HookReceiver() as inside, HookReceiver() as receiver:
            receiver.redirect_to = inside.url("/latest/meta-data/")
            answer = await post(receiver.url("/redirect"))
            assert answer.verdict is Verdict.FAILED
            assert "redirect" in answer.reason
            assert inside.connections == 0

    run_quietly(scene())


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["fe80::1%lo"],
        [],
    ],
)
def test_a_name_that_leads_inside_is_refused(found: list[str]) -> None:
    """Anybody can point a name of theirs at 127.0.0.1."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            client = HookClient((), lookup=Resolver(found))
            url = f"https://hooks.example.org:{receiver.port}/200"
            answer = await post(url, allowed=(), client=client)
            assert answer.verdict is Verdict.FAILED
            assert answer.reason.startswith("refused: hooks.example.org")
            assert receiver.connections == 0

    run_quietly(scene())


@pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2"])
def test_a_name_is_looked_up_once_and_that_address_is_used() -> None:
    """DNS rebinding: what was checked is allowed, what a second look would find is not.

    The one stands for a public address, where nobody listens; the other is inside.
    """

    async def scene() -> None:
        async with HookReceiver() as receiver:
            resolver = Resolver(["127.0.0.2"], ["127.0.0.1"])
            client = HookClient(("127.0.0.2/32",), lookup=resolver)
            answer = await post(receiver.url("/200", "hooks.example.org"), client=client)
            assert "could not be connected to" in answer.reason
            assert resolver.asked == ["hooks.example.org"]
            assert receiver.connections == 0

    run_quietly(scene())


def test_the_address_that_was_checked_is_the_one_that_is_connected_to() -> None:
    """The other way round: the first answer is ours, and what a second look would find is not."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            resolver = Resolver(["127.0.0.1"], [PUBLIC])
            client = HookClient(LOOPBACK, lookup=resolver)
            answer = await post(receiver.url("/200", "hooks.example.org"), client=client)
            assert answer.verdict is Verdict.DELIVERED
            (got,) = receiver.messages
            assert got.fields["host"] == f"hooks.example.org:{receiver.port}"
            assert len(resolver.answers) == 1

    run_quietly(scene())


@pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2"])
def test_of_several_addresses_only_those_that_may_be_are_tried() -> None:
    """One that may not be is as if it were not there, wherever it stands in the list."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            resolver = Resolver(["10.0.0.1", "127.0.0.2", "127.0.0.1"])
            client = HookClient(LOOPBACK, lookup=resolver)
            answer = await post(receiver.url("/200", "hooks.example.org"), client=client)
            assert answer.verdict is Verdict.DELIVERED

    run_quietly(scene())


def test_plain_http_goes_to_listed_networks_only() -> None:
    """A signature keeps nobody from reading."""

    async def scene() -> None:
        client = HookClient(LOOPBACK, lookup=Resolver([PUBLIC]))
        answer = await post("http://hooks.example.org:8080/", client=client)
        assert "can be read on the way" in answer.reason

    run_quietly(scene())


def test_tls_verifies_the_host_of_the_url(tmp_path: Path) -> None:
    """Though the connection is made to an address."""
    own, private = certificate(tmp_path, name="hooks.example.org")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(own, private)
    trusting = ssl.create_default_context(cafile=str(own))

    async def scene() -> None:
        async with HookReceiver(context=serving) as receiver:
            for host, verdict in (
                ("hooks.example.org", Verdict.DELIVERED),
                ("other.example.org", Verdict.FAILED),
            ):
                resolver = Resolver(["127.0.0.1"])
                client = HookClient(LOOPBACK, lookup=resolver, context=trusting)
                answer = await post(receiver.url("/200", host), client=client)
                assert answer.verdict is verdict, answer.reason
            assert len(receiver.messages) == 1
            client = HookClient(LOOPBACK, lookup=Resolver(["127.0.0.1"]))
            answer = await post(receiver.url("/200", "hooks.example.org"), client=client)
            assert "certificate" in answer.reason.lower()

    run_quietly(scene())


def test_two_hosts_at_one_address_share_no_connection(tmp_path: Path) -> None:
    """One that was verified for the first would be taken for the second, which was not."""
    own, private = certificate(tmp_path, name="hooks.example.org")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(own, private)
    trusting = ssl.create_default_context(cafile=str(own))

    async def scene() -> None:
        async with HookReceiver(context=serving) as receiver:
            resolver = Resolver(["127.0.0.1"], ["127.0.0.1"])
            client = HookClient(LOOPBACK, lookup=resolver, context=trusting)
            for host, verdict in (
                ("hooks.example.org", Verdict.DELIVERED),
                ("other.example.org", Verdict.FAILED),
            ):
                url = parse_url(receiver.url("/200", host), LOOPBACK)
                assert (await client.post(url, {}, b"{}")).verdict is verdict
            await client.close()

    run_quietly(scene())


def test_a_name_that_nobody_answers_for_keeps_nobody_else_waiting() -> None:
    """The system's resolver cannot be interrupted; in asyncio's own pool six would stop all."""
    release = threading.Event()

    def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        if host.startswith("dead"):
            release.wait(60)
        return [(0, 0, 0, "", ("127.0.0.1", port))]

    async def scene() -> None:
        lookup = SystemLookup(resolve)
        dead = [asyncio.create_task(lookup(f"dead{n}.example", 443)) for n in range(100)]
        assert await lookup("alive.example", 443) == ["127.0.0.1"]
        assert not any(task.done() for task in dead)
        for task in dead:
            task.cancel()
        await asyncio.wait(dead)
        release.set()

    asyncio.run(scene())


def test_a_name_that_is_not_there_is_an_answer() -> None:
    """A name that expired is an everyday thing."""

    def resolve(*_: object, **__: object) -> list[tuple[object, ...]]:
        raise OSError(-2, "Name or service not known")

    async def scene() -> None:
        client = HookClient((), lookup=SystemLookup(resolve))
        answer = await post("https://hooks.example.org/", client=client)
        assert "was not found: Name or service not known" in answer.reason

    asyncio.run(scene())
