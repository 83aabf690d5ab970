"""`mailer campaigns`, run as the secretariat runs it, on a real store."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from mailer.domain.campaigns.campaign import State
from mailer.services.calendar.forecast import forecast
from mailer.store import editions, keys
from mailer.store.server.connection import Store
from support.service.campaign_commands import answered, sent_through
from support.service.command import Command
from support.service.small_campaign import FILES, SmallService, settings_for


@pytest.fixture
def service(store: Store, data_dir: Path) -> SmallService:
    """A service with an edition in English and French, and no readers."""
    return SmallService(store, settings_for(data_dir))


@pytest.fixture
def mailer(service: SmallService, data_dir: Path) -> Command:
    """Its command line."""
    return Command(service.store, data_dir)


@pytest.fixture
def readers(service: SmallService) -> SmallService:
    """The same service with three readers, one of them of a language nobody writes."""
    service.subscribe("a@example.org", "b@example.org")
    service.subscribe("c@example.org", language="fr")
    service.subscribe("d@example.org", language="es")
    return service


# Making one.


def test_a_new_campaign_says_who_would_get_it(mailer: Command, readers: SmallService) -> None:
    """A wrong topic shows here, not after it was sent to everybody."""
    said = mailer("campaigns", "create", "small", "--topic", "bulletin")
    assert said.code == 0, said.err
    assert said.out.startswith("Campaign 1 is a draft.\n")
    assert "small goes to 4 readers of bulletin (en 3, fr 1)" in said.out
    assert "mailer campaigns test 1 --to ADDRESS" in said.out
    assert readers.campaigns.status(1).counts.planned == 0


def test_a_campaign_for_nobody_says_so(mailer: Command) -> None:
    """A tag with a slip in it concerns nobody."""
    said = mailer("campaigns", "create", "small", "--topic", "bulletin", "--tag", "pres")
    assert "no active reader subscribes to bulletin with the tag pres" in said.out


def test_a_new_campaign_in_json_tells_its_number(mailer: Command) -> None:
    """A script needs it for the next command."""
    said = mailer("campaigns", "create", "small", "--topic", "meetings", "--json")
    told = json.loads(said.out)
    assert (told["campaign"], told["state"], told["topic"]) == (1, "draft", "meetings")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("small", "--topic", "x"), "there is no topic 'x'; choose one of: bulletin, meetings"),
        (("smal", "--topic", "bulletin"), "There is no edition 'smal'. Known are: small."),
    ],
)
def test_a_campaign_of_unknown_things_is_refused(
    mailer: Command, arguments: Sequence[str], said: str
) -> None:
    """It names what there is."""
    refused = mailer("campaigns", "create", *arguments)
    assert refused.code == 1
    assert said in refused.err


def test_the_list_shows_the_newest_first(mailer: Command, readers: SmallService) -> None:
    """The campaign that matters is mostly the last."""
    assert "There is no campaign yet" in mailer("campaigns", "list").out
    readers.started()
    mailer("campaigns", "create", "small", "--topic", "meetings")
    lines = [line.split() for line in mailer("campaigns", "list").out.splitlines()[2:]]
    assert [line[:4] for line in lines] == [
        ["2", "small", "meetings", "draft"],
        ["1", "small", "bulletin", "sending"],
    ]
    told = json.loads(mailer("campaigns", "list", "--json").out)
    assert [one["campaign"] for one in told] == [2, 1]


def test_the_forecast_is_what_the_start_freezes(service: SmallService) -> None:
    """The question before sending must be about those who get it."""
    service.subscribe(*(f"e{n}@example.org" for n in range(9)))
    service.subscribe(*(f"f{n}@example.org" for n in range(5)), language="fr")
    service.subscribe("s@example.org", language="es")
    left = service.subscribe("left@example.org", "suppressed@example.org")
    service.store.redis.setbit(keys.status_bits("active"), left[0], 0)
    service.store.redis.setbit(keys.SUPPRESSED, left[1], 1)
    for number in (1, 2, 11):
        service.store.redis.setbit(keys.tag_bits("press"), number, 1)
    for tags, planned in (((), {"en": 10, "fr": 5}), (("press",), {"en": 2, "fr": 1})):
        campaign = service.campaigns.create("small", "bulletin", tags)
        assert forecast(service.store, service.settings, campaign) == planned
        service.campaigns.send(campaign.number)
        counts = service.campaigns.status(campaign.number).counts
        assert {code: n["planned"] for code, n in counts.by_language.items()} == planned


# Sending it.


def test_sending_says_who_gets_it_and_starts(mailer: Command, readers: SmallService) -> None:
    """Once it is sent it cannot be called back."""
    mailer("campaigns", "create", "small", "--topic", "bulletin")
    said = mailer("campaigns", "send", "1", "--yes")
    assert said.code == 0, said.err
    assert "small goes to 4 readers of bulletin (en 3, fr 1)." in said.out
    assert "Campaign 1 is sending: 4 deliveries." in said.out
    assert readers.campaigns.status(1).campaign.state is State.SENDING


def test_sending_without_a_worker_says_what_to_start(
    mailer: Command, readers: SmallService
) -> None:
    """Otherwise one waits an hour for a bar that does not move."""
    readers.campaigns.create("small", "bulletin")
    said = mailer("campaigns", "send", "1", "--yes")
    assert "No worker is running, so nothing leaves yet" in said.err
    assert "`mailer up`" in said.err


def test_a_campaign_is_sent_once(mailer: Command, readers: SmallService) -> None:
    """Law 1: a second command must not mail anybody twice."""
    readers.started()
    said = mailer("campaigns", "send", "1")
    assert said.code == 1
    assert "Cannot send campaign 1: it is sending. It was started already" in said.err
    sent_through(readers, 1)
    said = mailer("campaigns", "send", "1")
    assert "it is sent. A campaign is sent once; create another one" in said.err
    assert readers.campaigns.status(1).counts.planned == 4


def test_a_campaign_without_readers_is_not_started(mailer: Command, service: SmallService) -> None:
    """A campaign of nobody that counts as sent would deceive."""
    service.campaigns.create("small", "bulletin")
    said = mailer("campaigns", "send", "1")
    assert said.code == 1
    assert "No active reader subscribes to 'bulletin'" in said.err
    assert service.campaigns.status(1).campaign.state is State.DRAFT


def test_sending_needs_a_sender(store: Store, data_dir: Path, readers: SmallService) -> None:
    """The setting is named before anything is frozen."""
    readers.campaigns.create("small", "bulletin")
    bare = Command(store, data_dir, {"MAILER_SENDER_ADDRESS": ""})
    said = bare("campaigns", "send", "1")
    assert said.code == 2
    assert "sender_address" in said.err


def spoil(service: SmallService) -> None:
    """Import a version of the edition with an error."""
    files = FILES | {"fr.md": FILES["fr.md"] + b"\n[ici](http://example.org)\n"}
    editions.save(
        service.store,
        "small",
        files,
        issued=service.clock.now().date(),
        season={"en": "Spring"},
        languages=("en", "fr"),
        now=service.clock.now(),
    )


@pytest.mark.parametrize("command", [("send",), ("schedule", "--at", "2999-04-12T09:00")])
def test_an_edition_with_errors_does_not_go_out(
    mailer: Command, readers: SmallService, command: Sequence[str]
) -> None:
    """A broken link in four thousand inboxes cannot be mended."""
    spoil(readers)
    readers.campaigns.create("small", "bulletin")
    verb, *options = command
    said = mailer("campaigns", verb, "1", *options)
    assert said.code == 1
    assert "fr.md:" in said.err
    assert "small has 1 error: nothing was sent; mend it and import it again" in said.err
    assert readers.campaigns.status(1).campaign.state is State.DRAFT
    assert mailer("campaigns", verb, "1", *options, "--force", "--yes").code == 0


@pytest.mark.parametrize(
    ("answer", "code", "state"), [("n", 1, State.DRAFT), ("y", 0, State.SENDING)]
)
def test_at_a_terminal_it_asks_before_sending(
    mailer: Command, readers: SmallService, answer: str, code: int, state: State
) -> None:
    """The number of readers is the last thing that can show a mistake."""
    readers.campaigns.create("small", "bulletin")
    ended, said = answered(mailer, answer, "campaigns", "send", "1")
    assert "small goes to 4 readers" in said
    assert "Send it now? [y/N]" in said
    assert ("Nothing was sent." in said) == (code == 1)
    assert (ended, readers.campaigns.status(1).campaign.state) == (code, state)


# Scheduling it.


def test_scheduling_says_the_day_and_the_time_in_both_zones(
    mailer: Command, readers: SmallService
) -> None:
    """A slip in the zone shows in the other one."""
    readers.campaigns.create("small", "bulletin")
    at = ("--at", "2999-07-03T09:00")
    said = mailer("campaigns", "schedule", "1", *at, "--zone", "Europe/Zurich", "--yes")
    assert said.code == 0, said.err
    assert "on Wednesday 3 July 2999 at 09:00 Europe/Zurich (07:00 UTC)." in said.out
    assert "No worker is running" in said.err
    said = mailer("campaigns", "schedule", "1", "--at", "2999-07-03T10:00", "--yes")
    assert "the time is taken as UTC" in said.err
    assert "at 10:00 UTC." in said.out
    status = mailer("campaigns", "status", "1").out
    assert "scheduled" in status
    assert "at 10:00 UTC" in status


def test_a_time_with_its_own_offset_needs_no_zone(mailer: Command, readers: SmallService) -> None:
    """Programs write instants in that form."""
    readers.campaigns.create("small", "bulletin")
    said = mailer("campaigns", "schedule", "1", "--at", "2999-07-03T09:00+02:00", "--yes")
    assert "at 07:00 UTC." in said.out
    assert "taken as UTC" not in said.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("2023-04-12",), "'2023-04-12' is no date with a time; write it as 2023-04-12T09:00"),
        (("tomorrow",), "is no date with a time"),
        (("2999-02-30T09:00",), "is no date with a time"),
        (("2999-04-12T09:00", "Geneva"), "'Geneva' is no time zone; give one such as"),
        (("2999-04-12T09:00Z", "Europe/Zurich"), "give one of them only"),
        (("2023-04-12T09:00", "Europe/Zurich"), "2023-04-12 09:00 in Europe/Zurich is past"),
        (("2029-03-25T02:30", "Europe/Zurich"), "does not exist in Europe/Zurich"),
        (("2029-10-28T02:30", "Europe/Zurich"), "happens twice in Europe/Zurich"),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused(
    mailer: Command, readers: SmallService, options: Sequence[str], said: str
) -> None:
    """A guess here would mail everybody at the wrong hour."""
    readers.campaigns.create("small", "bulletin")
    named = [part for pair in zip(("--at", "--zone"), options, strict=False) for part in pair]
    refused = mailer("campaigns", "schedule", "1", *named, "--yes")
    assert refused.code == 1
    assert said in refused.err
    assert readers.campaigns.status(1).campaign.state is State.DRAFT
