"""Stopping and watching campaigns, and naming those whom they missed."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailer.domain.campaigns.campaign import TRANSITIONS, Action, State
from mailer.domain.subscribers.address import parse_address
from mailer.services.campaigns.undelivered import COLUMNS
from mailer.services.subscriptions import subscribers
from mailer.store import events, keys
from mailer.store.campaigns import records
from mailer.store.server.connection import Store
from support.patience import PATIENCE
from support.service.campaign_commands import MAIN, answered, sent_through
from support.service.command import Command
from support.service.small_campaign import SmallService, settings_for


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


# Stopping it.


def test_a_campaign_is_paused_resumed_and_cancelled(mailer: Command, readers: SmallService) -> None:
    """Each answer says how much is left, which decides the next step."""
    readers.started()
    assert "is paused, with 4 deliveries outstanding." in mailer("campaigns", "pause", "1").out
    assert "paused: by hand" in mailer("campaigns", "status", "1").out
    assert (
        "goes on, with 4 deliveries outstanding." in mailer("campaigns", "resume", "1", "--yes").out
    )
    said = mailer("campaigns", "cancel", "1", "--yes")
    assert said.out == "Campaign 1 is cancelled: 4 deliveries skipped.\n"
    assert mailer("campaigns", "cancel", "1").out == "Campaign 1 was cancelled already.\n"


def test_what_had_not_begun_is_cancelled_without_a_count(
    mailer: Command, service: SmallService
) -> None:
    """“0 deliveries skipped” lets one look for what went wrong."""
    service.campaigns.create("small", "bulletin")
    said = mailer("campaigns", "cancel", "1", "--yes")
    assert said.out == "Campaign 1 is cancelled; it had not begun.\n"


def test_asking_twice_changes_nothing_and_writes_no_second_event(
    mailer: Command, readers: SmallService
) -> None:
    """A reader of the log must see one pause for one pause, from when it held."""
    readers.started()
    assert [mailer("campaigns", "pause", "1").code for _ in range(2)] == [0, 0]
    assert [mailer("campaigns", "cancel", "1", "--yes").code for _ in range(2)] == [0, 0]
    told = [fields["type"] for _, fields in events.read(readers.store)]
    assert told.count("campaign.paused") == 1
    assert told.count("campaign.cancelled") == 1


def test_the_log_tells_when_a_campaign_was_scheduled_and_when_it_is_due(
    mailer: Command, readers: SmallService
) -> None:
    """An event of next year in this year's log would be read by nobody in time."""
    readers.campaigns.create("small", "bulletin")
    mailer(
        "campaigns", "schedule", "1", "--at", "2099-04-12T09:00", "--zone", "Europe/Zurich", "--yes"
    )
    (event,) = [
        json.loads(line)
        for line in mailer("events", "--json").out.splitlines()
        if "campaign.scheduled" in line
    ]
    assert event["due"] == "2099-04-12T07:00:00+00:00"
    assert datetime.fromisoformat(event["at"]).year < 2099


def test_a_paused_campaign_promises_no_end(readers: SmallService) -> None:
    """The rate of the seconds before the pause says nothing about when it will be done."""
    readers.started()
    readers.campaigns.pause(1)
    now = int(readers.clock.now().timestamp())
    readers.store.redis.hset(keys.rate(1), str(now % 60), f"{now}:50")
    readers.clock.advance(timedelta(seconds=1))
    found = readers.campaigns.status(1)
    assert found.rate
    assert found.as_json()["remaining_seconds"] is None
    readers.campaigns.resume(1)
    assert readers.campaigns.status(1).as_json()["remaining_seconds"] > 0


def test_at_a_terminal_it_asks_before_cancelling(mailer: Command, readers: SmallService) -> None:
    """A skipped delivery cannot be sent any more."""
    readers.started()
    ended, said = answered(mailer, "n", "campaigns", "cancel", "1")
    assert "End campaign 1 for good, and skip 4 deliveries? [y/N]" in said
    assert "Nothing was changed." in said
    assert (ended, readers.campaigns.status(1).campaign.state) == (1, State.SENDING)


COMMANDS = {
    Action.SEND: ("send", "--yes"),
    Action.SCHEDULE: ("schedule", "--at", "2999-04-12T09:00", "--zone", "Europe/Zurich", "--yes"),
    Action.PAUSE: ("pause",),
    Action.RESUME: ("resume", "--yes"),
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
        article = "a " if state is State.DRAFT else ""
        assert f"Cannot {action} campaign 1: it is {article}{state}." in said.err
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
    """A user who stops watching must not stop what they watched."""
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
        _, errors = watching.communicate(timeout=PATIENCE)
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
