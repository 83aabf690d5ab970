"""`mailer campaigns test`: real messages through a real relay, counted in no books."""

from __future__ import annotations

import asyncio
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from mailer.config import secret_key
from mailer.domain.access.token import Signer
from mailer.domain.campaigns.campaign import State
from mailer.message.outgoing.verp import ReturnPath
from mailer.store import editions, events
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from support.servers.faulty_relay import FaultyRelay, Received
from support.service.command import Command, Said
from support.service.small_campaign import FILES, SmallService, settings_for


@pytest.fixture
def service(store: Store, data_dir: Path) -> SmallService:
    """A service with an edition in English and French, a reader, and a draft of a campaign."""
    service = SmallService(store, settings_for(data_dir))
    service.subscribe("a@example.org")
    service.campaigns.create("small", "bulletin")
    return service


def tried(
    service: SmallService, *arguments: str, relay: FaultyRelay | None = None
) -> tuple[list[Said], list[Received]]:
    """Run the test command through a relay, once for each address; returns what it got."""
    *options, addresses = arguments

    async def run() -> tuple[list[Said], list[Received]]:
        async with relay or FaultyRelay() as served:
            url = f"smtp://127.0.0.1:{served.port}?starttls=no"
            mailer = Command(service.store, service.settings.data_dir, {"MAILER_RELAYS": url})
            said = [
                await asyncio.to_thread(mailer, "campaigns", "test", "1", "--to", to, *options)
                for to in addresses.split()
            ]
            return said, served.received

    return asyncio.run(run())


def read(received: Received) -> EmailMessage:
    """Parse a message."""
    message = message_from_bytes(received.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def told_of(store: Store) -> list[tuple[str, str]]:
    """Return language and outcome of each event that tells of a test."""
    found = (fields for _, fields in events.read(store))
    return [(f["language"], f["outcome"]) for f in found if f["type"] == "campaign.tested"]


def test_each_language_arrives_as_a_message_of_its_own(service: SmallService) -> None:
    """The secretariat must approve exactly what readers will get."""
    (said,), received = tried(service, "me@example.org")
    assert said.code == 0, said.err
    messages = {message["Content-Language"]: message for message in map(read, received)}
    assert messages["en"]["Subject"] == "[Test en] News"
    assert messages["fr"]["Subject"] == "[Test fr] Nouvelles"
    body = messages["fr"].get_body(("plain",))
    assert body is not None
    assert "Bonjour" in body.get_content()
    assert {one.recipient for one in received} == {"me@example.org"}
    assert re.search(r"en  accepted \(smtp://127\.0\.0\.1:\d+\): 250 2\.0\.0 Ok", said.out)
    assert "Look for 2 messages at me@example.org." in said.out


def test_only_the_languages_asked_for_are_sent(service: SmallService) -> None:
    """One mended comma in the French text is no reason for three mails."""
    _, received = tried(service, "--language", "fr", "me@example.org")
    assert [read(one)["Content-Language"] for one in received] == ["fr"]


def test_no_two_tests_have_the_same_message_id(service: SmallService) -> None:
    """Mail systems drop what they take for a copy: the second test would never be seen."""
    _, received = tried(service, "me@example.org me@example.org")
    assert len({read(one)["Message-ID"] for one in received}) == len(received) == 4


def test_a_test_is_counted_in_no_books(service: SmallService) -> None:
    """The campaign stays a draft, and its sum is about readers only (law 2)."""
    tried(service, "me@example.org")
    status = service.campaigns.status(1)
    assert status.campaign.state is State.DRAFT
    assert (status.counts.planned, status.counts.settled) == (0, 0)
    assert service.campaigns.send(1).planned == 1


def test_what_a_test_brings_back_belongs_to_no_subscriber(service: SmallService) -> None:
    """A bounce of a trial must not end anybody's subscription."""
    _, received = tried(service, "me@example.org")
    settings = service.settings
    path = ReturnPath(settings.list_name, settings.list_domain, Signer(secret_key(settings)))
    source = path.read(received[0].sender)
    assert source is not None
    assert source.subscriber == 0
    found = campaigns.of_mailing(service.store, source.mailing)
    assert found is not None
    assert found.number == 1


def test_each_message_is_told_in_the_log(service: SmallService) -> None:
    """A person who asks later whether it was tested finds the answer there."""
    tried(service, "me@example.org no+rcpt-550@example.org")
    assert told_of(service.store) == [
        ("en", "accepted"),
        ("fr", "accepted"),
        ("en", "rejected"),
        ("fr", "rejected"),
    ]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("rcpt-550", "rejected .*: 550 5.1.1 No such mailbox"),
        ("dot-554", "rejected .*: 554 5.7.1 Looks like advertising"),
        ("rcpt-452", "failed for now .*: 452 4.2.2 Mailbox full"),
        ("dot-drop", "unknown .*"),
    ],
)
def test_a_failed_test_says_what_the_relay_said(
    service: SmallService, fault: str, said: str
) -> None:
    """The relay's words are the only clue there is; and a script must see that it failed."""
    (answer,), _ = tried(service, "--language", "en", f"me+{fault}@example.org")
    assert answer.code == 1
    assert re.match(f"en  {said}", answer.out)


def test_there_is_one_attempt_only(service: SmallService) -> None:
    """A person waits; the second attempt is theirs to make."""
    relay = FaultyRelay()
    tried(service, "--language", "en", "me+rcpt-452@example.org", relay=relay)
    assert sum(command.startswith(b"RCPT") for command in relay.commands) == 1


def test_a_relay_that_is_not_there_is_named(service: SmallService) -> None:
    """Most first tests fail at a setting, and must say which at once."""
    relays = {"MAILER_RELAYS": "smtp://127.0.0.1:1?starttls=no"}
    mailer = Command(service.store, service.settings.data_dir, relays)
    said = mailer("campaigns", "test", "1", "--to", "me@example.org")
    assert said.code == 1
    lines = said.out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("fr  failed for now: smtp://127.0.0.1:1: ")
    assert told_of(service.store) == [("en", "deferred"), ("fr", "deferred")]


def test_a_relay_with_the_wrong_greeting_is_quoted(service: SmallService) -> None:
    """An address that it has barred is a matter for whoever runs the relay."""
    (said,), _ = tried(
        service, "me@example.org", relay=FaultyRelay(greeting=b"554 5.7.1 Not for you\r\n")
    )
    assert said.code == 1
    assert "Not for you" in said.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("1", "--to", "me@"), "me@: must have one @"),
        (("1", "--to", "me@example.org", "--language", "de"), "It is written in: en, fr."),
        (("2", "--to", "me@example.org"), "There is no campaign '2'"),
    ],
)
def test_a_test_that_makes_no_sense_sends_nothing(
    service: SmallService, arguments: tuple[str, ...], words: str
) -> None:
    """It is refused before a connection is opened."""
    mailer = Command(service.store, service.settings.data_dir)
    said = mailer("campaigns", "test", *arguments)
    assert said.code == 1
    assert words in said.err
    assert told_of(service.store) == []


def test_a_started_campaign_is_tested_as_it_is_sent(service: SmallService) -> None:
    """A later import changes nothing in what is going out; the test must not pretend it does."""
    service.campaigns.send(1)
    files = FILES | {"edition.toml": FILES["edition.toml"].replace(b"News", b"Later")}
    now = service.clock.now()
    languages = ("en", "fr")
    editions.save(
        service.store, "small", files, issued=now.date(), season={}, languages=languages, now=now
    )
    _, received = tried(service, "--language", "en", "me@example.org")
    assert read(received[0])["Subject"] == "[Test en] News"
