"""Campaigns, service mail and trials over a Maildir: the same books as over SMTP."""

from __future__ import annotations

import asyncio
import errno
import mailbox
import os
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from mailer.domain.campaigns.campaign import State
from mailer.domain.campaigns.delivery import PUT_BACK_WAIT, Outcome
from mailer.domain.settings.transport_url import TransportUrl
from mailer.relay.envelope import Envelope
from mailer.relay.limits import Backoff
from mailer.relay.maildir import Maildir, with_envelope
from mailer.relay.opening import open_transport
from mailer.services.sending.sender import Sender
from mailer.services.sending.worker_context import Verdict
from mailer.services.service_mail.posting import Posting
from mailer.store.server.connection import Store
from support.service.command import Command
from support.service.small_campaign import SmallService, settings_for

READERS = [f"reader{number}@example.org" for number in range(60)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder for the mail; it does not exist yet."""
    return tmp_path / "out"


@pytest.fixture
def service(store: Store, tmp_path: Path, folder: Path) -> SmallService:
    """A service that hands its mail over in a folder."""
    return SmallService(store, settings_for(tmp_path, relays=[f"maildir:{folder}"]))


def mails(folder: Path) -> list[EmailMessage]:
    """Read what a folder holds, as any mail program reads a Maildir."""
    found = mailbox.Maildir(folder, create=False)
    return [message_from_bytes(bytes(one), EmailMessage, policy=policy.default) for one in found]


def letter(**fields: object) -> Envelope:
    """Return a message on its way."""
    content = b"Subject: dots\r\n\r\n..\r\n...and more\r\nend..\r\n"
    given = {"number": 1, "sender": "b@example.org", "recipient": "a@example.org"} | fields
    return Envelope(content=content, size=len(content), **given)  # type: ignore[arg-type]


async def turn(service: SmallService, number: int) -> Verdict:
    """Let a worker's job send for a while, as the settings say."""
    asynchronous = service.store.asyncio()
    sender = Sender(service.store, asynchronous, service.settings, service.clock)
    try:
        return await sender.run(number)
    finally:
        await sender.close()
        await asynchronous.close()


def test_a_whole_campaign_lies_in_the_folder_and_the_books_balance(
    service: SmallService, folder: Path
) -> None:
    """Law 1 and 2: one file for each reader, and each is accounted for as accepted."""
    service.subscribe(*READERS)
    campaign = service.started()
    assert asyncio.run(turn(service, campaign.number)) is Verdict.FINISHED
    status = service.campaigns.status(campaign.number)
    assert status.campaign.state is State.SENT
    assert status.counts.accepted == status.counts.planned == len(READERS)
    found = mails(folder)
    assert sorted(str(one["X-Envelope-To"]) for one in found) == sorted(READERS)
    assert len({one["Message-ID"] for one in found}) == len(READERS)
    returns = {str(one["Return-Path"]) for one in found}
    assert len(returns) == len(READERS)
    assert all(one.endswith("@lists.example.org>") for one in returns)
    assert not list((folder / "tmp").iterdir())


def test_what_is_not_on_disk_is_not_accepted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full when it is flushed has nothing: the message goes again, and none is left."""

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async def run() -> Outcome:
        transport = open_transport([TransportUrl("maildir", str(folder))], connections=1)
        hand_over = asyncio.create_task(Posting(transport).hand_over(letter()))
        attempt = await hand_over
        assert attempt.text == "write: no space left on device"
        assert not attempt.counts
        assert transport.failing() == {f"maildir:{folder}": "write: no space left on device"}
        assert transport.next_try() is not None
        await transport.close()
        return attempt.outcome

    monkeypatch.setattr(os, "fsync", full)
    assert asyncio.run(run()) is Outcome.DEFERRED
    assert [one.name for one in folder.rglob("*") if one.is_file()] == []


def test_a_name_that_may_be_lost_is_told_as_unknown(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message is there, but a power cut could take it: nobody can tell (law 2)."""
    flush, calls = os.fsync, []

    def second_fails(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        flush(descriptor)

    async def run() -> Outcome:
        carrier = Maildir(str(folder))
        await carrier.ready()
        return (await carrier.carry(letter())).outcome

    monkeypatch.setattr(os, "fsync", second_fails)
    assert asyncio.run(run()) is Outcome.UNKNOWN
    assert len(mails(folder)) == 1


def test_a_folder_that_cannot_be_used_holds_the_campaign_and_says_why(
    service: SmallService, folder: Path
) -> None:
    """Law 14: no reader pays for our disk; status names the folder, the reason and the next try."""
    folder.write_bytes(b"a file, where a folder should be")
    service.subscribe(*READERS)
    campaign = service.started()
    assert asyncio.run(turn(service, campaign.number)) is Verdict.NO_RELAY
    status = service.campaigns.status(campaign.number)
    assert status.campaign.state is State.SENDING
    assert status.counts.rejected == status.counts.unknown == 0
    assert status.counts.balanced
    assert f"maildir:{folder}: write: " in status.campaign.reason
    assert "next try after" in status.campaign.reason
    folder.unlink()
    service.clock.advance(PUT_BACK_WAIT)
    assert asyncio.run(turn(service, campaign.number)) is Verdict.FINISHED
    counts = service.campaigns.status(campaign.number).counts
    assert counts.accepted == len(mails(folder)) == len(READERS)


def test_a_folder_that_works_again_is_used_again_by_the_same_worker(folder: Path) -> None:
    """An operator who makes room on the disk need not restart anything."""
    folder.write_bytes(b"")

    async def run() -> None:
        backoff = Backoff(first=0.01, longest=0.01)
        url = TransportUrl("maildir", str(folder))
        transport = open_transport([url], connections=4, backoff=backoff)
        posting = Posting(transport)
        attempt = await posting.hand_over(letter())
        assert attempt.outcome is Outcome.DEFERRED
        assert transport.problem is not None
        await asyncio.to_thread(folder.unlink)
        while (await posting.hand_over(letter())).outcome is not Outcome.ACCEPTED:
            pass
        assert transport.problem is None
        await transport.drain(1)
        await transport.close()

    asyncio.run(run())
    assert len(mails(folder)) == 1


def test_a_file_holds_the_message_as_it_was_before_smtp() -> None:
    """Dots that SMTP doubles, and its line ends, are not part of a message."""
    envelope = letter(sender="", recipient="björn@example.org")
    assert with_envelope(envelope).decode() == (
        "Return-Path: <>\nX-Envelope-To: björn@example.org\nSubject: dots\n\n.\n..and more\nend..\n"
    )
    parts = [b"..Subject: parts\r\n\r\n", b"..\r\n"]
    in_parts = Envelope(1, "", "a@example.org", parts, sum(map(len, parts)))
    assert with_envelope(in_parts).endswith(b"\n.Subject: parts\n\n.\n")


def test_a_trial_goes_the_same_way(service: SmallService, folder: Path) -> None:
    """The message that the secretariat looks at must have gone where the campaign will go."""
    service.campaigns.create("small", "bulletin")
    mailer = Command(
        service.store, service.settings.data_dir, {"MAILER_RELAYS": f"maildir:{folder}"}
    )
    said = mailer("campaigns", "test", "1", "--to", "ana@example.org")
    assert said.code == 0, said
    found = mails(folder)
    assert {one["X-Envelope-To"] for one in found} == {"ana@example.org"}
    assert {str(one["Subject"])[:9] for one in found} == {"[Test en]", "[Test fr]"}
