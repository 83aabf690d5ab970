"""The guided send: what was chosen stays, nothing leaves before the last button, and then once."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.domain.access.rights import Role
from mailer.domain.campaigns.campaign import State
from mailer.store.server.connection import Store
from support.service.console import Browser

from .conftest import Desk

ONE = "/console/campaigns/1"


def text_of(browser: Browser, path: str) -> str:
    """Return the words of a page."""
    page = browser.get(path)
    assert page.status_code == 200, page.status_code
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def begun(desk: Desk) -> Browser:
    """Make a draft, as the first page does."""
    browser = desk.browser()
    answer = browser.press("/console/campaigns/new", edition="small")
    assert answer.headers["location"].endswith(f"{ONE}?step=who")
    return browser


def test_from_an_edition_to_the_last_button(desk: Desk) -> None:
    """The whole way; the sentence at its end has the numbers of what then happens."""
    browser = begun(desk)
    answer = browser.press(f"{ONE}?step=who", f"{ONE}/who", topic="bulletin", rule="lang:en")
    assert answer.headers["location"].endswith("?step=when")
    assert "2 readers" in text_of(browser, f"{ONE}?step=who")
    browser.press(f"{ONE}?step=when", f"{ONE}/when", when="now")
    said = text_of(browser, f"{ONE}?step=approve")
    assert "Spring 2023 goes to 2 readers (English 2), now." in said
    assert "Send to 2 readers" in said
    assert desk.small.campaigns.find(1).state is State.DRAFT
    sent = browser.press(f"{ONE}?step=approve", f"{ONE}/send", readers="2")
    assert sent.headers["location"].endswith(ONE)
    assert desk.small.campaigns.find(1).state is State.SENDING


def test_pressed_twice_or_sent_anew_it_is_sent_once(desk: Desk) -> None:
    """A double click, and the browser that asks whether to send the form again."""
    browser = begun(desk)
    form = {"stamp": browser.stamp(f"{ONE}?step=approve"), "readers": "3"}
    answers = [browser.post(f"{ONE}/send", form) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303] * 3
    assert {answer.headers["location"].endswith(ONE) for answer in answers} == {True}
    started = [one for one in desk.web.mail.events() if one["type"] == "campaign.started"]
    assert len(started) == 1


def test_another_number_than_that_on_the_button_sends_nothing(desk: Desk) -> None:
    """Somebody imported readers while the page lay open (law 18)."""
    browser = begun(desk)
    desk.small.subscribe("new@a.example")
    answer = browser.press(f"{ONE}?step=approve", f"{ONE}/send", readers="3")
    assert answer.status_code == 409
    assert "4 readers would get it" in html.unescape(re.sub(r"<[^>]+>", "", answer.text))
    assert desk.small.campaigns.find(1).state is State.DRAFT
    assert browser.press(f"{ONE}?step=approve", f"{ONE}/send").status_code == 409


def test_readers_of_other_languages_and_those_who_had_it_are_told(desk: Desk) -> None:
    """Who reads Spanish gets English, as the edition has no Spanish; that is said before."""
    desk.small.subscribe("uwe@b.example", language="es")
    first = desk.small.started(rule="lang:fr")
    assert first.planned == 1
    browser = desk.browser()
    browser.press("/console/campaigns/new", edition="small")
    said = text_of(browser, "/console/campaigns/2?step=approve")
    assert "1 reads Spanish and gets English." in said
    assert "1 of the 4 had it by campaign 1" in said


def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(desk: Desk) -> None:
    """A rule with a slip must not have to be typed anew."""
    browser = begun(desk)
    wrong = {"topic": "bulletin", "rule": 'lang:"<x>" and', "not_yet": "yes"}
    answer = browser.press(f"{ONE}?step=who", f"{ONE}/who", **wrong)
    assert answer.status_code == 422
    assert 'value="lang:&#34;&lt;x&gt;&#34; and"' in answer.text
    assert "<x>" not in answer.text
    assert 'href="#rule"' in answer.text
    late = browser.press(
        f"{ONE}?step=when", f"{ONE}/when", when="other", date="2020-01-01", clock="09:00"
    )
    assert late.status_code == 422
    assert 'value="2020-01-01"' in late.text
    assert desk.small.campaigns.find(1).wanted_at is None


def test_a_time_is_kept_with_the_draft_and_starts_it_after_the_last_button(desk: Desk) -> None:
    """Choosing a time schedules nothing yet; the button does."""
    browser = begun(desk)
    at = (desk.web.clock.now() + timedelta(days=2)).strftime("%Y-%m-%d")
    browser.press(f"{ONE}?step=when", f"{ONE}/when", when="other", date=at, clock="09:00")
    assert desk.small.campaigns.find(1).state is State.DRAFT
    assert "09:00" in text_of(browser, ONE)
    browser.press(f"{ONE}?step=approve", f"{ONE}/send", readers="3")
    campaign = desk.small.campaigns.find(1)
    assert (campaign.state, campaign.scheduled_at) == (State.SCHEDULED, campaign.wanted_at)
    assert "It goes out by itself on" in text_of(browser, f"{ONE}?step=when")
    assert "Send to 3 readers now" in text_of(browser, ONE)


def test_a_second_person_approves_exactly_what_was_proposed(store: Store, data_dir: Path) -> None:
    """Whoever proposed it has no button to approve; a change makes it void."""
    desk = Desk(store, data_dir, approval_for=["bulletin"])
    ada, bo = begun(desk), desk.browser("bo", Role.SENDER)
    page = f"{ONE}?step=approve"
    assert ada.press(page, f"{ONE}/send", readers="3").status_code == 409
    ada.press(page, f"{ONE}/propose")
    own = text_of(ada, page)
    assert "Somebody else" in own or "somebody else" in own
    assert "Approve for" not in own
    assert "Approve for 3 readers" in text_of(bo, page)
    terms = re.search(r'name="terms" value="(\w+)"', bo.get(page).text)
    assert terms
    bo.press(page, f"{ONE}/approve", terms=terms[1])
    assert "Send to 3 readers" in text_of(ada, page)
    ada.press(f"{ONE}?step=who", f"{ONE}/who", topic="bulletin", rule="lang:en")
    assert "propose it again" in text_of(ada, page)
    assert ada.press(page, f"{ONE}/send", readers="2").status_code == 409
    assert desk.small.campaigns.find(1).state is State.DRAFT


def test_sending_asks_for_a_recent_proof_and_leads_back(desk: Desk) -> None:
    """A browser that was left open mails nobody; after the proof the draft is as it was."""
    browser = begun(desk)
    browser.press(f"{ONE}?step=who", f"{ONE}/who", topic="bulletin", rule="lang:fr")
    desk.web.clock.advance(timedelta(hours=2))
    answer = browser.press(f"{ONE}?step=approve", f"{ONE}/send", readers="1")
    assert answer.headers["location"].endswith(f"/console/prove?next={ONE}")
    campaign = desk.small.campaigns.find(1)
    assert (campaign.state, campaign.rule) == (State.DRAFT, "lang:fr")


@pytest.mark.parametrize("role", [Role.READER, Role.EDITOR])
def test_whoever_may_not_send_sees_no_button_and_is_refused(desk: Desk, role: Role) -> None:
    """A right that only hides a button is none."""
    begun(desk)
    browser = desk.browser("rob", role)
    assert "Send to 3 readers" not in text_of(browser, f"{ONE}?step=approve")
    stamp = browser.stamp("/console/account")
    answer = browser.post(f"{ONE}/send", {"stamp": stamp, "readers": "3"})
    assert answer.status_code == 403
    assert desk.small.campaigns.find(1).state is State.DRAFT
