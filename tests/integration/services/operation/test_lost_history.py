"""A store that lost its last hours: what it sent in them is known by, nothing new ever is (law 16).

A copy is brought back, or the end of the append-only file is cut off. Numbers are given again then,
to other readers and other campaigns, and the clock may say what it likes.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.domain.access.token import Purpose, Signer
from mailer.domain.campaigns.campaign import State
from mailer.domain.inbound.received import MailState
from mailer.domain.subscribers import bearer
from mailer.message.incoming import mime
from mailer.services.campaigns import copies
from mailer.services.operation.opening import opened_for
from mailer.services.subscriptions.bearers import Bearers
from mailer.services.subscriptions.membership import Membership
from mailer.store import keys
from mailer.store.subscribers import records as subscribers
from support.samples.returned_mail import ANA, ReturnedMail, put_key
from support.servers.faulty_relay import Received
from support.service.mail_service import text_of
from support.service.small_campaign import settings_for

BO = "bo@example.com"
CY = "cy@example.com"
AHEAD = pytest.mark.parametrize("ahead", [timedelta(), timedelta(days=400)])
"""The lead of the lost hours' clock over the one that goes on: set back since."""


class Histories:
    """A service whose store is copied, lost, and brought back."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        """Start the first one."""
        self._folder, self._stack, self._count = folder, stack, 0
        self.now = self._open()

    def copy(self) -> Path:
        """Copy what there is."""
        file = self._folder / "copy.tar.gz"
        copies.back_up(self.now.store, self.now.settings, file)
        return file

    def bring_back(self, file: Path) -> ReturnedMail:
        """Lose all that came after a copy; returns the service that goes on from there."""
        self._count += 1
        copies.restore(settings_for(self._data_dir), self.now.clock, file)
        self.now = self._open()
        return self.now

    @property
    def _data_dir(self) -> Path:
        return self._folder / f"history{self._count}" / "data"

    def _open(self) -> ReturnedMail:
        self._data_dir.mkdir(parents=True, exist_ok=True)
        put_key(self._data_dir)
        store = self._stack.enter_context(opened_for(settings_for(self._data_dir)))
        return ReturnedMail(store, self._data_dir)


@pytest.fixture
def histories(tmp_path: Path) -> Iterator[Histories]:
    """A service of its own; nobody subscribes yet."""
    with ExitStack() as stack:
        yield Histories(tmp_path, stack)


def names(mail: Received) -> set[str]:
    """Return all that a message is known by outside."""
    sent = mime.read(mail.content)
    left = sent.field("list-unsubscribe")
    return {mail.sender, sent.field("message-id"), sent.field("cfbl-feedback-id"), left}


def test_a_campaign_after_a_copy_was_brought_back_has_names_of_its_own(
    histories: Histories,
) -> None:
    """Its number is one that was used; mail programs would hide a message with a known id."""
    histories.now.small.subscribe(ANA)
    copy = histories.copy()
    lost, old = histories.now.campaign()
    new, sent = histories.bring_back(copy).campaign()
    assert (lost.number, list(old)) == (new.number, list(sent))
    assert not names(old[ANA]) & names(sent[ANA])


@AHEAD
def test_reports_about_lost_mail_are_recognised_and_do_nothing(
    histories: Histories, ahead: timedelta
) -> None:
    """The number that bounced is another reader's by now, and the campaign another campaign."""
    copy = histories.copy()
    histories.now.clock.advance(ahead)
    _, old = histories.now.campaign(ANA)
    service = histories.bring_back(copy)
    service.campaign(BO)
    bounced = service.returned("54-postfix.eml", old[ANA])
    complained = service.returned("65-return-path.eml", old[ANA], author="fbl@example.net")
    assert (service.status(BO), service.who(ANA)) == ("active", None)
    assert (bounced.state, complained.state) == (MailState.HANDLED, MailState.WAITING)
    for told in (service.told("bounce.ignored"), service.told("complaint.ignored")):
        assert [one["reason"].startswith("of a history that") for one in told] == [True]
    assert service.told("subscriber.bounced") == service.told("subscriber.complained") == []


def test_what_is_sent_again_of_a_campaign_in_the_copy_has_the_same_message_id(
    histories: Histories,
) -> None:
    """The copy knows that it was going out; a reader who gets it twice sees it once (law 3)."""
    going = histories.now.small
    going.subscribe(ANA)
    campaign = going.started()
    copy = histories.copy()
    first = histories.now.books(campaign).campaign
    sent = [*_run(histories.now, campaign.number)]
    service = histories.bring_back(copy)
    assert service.books(campaign).campaign.state is State.PAUSED
    service.campaigns.resume(campaign.number)
    again = [*_run(service, campaign.number)]
    assert first.identity == service.books(campaign).campaign.identity
    assert [names(one) for one in sent] == [names(one) for one in again]


def _run(service: ReturnedMail, number: int) -> list[Received]:
    """Send what is left of a campaign; returns what the relay got."""
    campaign = service.campaigns.status(number).campaign
    return list(asyncio.run(service.sent_now(campaign)).values())


@AHEAD
def test_a_link_acts_for_whom_it_was_sent_to_and_for_nobody_else(
    histories: Histories, ahead: timedelta
) -> None:
    """Number 1 was Ana before and after; number 2 was Bo, and is Cy."""
    histories.now.small.subscribe(ANA)
    copy = histories.copy()
    histories.now.clock.advance(ahead)
    _, old = histories.now.campaign(BO)
    service = histories.bring_back(copy)
    service.small.subscribe(CY)
    assert service.who(CY) == subscribers.get(service.store, 2)
    for address, known in ((ANA, True), (BO, False)):
        left = mime.read(old[address].content).field("list-unsubscribe")
        to = left.partition("mailto:")[2].partition("?")[0]
        kept = service.get(to, author="x@example.net", subject="leave")
        assert kept.state is MailState.HANDLED
        assert (service.status(address) == "unsubscribed") is known
    assert service.status(CY) == "active"
    said = bearer.leave(
        Signer(service.subscribing._secret).verify(Purpose.LEAVE, _leave(old[BO])) or ()
    )
    assert said is not None
    pages = Membership(service.store, service.settings, service.clock)
    assert pages.leave([said]) == [False]
    assert service.status(CY) == "active"


def _leave(mail: Received) -> str:
    left = mime.read(mail.content).field("list-unsubscribe")
    return left.partition("-leave+")[2].partition("@")[0]


def test_a_confirmation_of_the_lost_hours_confirms_nobody(histories: Histories) -> None:
    """Requests that counted would be given again: a stranger's reply would subscribe another."""
    copy = histories.copy()
    histories.now.get(histories.now.own("subscribe"), author=BO)
    (asked,) = histories.now.sent()
    service = histories.bring_back(copy)
    service.get(service.own("subscribe"), author=CY)
    service.reply(asked)
    assert (service.status(CY), service.status(BO)) == ("pending", "")
    (other,) = [one for one in service.sent() if one["To"] == CY]
    assert other["Message-ID"] != asked["Message-ID"]
    service.reply(other)
    assert service.status(CY) == "active"


def test_addresses_in_a_lost_welcome_change_nobodys_choice(histories: Histories) -> None:
    """They stand in it for ever, and name a number."""
    copy = histories.copy()
    first = histories.now
    first.get(first.own("subscribe"), author=BO)
    first.reply(first.sent()[0])
    (welcome,) = first.sent()
    found = re.search(r"bulletin-confirm\+\S+@lists\.example\.org", text_of(welcome))
    assert found is not None
    service = histories.bring_back(copy)
    service.small.subscribe(CY, language="en")
    before = service.who(CY)
    for author in ("x@example.net", CY):  # whoever writes as the one who has the number now
        service.get(found[0], author=author, subject="Français")
        assert service.who(CY) == before


@pytest.mark.parametrize("torn", [0, 3])
def test_a_start_that_the_store_lost_is_another_start(tmp_path: Path, torn: int) -> None:
    """The last second of the append-only file is gone, perhaps in the middle of a command."""
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    put_key(data_dir)
    settings = settings_for(data_dir)
    with opened_for(settings) as store:
        service = ReturnedMail(store, data_dir)
        service.small.subscribe(ANA)
        service.campaigns.create("small", "bulletin")
        store.durable()
        (file,) = (data_dir / "appendonlydir").glob("*.incr.aof")
        size = file.stat().st_size
        service.campaigns.send(1)
        (sent,) = _run(service, 1)
    with file.open("r+b") as raw:
        raw.truncate(size + torn)
    with opened_for(settings) as store:
        service = ReturnedMail(store, data_dir)
        assert service.books(service.campaigns.send(1)).campaign.state is State.SENDING
        (again,) = _run(service, 1)
        assert not names(sent) & names(again)
        service.returned("54-postfix.eml", sent)
        assert service.status(ANA) == "active"
        assert len(service.told("bounce.ignored")) == 1


def test_tokens_from_before_there_were_marks_act_for_the_numbers_of_then(
    histories: Histories,
) -> None:
    """A reader of years ago can leave by it; a later reader with such a number is not meant."""
    service = histories.now
    service.small.subscribe(ANA)
    service.store.redis.delete(keys.UNMARKED)
    service.store.redis.set(keys.UNMARKED, subscribers.last_number(service.store))
    service.small.subscribe(BO)
    signer = Signer(service.subscribing._secret)
    bearers = Bearers(service.store, signer)
    for number, known in ((1, True), (2, False)):
        old = signer.sign(Purpose.LEAVE, number, 0)
        said = bearer.leave(signer.verify(Purpose.LEAVE, old) or ())
        assert said is not None
        assert (bearers.subscriber(said.bearer) is not None) is known


def test_a_new_store_knows_no_tokens_without_marks(histories: Histories) -> None:
    """A migration alone notes up to which number they act, of data from before there were marks."""
    assert subscribers.unmarked(histories.now.store) == 0
    histories.now.small.subscribe(ANA)
    copy = histories.copy()
    assert subscribers.unmarked(histories.bring_back(copy).store) == 0
