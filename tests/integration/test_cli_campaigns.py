"""`mailer campaigns`, run as the secretariat runs it, on a real store."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from command import Command
from faulty_relay import FaultyRelay
from small_campaign import FILES, SmallService, settings_for

from mailer.cli.deliveries import COLUMNS
from mailer.domain.address import parse_address
from mailer.domain.campaign import TRANSITIONS, Action, State
from mailer.services import subscribers
from mailer.services.forecast import forecast
from mailer.store import campaigns as records
from mailer.store import editions, events, keys
from mailer.store.connection import Store

MAIN = "from mailer.cli.main import main; main()"


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


def sent_through(service: SmallService, number: int) -> None:
    """Send a campaign through a relay, as far as it goes at once."""

    async def work() -> None:
        async with FaultyRelay() as relay, service.worker([relay.url()]) as worker:
            await worker.send(records.get(service.store, number), 10)

    asyncio.run(work())
    service.campaigns.close_if_complete(number)


def happened(store: Store, kind: str) -> list[dict[str, str]]:
    """Return the events of a type."""
    return [fields for _, fields in events.read(store) if fields["type"] == kind]


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
    assert "nobody who is active subscribes to bulletin with the tag pres" in said.out


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
    said = mailer("campaigns", "send", "1")
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
    assert "Nobody who is active subscribes to 'bulletin'" in said.err
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
    assert mailer("campaigns", verb, "1", *options, "--force").code == 0


# Scheduling it.


def test_scheduling_says_the_day_and_the_time_in_both_zones(
    mailer: Command, readers: SmallService
) -> None:
    """A slip in the zone shows in the other one."""
    readers.campaigns.create("small", "bulletin")
    at = ("--at", "2999-07-03T09:00")
    said = mailer("campaigns", "schedule", "1", *at, "--zone", "Europe/Zurich")
    assert said.code == 0, said.err
    assert "on Wednesday 3 July 2999 at 09:00 Europe/Zurich (07:00 UTC)." in said.out
    assert "No worker is running" in said.err
    said = mailer("campaigns", "schedule", "1", "--at", "2999-07-03T10:00")
    assert "the time is taken as UTC" in said.err
    assert "at 10:00 UTC." in said.out
    status = mailer("campaigns", "status", "1").out
    assert "scheduled" in status
    assert "at 10:00 UTC" in status


def test_a_time_with_its_own_offset_needs_no_zone(mailer: Command, readers: SmallService) -> None:
    """That is how programs write instants."""
    readers.campaigns.create("small", "bulletin")
    said = mailer("campaigns", "schedule", "1", "--at", "2999-07-03T09:00+02:00")
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
    """To guess here is to mail everybody at the wrong hour."""
    readers.campaigns.create("small", "bulletin")
    named = [part for pair in zip(("--at", "--zone"), options, strict=False) for part in pair]
    refused = mailer("campaigns", "schedule", "1", *named)
    assert refused.code == 1
    assert said in refused.err
    assert readers.campaigns.status(1).campaign.state is State.DRAFT


# Stopping it.


def test_a_campaign_is_paused_resumed_and_cancelled(mailer: Command, readers: SmallService) -> None:
    """Each answer says how much is left, which decides the next step."""
    readers.started()
    assert "is paused, with 4 deliveries outstanding." in mailer("campaigns", "pause", "1").out
    assert "paused: by hand" in mailer("campaigns", "status", "1").out
    assert "goes on, with 4 deliveries outstanding." in mailer("campaigns", "resume", "1").out
    said = mailer("campaigns", "cancel", "1", "--yes")
    assert said.out == "Campaign 1 is cancelled: 4 deliveries skipped.\n"
    assert mailer("campaigns", "cancel", "1").out == "Campaign 1 was cancelled already.\n"


COMMANDS = {
    Action.SEND: ("send",),
    Action.SCHEDULE: ("schedule", "--at", "2999-04-12T09:00", "--zone", "Europe/Zurich"),
    Action.PAUSE: ("pause",),
    Action.RESUME: ("resume",),
    Action.CANCEL: ("cancel", "--yes"),
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("action", COMMANDS)
def test_what_does_not_fit_the_state_is_refused_in_words(
    mailer: Command, readers: SmallService, state: State, action: Action
) -> None:
    """The table of the domain decides, and every refusal names the state."""
    readers.campaigns.create("small", "bulletin")
    readers.store.redis.hset(keys.campaign(1), "state", state.value)
    verb, *options = COMMANDS[action]
    said = mailer("campaigns", verb, "1", *options)
    if (state, action) in TRANSITIONS:
        assert said.code == 0, said.err
    else:
        assert said.code == 1
        assert f"Cannot {action} campaign 1: it is {state}." in said.err
        assert records.get(readers.store, 1).state is state


@pytest.mark.parametrize("command", ["send", "pause", "resume", "cancel", "status", "deliveries"])
def test_an_unknown_campaign_is_answered_with_where_to_look(mailer: Command, command: str) -> None:
    """Nothing is made by asking for it."""
    said = mailer("campaigns", command, "9")
    assert said.code == 1
    assert "There is no campaign '9'. `mailer campaigns list` shows them." in said.err


# Watching it.


def test_the_status_in_json_holds_what_programs_need(
    mailer: Command, readers: SmallService
) -> None:
    """Other programs are written against these names."""
    readers.started()
    sent_through(readers, 1)
    told: dict[str, Any] = json.loads(mailer("campaigns", "status", "1", "--json").out)
    names = ("planned", "accepted", "rejected", "skipped", "unknown", "deferred")
    assert told["state"] == "sent"
    assert [told[name] for name in names] == [4, 4, 0, 0, 0, 0]
    assert told["by_language"]["fr"]["accepted"] == 1
    assert told["balanced"] is True
    assert isinstance(told["rate"], float)


def test_the_status_shows_table_and_balance(mailer: Command, readers: SmallService) -> None:
    """The first thing that the secretariat asks: did everybody get it?"""
    readers.subscribe("no+rcpt-550@example.org")
    readers.started()
    sent_through(readers, 1)
    shown = mailer("campaigns", "status", "1").out
    assert ["en", "4", "3", "1", "·", "·", "·"] in [line.split() for line in shown.splitlines()]
    assert (
        "Planned 5 = 4 accepted + 1 rejected + 0 skipped + 0 unknown + 0 outstanding:"
        " the books balance." in shown
    )


def test_watching_an_ended_campaign_ends(mailer: Command, readers: SmallService) -> None:
    """In a script it would hang for ever."""
    readers.started()
    sent_through(readers, 1)
    shown = mailer("campaigns", "status", "1", "--watch")
    assert shown.code == 0
    assert shown.out.startswith("Campaign 1: sent; 4 of 4 (4 accepted")
    assert shown.out.endswith("the books balance.\n")
    line = mailer("campaigns", "status", "1", "--watch", "--json").out
    assert json.loads(line)["state"] == "sent"


def test_ctrl_c_ends_the_watching_but_not_the_campaign(
    mailer: Command, readers: SmallService
) -> None:
    """Who looks away must not stop what they looked at."""
    readers.started()
    watching = subprocess.Popen(
        [sys.executable, "-c", MAIN, "campaigns", "status", "1", "--watch"],
        env=mailer.variables() | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with watching:
        assert watching.stdout is not None
        assert "sending" in watching.stdout.readline()
        os.kill(watching.pid, signal.SIGINT)
        _, errors = watching.communicate(timeout=20)
    assert watching.returncode == 130
    assert "campaign 1 goes on by itself" in errors
    assert readers.campaigns.status(1).campaign.state is State.SENDING


# Who did not get it.


@pytest.fixture
def mixed(readers: SmallService) -> SmallService:
    """A campaign of which some got nothing: rejected, deferred, and one who left meanwhile."""
    readers.subscribe("no+rcpt-550@example.org", language="fr")
    readers.subscribe("full+rcpt-452@example.org")
    gone = readers.subscribe("left@example.org")
    readers.started()
    readers.store.redis.setbit(keys.status_bits("active"), gone[0], 0)
    sent_through(readers, 1)
    return readers


def test_those_who_got_nothing_are_named_with_the_reason(
    mailer: Command, mixed: SmallService
) -> None:
    """The secretariat writes to them or corrects their addresses."""
    assert mixed.campaigns.status(1).counts.accepted == 4
    shown = mailer("campaigns", "deliveries", "1").out
    rows = [" ".join(line.split()) for line in shown.splitlines()[2:]]
    assert rows == [
        "no+rcpt-550@example.org fr rejected 550 5.1.1 No such mailbox",
        "full+rcpt-452@example.org en deferred 452 4.2.2 Mailbox full",
        "left@example.org en skipped no longer an active subscriber when the turn came",
    ]


def test_deliveries_can_be_had_by_outcome(mailer: Command, mixed: SmallService) -> None:
    """Those deferred solve themselves; those rejected do not."""
    shown = mailer("campaigns", "deliveries", "1", "--outcome", "rejected").out
    assert "no+rcpt-550@example.org" in shown
    assert "full+rcpt-452@example.org" not in shown
    none = mailer("campaigns", "deliveries", "1", "--outcome", "unknown").out
    assert none == "Campaign 1 has no such deliveries.\n"
    refused = mailer("campaigns", "deliveries", "1", "--outcome", "lost")
    assert refused.code == 1
    assert "choose from: rejected, skipped, unknown, deferred" in refused.err
    assert mixed.campaigns.status(1).counts.balanced


def test_deliveries_as_a_file_hold_all_that_is_known(mailer: Command, mixed: SmallService) -> None:
    """It goes into a spreadsheet, where each fact wants its column."""
    said = mailer("campaigns", "deliveries", "1", "--csv")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert list(rows[0]) == list(COLUMNS)
    assert len(rows) == mixed.campaigns.status(1).counts.planned - 4
    assert (rows[0]["code"], rows[0]["enhanced"], rows[0]["language"]) == ("550", "5.1.1", "fr")
    assert datetime.fromisoformat(rows[0]["at"]).tzinfo is not None


def test_a_relays_words_are_no_formula(mailer: Command, mixed: SmallService) -> None:
    """A relay may say anything, and a spreadsheet program would do it."""
    detail = {"outcome": "rejected", "code": 550, "text": "=HYPERLINK(1)"}
    number = subscribers.find(mixed.store, parse_address("no+rcpt-550@example.org")).number
    mixed.store.redis.hset(keys.details(1), str(number), json.dumps(detail))
    rows = list(csv.DictReader(io.StringIO(mailer("campaigns", "deliveries", "1", "--csv").out)))
    assert rows[0]["why"] == "'=HYPERLINK(1)"


def test_all_who_were_skipped_by_a_cancel_are_listed(
    mailer: Command, service: SmallService
) -> None:
    """They lie in many stretches of the bitmaps; none may fall between two."""
    service.subscribe(*(f"r{n}@example.org" for n in range(40)))
    first = service.subscribe("far@example.org")[0]
    service.store.redis.set(keys.SUBSCRIBER_NEXT, 20_000)
    service.subscribe("further@example.org")
    service.started()
    service.campaigns.cancel(1)
    said = mailer("campaigns", "deliveries", "1", "--csv", "--outcome", "skipped")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert [int(row["number"]) for row in rows] == [*range(1, first + 1), 20_001]
    assert {row["why"] for row in rows} == {"the campaign was cancelled before the turn came"}
