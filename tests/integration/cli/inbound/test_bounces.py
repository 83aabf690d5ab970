"""The secretariat's view of mail that came back, on the command line."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.store.server.connection import Store
from support.samples.returned_mail import ANA, ReturnedMail
from support.service.command import Command


@pytest.fixture
def service(store: Store, tmp_path: Path) -> ReturnedMail:
    """A service with a secretariat."""
    return ReturnedMail(store, tmp_path / "data")


@pytest.fixture
def mailer(store: Store, service: ReturnedMail) -> Command:
    """The command line on the same store, at the same time."""
    from datetime import UTC, datetime

    offset = service.clock.now() - datetime.now(UTC)
    return Command(
        store,
        service.settings.data_dir,
        {"MAILER_CLOCK_OFFSET_SECONDS": str(int(offset.total_seconds()))},
    )


def test_the_books_tell_what_came_back_and_still_balance(
    service: ReturnedMail, mailer: Command
) -> None:
    """Law 2: a mail that came back was accepted, and is counted once."""
    campaign, sent = service.campaign(ANA, "bo@example.com", "r+rcpt-550@example.com")
    service.returned("54-postfix.eml", sent[ANA])
    service.returned("65-feedback-id.eml", sent["bo@example.com"], service.own("owner"))
    found = json.loads(mailer("campaigns", "status", str(campaign.number), "--json").out)
    counts = {name: found[name] for name in ("accepted", "rejected", "bounced", "complained")}
    assert counts == {"accepted": 2, "rejected": 1, "bounced": 1, "complained": 1}
    assert found["balanced"]
    shown = mailer("campaigns", "status", str(campaign.number)).out
    assert "1 of those accepted came back later." in shown
    assert "1 of those accepted was reported as unwanted." in shown


def test_deliveries_name_who_seemed_to_get_it(service: ReturnedMail, mailer: Command) -> None:
    """Each with the report that says so, to be looked at."""
    campaign, sent = service.campaign(ANA, "bo@example.com")
    service.returned("54-postfix.eml", sent[ANA])
    service.returned("65-feedback-id.eml", sent["bo@example.com"], service.own("owner"))
    number = str(campaign.number)
    rows = list(csv.DictReader(io.StringIO(mailer("campaigns", "deliveries", number, "--csv").out)))
    assert [(one["address"], one["outcome"], one["mail"]) for one in rows] == [
        (ANA, "bounced", "1"),
        ("bo@example.com", "complained", "2"),
    ]
    assert rows[0]["why"].startswith("hard user-unknown; 550 5.1.1 <ana@example.com>")
    only = mailer("campaigns", "deliveries", number, "--outcome", "bounced").out
    assert ANA in only
    assert "bo@example.com" not in only


def test_a_reader_s_score_is_shown_with_its_reason_and_report(
    service: ReturnedMail, mailer: Command
) -> None:
    """A reader calls and asks why nothing comes any more."""
    for _ in range(2):
        _, sent = service.campaign(ANA)
        service.returned("58-full.eml", sent[ANA])
        service.clock.advance(timedelta(seconds=1))
    shown = mailer("subscribers", "show", ANA).out
    assert "bounces    1 of 5 points, on 2023-04-12" in shown
    assert "soft, mailbox-full: 552 5.2.2 The mailbox is over its quota" in shown
    assert "the report: mailer inbound show 1" in shown
    assert "small (en), campaign 2: bounced later" in shown
    service.returned("54-postfix.eml", sent[ANA])
    found = json.loads(mailer("subscribers", "show", ANA, "--json").out)
    assert found["status"] == "suspended"
    assert (found["bounces"]["points"], found["bounces"]["limit"]) == (5, 5)
    assert found["bounces"]["last"]["reason"] == "user-unknown"
    assert found["bounces"]["last"]["mail"] == 3


def test_reinstating_says_what_it_does(service: ReturnedMail, mailer: Command) -> None:
    """A reader with nothing to lift must be refused, with the reason."""
    _, sent = service.campaign(ANA)
    service.returned("54-postfix.eml", sent[ANA])
    said = mailer("subscribers", "reinstate", ANA, "--reason", "called us")
    assert (said.code, service.status(ANA)) == (0, "active")
    assert "gets mail again" in said.out
    assert service.told("subscriber.status")[-1]["reason"] == "called us"
    again = mailer("subscribers", "reinstate", ANA)
    assert (again.code, again.out) == (1, "")
    assert "nothing to lift" in again.err


def test_a_provider_s_mistake_is_set_right_for_all_its_readers(
    service: ReturnedMail, mailer: Command
) -> None:
    """It has happened that a large one said of everybody that they did not exist."""
    _, before = service.campaign("x@example.com")
    service.returned("54-postfix.eml", before["x@example.com"])
    campaign, sent = service.campaign(ANA, "bo@example.com", "cy@example.net")
    for mail in sent.values():
        service.returned("54-postfix.eml", mail)
    number = str(campaign.number)
    said = mailer("subscribers", "reinstate", "--campaign", number, "--domain", "Example.com")
    assert "2 readers reinstated" in said.out
    addresses = [ANA, "bo@example.com", "cy@example.net", "x@example.com"]
    assert [service.status(one) for one in addresses] == [
        *("active", "active", "suspended", "suspended")
    ]
    mailer("subscribers", "reinstate", "--campaign", number)
    assert service.status("cy@example.net") == "active"
    for wrong in ([], ["--domain", "example.com"], [ANA, "--campaign", number]):
        assert mailer("subscribers", "reinstate", *wrong).code == 1


def test_mail_is_listed_by_kind_with_what_became_of_it(
    service: ReturnedMail, mailer: Command
) -> None:
    """A storm of other mail must not hide what came back."""
    _, sent = service.campaign(ANA)
    service.returned("54-postfix.eml", sent[ANA])
    service.returned("55-absence.eml", sent[ANA])
    lines = mailer("inbound", "list", "--kind", "bounce", "--json").out.splitlines()
    (one,) = map(json.loads, lines)
    assert (one["mail"], one["kind"], one["state"]) == (1, "bounce", "handled")
    assert one["reason"] == "subscriber 1, campaign 1: hard, user-unknown; suspended"
    assert "hard, user-unknown; suspended" in mailer("inbound", "list").out
    shown = mailer("inbound", "show", "1").out
    assert "reason:    subscriber 1, campaign 1: hard, user-unknown; suspended" in shown
    mailer("inbound", "requeue", "1")
    service.intake.process(1)
    assert "not counted: gets no mail already" in mailer("inbound", "show", "1").out
