"""Commands that mail many ask first, with the number in view; without a person, they need --yes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.clock import SystemClock
from mailer.config import Settings
from mailer.domain.calendar.entry import Entry, Kind
from mailer.domain.campaigns.campaign import Campaign, State
from mailer.services.calendar.entries import Calendar
from mailer.services.calendar.forecast import already, forecast
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.sending.contents import NothingError
from mailer.store import events, keys
from mailer.store.calendar import entries as calendar
from mailer.store.campaigns import audience
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from support.service.campaign_commands import answered, sent_through
from support.service.command import Command
from support.service.small_campaign import SmallService, settings_for

AT = ("--at", "2999-04-12T09:00", "--zone", "UTC")


@pytest.fixture
def settings(store: Store, data_dir: Path) -> Settings:
    """A service that can send."""
    return settings_for(data_dir, redis_url=store.address)


@pytest.fixture
def service(store: Store, settings: Settings) -> SmallService:
    """Twenty readers; thirteen of them have had the edition, by campaign 1."""
    made = SmallService(store, settings)
    made.clock = SystemClock()  # type: ignore[assignment]  # the commands' own
    made.campaigns = Campaigns(store, settings, made.clock)
    made.subscribe(*(f"r{n}@example.org" for n in range(13)))
    made.started()
    sent_through(made, 1)
    made.subscribe(*(f"late{n}@example.org" for n in range(7)))
    return made


@pytest.fixture
def mailer(store: Store, data_dir: Path) -> Command:
    """Run `mailer` on that store."""
    return Command(store, data_dir)


def audience_of(service: SmallService, number: int) -> int:
    """Count whom a campaign was frozen for."""
    return int(service.store.redis.bitcount(keys.ledger(number, "audience")))


@pytest.mark.parametrize("answer", ["n\n", "y\n", ""])
@pytest.mark.parametrize("verb", [("send",), ("schedule", *AT)])
def test_without_a_terminal_nothing_is_sent(
    mailer: Command, service: SmallService, verb: Sequence[str], answer: str
) -> None:
    """`echo n | mailer campaigns send 2` mailed everybody."""
    service.campaigns.create("small", "bulletin")
    said = mailer("campaigns", verb[0], "2", *verb[1:], answer=answer)
    assert said.code == 1
    assert "small goes to 20 readers of bulletin" in said.err
    assert "13 of the 20 had it by campaign 1" in said.err
    assert "add --yes" in said.err
    assert service.campaigns.status(2).campaign.state is State.DRAFT


def test_at_a_terminal_the_question_tells_who_had_it(
    mailer: Command, service: SmallService
) -> None:
    """A slip in the slug sends last season's bulletin once more."""
    service.campaigns.create("small", "bulletin")
    ended, said = answered(mailer, "n", "campaigns", "send", "2")
    told = " ".join(said.split())
    assert "20 readers of bulletin (en 20); 13 of the 20 had it by campaign 1" in told
    assert "--not-yet" in told
    assert (ended, service.campaigns.status(2).campaign.state) == (1, State.DRAFT)
    ended, said = answered(mailer, "n", "campaigns", "schedule", "2", *AT)
    assert "13 of the 20 had it by campaign 1" in " ".join(said.split())
    assert (ended, service.campaigns.status(2).campaign.state) == (1, State.DRAFT)


@pytest.mark.parametrize("where", ["create", "send"])
def test_not_yet_mails_the_others_only(mailer: Command, service: SmallService, where: str) -> None:
    """A reader who subscribed a day late gets it, and nobody gets it twice."""
    option = {where: ("--not-yet",)}
    made = mailer("campaigns", "create", "small", "--topic", "bulletin", *option.get("create", ()))
    assert made.code == 0, made.err
    said = mailer("campaigns", "send", "2", "--yes", *option.get("send", ()))
    assert "small goes to 7 readers of bulletin (en 7); not to 13 who had it by" in said.out
    assert "7 deliveries" in said.out
    assert audience_of(service, 2) == 7
    third = mailer("campaigns", "create", "small", "--topic", "bulletin", "--not-yet")
    assert "all of bulletin have had small, by campaign 1 and campaign 2" in third.out
    assert mailer("campaigns", "send", "3", "--yes").code == 1
    assert service.campaigns.status(3).campaign.state is State.DRAFT


def test_what_was_scheduled_for_the_others_goes_to_the_others(
    mailer: Command, service: SmallService
) -> None:
    """The set of readers is settled when it starts."""
    service.campaigns.create("small", "bulletin")
    said = mailer("campaigns", "schedule", "2", *AT, "--not-yet", "--yes")
    assert said.code == 0, said.err
    service.subscribe("later@example.org")
    service.campaigns.send(2)
    assert audience_of(service, 2) == 8


def test_resuming_and_ending_need_a_yes_too(mailer: Command, service: SmallService) -> None:
    """Both are about thousands of deliveries."""
    service.campaigns.create("small", "bulletin")
    service.campaigns.send(2)
    service.campaigns.pause(2)
    for verb in ("resume", "cancel"):
        said = mailer("campaigns", verb, "2", answer="y\n")
        assert said.code == 1
        assert "20 deliveries" in said.err
        assert "add --yes" in said.err
        assert service.campaigns.status(2).campaign.state is State.PAUSED
    ended, shown = answered(mailer, "y", "campaigns", "resume", "2")
    assert "Let campaign 2 go on with 20 deliveries?" in shown
    assert (ended, service.campaigns.status(2).campaign.state) == (0, State.SENDING)


def test_an_import_says_what_would_change_and_asks(
    mailer: Command, service: SmallService, tmp_path: Path
) -> None:
    """A file of last year may hold thousands who are not meant."""
    file = tmp_path / "readers.csv"
    file.write_text("address,name\nnew@example.org,\nr1@example.org,One\n", encoding="utf-8")
    refused = mailer("subscribers", "import", str(file), answer="y\n")
    assert refused.code == 1
    assert "readers.csv would put 1 reader on the list and change 1" in refused.err
    assert "add --yes" in refused.err
    count = len(service.store.redis.hgetall(keys.SUBSCRIBER_BY_ADDRESS))
    assert count == 20
    ended, said = answered(mailer, "n", "subscribers", "import", str(file))
    assert (ended, "Import it? [y/N]" in said) == (1, True)
    assert len(service.store.redis.hgetall(keys.SUBSCRIBER_BY_ADDRESS)) == 20
    ended, said = answered(mailer, "y", "subscribers", "import", str(file))
    assert (ended, "1 added, 1 updated" in said) == (0, True)
    again = mailer("subscribers", "import", str(file))
    assert again.code == 0, "nothing would change: there is nothing to ask"
    assert mailer("subscribers", "import", str(file), "--yes").code == 0


def test_a_change_that_readers_hear_of_asks(mailer: Command, service: SmallService) -> None:
    """Cancelling a meeting mails all who were told of it, ten minutes later."""
    now = service.clock.now()
    entry = Entry(
        "board", Kind.MEETING, now.replace(tzinfo=None) + timedelta(days=9), "UTC", {"en": "B"}
    )
    Calendar(service.store, service.settings, service.clock).add(
        replace(entry, topics=("bulletin",))
    )
    free = mailer("calendar", "change", "board", "--place", "Hall")
    assert free.code == 0, free.err
    told(service, "board")
    for verb in (
        ("change", "board", "--start", "2999-01-01T10:00"),
        ("cancel", "board", "--reason", "x"),
    ):
        said = mailer("calendar", *verb, answer="y\n")
        assert said.code == 1
        assert "20 readers were told of board" in said.err
        assert "add --yes" in said.err
    assert calendar.get(service.store, "board").status == "confirmed"
    assert mailer("calendar", "cancel", "board", "--reason", "x", "--yes").code == 0


def told(service: SmallService, entry: str) -> None:
    """Remind the readers of an entry."""
    from mailer.services.calendar.reminders import Reminders

    shown = calendar.get(service.store, entry)
    one = next(iter(calendar.coming(service.store, service.clock.now() + timedelta(days=30))))
    draft = Reminders(service.store, service.settings, service.clock).draft(shown, one)
    number = campaigns.next_number(service.store)
    with service.store.redis.pipeline(transaction=True) as pipe:
        campaigns.add(pipe, replace(draft, number=number))
        pipe.hset(keys.reminded(entry), f"- {one.offset} {shown.sequence}", number)
        pipe.execute()
    service.campaigns.send(number)


# Who has had it.


def test_another_version_of_the_edition_is_the_same_edition(service: SmallService) -> None:
    """A slip that was mended makes no new bulletin."""
    service.publish("\nMended.\n")
    campaign = service.campaigns.create("small", "bulletin", not_yet=True)
    assert already(service.store, service.settings, campaign).by == ((1, 13),)
    assert sum(forecast(service.store, service.settings, campaign).values()) == 7
    assert service.campaigns.send(campaign.number).planned == 7


def test_whom_another_campaign_reaches_yet_is_left_out(service: SmallService) -> None:
    """Two campaigns overlap: the first has frozen its audience, and sends on."""
    first = service.started()
    assert audience_of(service, first.number) == 20
    with pytest.raises(NothingError):
        service.started(not_yet=True)
    service.campaigns.cancel(first.number)
    assert service.started(not_yet=True).planned == 7


def test_whom_it_did_not_reach_is_not_left_out(service: SmallService) -> None:
    """Rejected and skipped readers may get it by another campaign."""
    for name, number in (("rejected", 1), ("skipped", 2)):
        service.store.redis.setbit(keys.ledger(1, name), number, 1)
        service.store.redis.setbit(keys.ledger(1, "accepted"), number, 0)
    campaign = service.campaigns.create("small", "bulletin", not_yet=True)
    assert sum(forecast(service.store, service.settings, campaign).values()) == 9
    assert service.campaigns.send(campaign.number).planned == 9


def test_of_two_that_start_at_once_only_one_gets_the_readers(
    service: SmallService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An audience frozen before another start is frozen anew (law 1)."""
    freeze, other = audience.freeze, service.campaigns.create("small", "bulletin", not_yet=True)
    late: list[Campaign] = []

    def overtaken(store: Store, campaign: Campaign, *rest: object) -> int:
        found = freeze(store, campaign, *rest)  # type: ignore[arg-type]  # passed on
        if not late:
            late.append(other)
            assert service.campaigns.send(other.number).planned == 7
        return found

    monkeypatch.setattr(audience, "freeze", overtaken)
    with pytest.raises(NothingError):
        service.started(not_yet=True)
    assert audience_of(service, other.number) == 7
    started = [one for _, one in events.read(service.store) if one["type"] == "campaign.started"]
    assert [one["campaign"] for one in started] == ["1", str(other.number)]
