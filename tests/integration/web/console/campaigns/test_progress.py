"""A campaign's page while it goes and after: figures, what holds it, what can be done, live."""

from __future__ import annotations

import json

import anyio
import httpx

from mailer.domain.access.rights import Role
from mailer.domain.campaigns.campaign import State
from support.service.console import FIREFOX
from support.service.settled_campaign import settled

from .conftest import Desk
from .test_guided import text_of

ONE = "/console/campaigns/1"


def test_a_campaign_under_way_says_how_it_stands_and_what_holds_it(desk: Desk) -> None:
    """No worker runs in the test: the page says so in a sentence."""
    desk.small.started()
    said = text_of(desk.browser(), ONE)
    assert "0 of 3 accepted" in said
    assert "is not running" in said
    assert "Pause" in said


def test_pause_go_on_slow_down_and_cancel(desk: Desk) -> None:
    """Each button does what it says; cancelling asks on a page of its own, with the numbers."""
    desk.small.started()
    browser, find = desk.browser(), desk.small.campaigns.find
    browser.press(ONE, f"{ONE}/pause")
    assert find(1).state is State.PAUSED
    assert "Go on with 3 messages" in text_of(browser, ONE)
    browser.press(ONE, f"{ONE}/resume", readers="3")
    assert find(1).state is State.SENDING
    assert browser.press(ONE, f"{ONE}/resume", readers="3").status_code == 303
    browser.press(ONE, f"{ONE}/speed", count="600", per="minute")
    assert find(1).speed == "600 a minute"
    assert "600 a minute" in text_of(browser, ONE)
    browser.press(ONE, f"{ONE}/speed", none="yes")
    assert find(1).speed == ""
    assert "3 readers will not get it" in text_of(browser, f"{ONE}/cancel")
    assert find(1).state is State.SENDING
    browser.press(f"{ONE}/cancel", f"{ONE}/cancel")
    assert find(1).state is State.CANCELLED


def test_the_report_balances_and_leads_on(desk: Desk) -> None:
    """Sums, reasons with what can be done, and those missed get a campaign of their own."""
    settled(desk.small, 2)
    browser = desk.browser()
    said = text_of(browser, f"{ONE}/report")
    assert "Mailbox full 1 May be over: try again" in said
    assert "b.example" in said
    assert "Prepare a campaign for the 1 missed" in said
    made = browser.press(f"{ONE}/report", f"{ONE}/repeat")
    assert made.headers["location"].endswith("/console/campaigns/2?step=approve")
    assert "goes to 1 reader" in text_of(browser, "/console/campaigns/2?step=approve")
    again = browser.press(f"{ONE}/report", f"{ONE}/retry", readers="1")
    assert again.headers["location"].endswith(ONE)
    assert desk.small.campaigns.find(1).state is State.SENDING


def test_a_relays_words_are_text_on_the_page_and_in_the_table(desk: Desk) -> None:
    """Strangers write them."""
    settled(desk.small, 2, text="=HYPERLINK(1) <script>x</script> mailbox full")
    browser = desk.browser()
    page = browser.get(f"{ONE}/missed").text
    assert "&lt;script&gt;" in page
    assert "<script>x" not in page
    table = browser.get(f"{ONE}/missed.csv")
    assert table.headers["content-type"].startswith("text/csv")
    head, line = table.text.splitlines()
    assert head.startswith("address,language,outcome,why")
    assert "ben@b.example,en,rejected,'=HYPERLINK" in line


def test_why_readers_were_skipped_is_said_in_the_users_language(desk: Desk) -> None:
    """What the service itself says must not be English on a French page."""
    desk.small.started()
    desk.small.campaigns.cancel(1)
    browser = desk.browser()
    browser.press("/console/account", "/console/account/language", language="fr")
    said = text_of(browser, f"{ONE}/missed")
    assert said.count("L’envoi a été annulé") == 3
    assert "Annulé" in said


def test_what_nobody_can_tell_is_decided_by_a_person(desk: Desk) -> None:
    """Two buttons with the number, and what each risks."""
    settled(desk.small)
    for name, bit in (("accepted", 0), ("unknown", 1)):
        desk.small.store.redis.setbit(f"mailer:campaign:1:{name}", 1, bit)
    browser = desk.browser()
    assert "Count 1 unknown as accepted" in text_of(browser, f"{ONE}/report")
    stale = browser.press(f"{ONE}/report", f"{ONE}/resolve", readers="2", how="sent")
    assert stale.status_code == 303
    assert desk.small.campaigns.status(1).counts.unknown == 1
    browser.press(f"{ONE}/report", f"{ONE}/resolve", readers="1", how="sent")
    assert desk.small.campaigns.status(1).counts.accepted == 3


def test_the_list_shows_how_each_fared_and_is_searched_by_its_address(desk: Desk) -> None:
    """A link to the search shows the same to a colleague."""
    settled(desk.small, 2)
    desk.small.campaigns.create("small", "bulletin")
    browser = desk.browser()
    assert "2 / 3" in text_of(browser, "/console/campaigns")
    drafts = text_of(browser, "/console/campaigns?state=draft")
    assert "2 / 3" not in drafts
    assert "No campaign fits" in text_of(browser, "/console/campaigns?q=nothing-like-it")


def test_readers_of_the_console_may_look_and_change_nothing(desk: Desk) -> None:
    """Buttons that a role may not press are not there, and pressing them anyway does nothing."""
    desk.small.started()
    browser = desk.browser("rob", Role.READER)
    said = text_of(browser, ONE)
    assert "Pause" not in said
    assert "Limit the speed" not in said
    stamp = browser.stamp("/console/account")
    for verb in ("pause", "cancel", "speed", "retry", "resolve", "repeat", "send", "who"):
        answer = browser.post(f"{ONE}/{verb}", {"stamp": stamp, "readers": "3", "count": "1"})
        assert answer.status_code == 403, verb
    assert desk.small.campaigns.find(1).state is State.SENDING


def test_progress_is_told_as_it_goes_until_the_end(desk: Desk) -> None:
    """Parts of the page, made by the server in the user's language; strangers hear nothing."""
    settled(desk.small, 2)
    browser = desk.browser()

    async def listen() -> list[str]:
        transport = httpx.ASGITransport(desk.web.app, client=(browser.client, 40000))
        async with httpx.AsyncClient(
            transport=transport, base_url=browser.base, cookies=browser.cookies
        ) as client:
            answer = await client.get(f"{ONE}/live", headers={"User-Agent": FIREFOX})
            assert answer.headers["content-type"].startswith("text/event-stream")
            return answer.text.split("\n\n")

    parts = anyio.run(listen)
    events = [part for part in parts if "event: " in part]
    assert [part.split("event: ")[1].split("\n")[0] for part in events] == ["progress", "end"]
    data = json.loads(events[0].split("data: ")[1])
    assert data["state"] == "sent"
    assert "2 of 3 accepted" in data["html"]
    assert 'class="progress"' in data["html"]
    assert "/console/sign-in" in desk.web.get(f"{ONE}/live").headers["location"]


def test_who_leaves_by_its_mail_is_in_its_report(desk: Desk) -> None:
    """Each edition that costs readers should be seen to."""
    campaign = settled(desk.small)
    desk.web.press(desk.web.leave_path(1, campaign.number))
    assert "Left the list by its mail 1" in text_of(desk.browser(), f"{ONE}/report")
