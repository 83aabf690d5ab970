"""`mailer campaigns report|retry|resolve|repeat|speed|change`, run as the secretariat runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailer.domain.campaigns.campaign import State
from mailer.store import keys
from mailer.store.server.connection import Store
from support.service.command import Command
from support.service.settled_campaign import settled
from support.service.small_campaign import SmallService, settings_for


@pytest.fixture
def service(store: Store, data_dir: Path) -> SmallService:
    """A service with three readers."""
    service = SmallService(store, settings_for(data_dir))
    service.subscribe("ana@a.example", "ben@b.example")
    service.subscribe("eva@a.example", language="fr")
    return service


@pytest.fixture
def mailer(service: SmallService, data_dir: Path) -> Command:
    """Its command line."""
    return Command(service.store, data_dir)


def test_the_report_says_what_came_of_it_and_what_can_be_done(
    mailer: Command, service: SmallService
) -> None:
    """Each way on is a command that one can copy."""
    settled(service, 2)
    said = mailer("campaigns", "report", "1")
    assert said.code == 0, said.err
    for words in (
        "the books balance",
        "a.example",
        "mailbox-full",
        "`mailer campaigns retry 1` tries 1 delivery again",
        "`mailer campaigns repeat 1` makes a campaign for 1 reader missed",
        "`mailer campaigns deliveries 1` lists who did not get it",
    ):
        assert words in said.out, said.out
    told = json.loads(mailer("campaigns", "report", "1", "--json").out)
    assert (told["planned"], told["accepted"], told["passing"]) == (3, 2, 1)
    assert told["tally"]["refused"][0]["advice"] == "retry"


def test_a_draft_has_no_report(mailer: Command, service: SmallService) -> None:
    """It says so instead of a table of zeros."""
    service.campaigns.create("small", "bulletin")
    assert "has not begun" in mailer("campaigns", "report", "1").out


def test_trying_again_needs_a_yes_where_nobody_can_answer(
    mailer: Command, service: SmallService
) -> None:
    """It mails many (law 18)."""
    settled(service, 2)
    refused = mailer("campaigns", "retry", "1")
    assert refused.code != 0
    assert "1 delivery" in refused.err
    assert service.campaigns.find(1).state is State.SENT
    assert "1 delivery will be tried again" in mailer("campaigns", "retry", "1", "--yes").out
    assert service.campaigns.find(1).state is State.SENDING


def test_unknown_deliveries_are_decided_about(mailer: Command, service: SmallService) -> None:
    """One of the two ways must be named; neither is the default."""
    settled(service)
    for name, bit in (("accepted", 0), ("unknown", 1)):
        service.store.redis.setbit(keys.ledger(1, name), 1, bit)
    assert mailer("campaigns", "resolve", "1", "--yes").code != 0
    assert mailer("campaigns", "resolve", "1", "--sent", "--again", "--yes").code != 0
    done = mailer("campaigns", "resolve", "1", "--sent", "--yes")
    assert "1 delivery counts as accepted" in done.out
    assert service.campaigns.status(1).counts.accepted == 3


def test_those_missed_get_a_draft(mailer: Command, service: SmallService) -> None:
    """Nothing is sent by it."""
    settled(service, 2)
    said = mailer("campaigns", "repeat", "1")
    assert said.out == "Campaign 2 is a draft, for 1 reader whom campaign 1 missed.\n"
    assert service.campaigns.find(2).state is State.DRAFT


def test_a_speed_is_given_and_lifted(mailer: Command, service: SmallService) -> None:
    """The words are those of the settings' rate limits."""
    service.campaigns.create("small", "bulletin")
    assert "sends at most 600 a minute" in mailer("campaigns", "speed", "1", "600/minute").out
    assert "no limit of its own" in mailer("campaigns", "speed", "1", "none").out
    wrong = mailer("campaigns", "speed", "1", "quickly")
    assert wrong.code != 0
    assert "600 a minute" in wrong.err


def test_a_draft_is_changed(mailer: Command, service: SmallService) -> None:
    """It says how many would get it then."""
    service.campaigns.create("small", "bulletin")
    said = mailer("campaigns", "change", "1", "--to", "lang:fr", "--not-yet")
    assert said.out == "Campaign 1 would go to 1 reader as of now.\n"
    assert service.campaigns.find(1).not_yet
    assert "3 readers" in mailer("campaigns", "change", "1", "--to", "all", "--had-too").out
