"""Segments, who waits for a yes, addresses that are never mailed, and imports, in the console."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from mailer.domain.access.rights import Role
from mailer.domain.subscribers.address import parse_address
from mailer.services.subscriptions import subscribers
from mailer.store.server.connection import Store
from mailer.store.subscribers import records, requests
from support.service.console import Browser, add_user
from support.service.web_service import WebService

LIST = "/console/subscribers"
FILE = (
    'email,Newsletter 2019,name\nana@example.org,yes,Ana\nleo@example.org,no,Leo\nbad,yes,"<b>"\n'
)


@pytest.fixture
def web(store: Store, data_dir: Path) -> WebService:
    """Pages of a list with a topic that the secretariat gives."""
    press = {"name": {"en": "Press"}, "moderated": True}
    topics: Any = {"bulletin": {"default": True}, "press": press}
    return WebService(store, data_dir, topics=topics)


@pytest.fixture
def browser(web: WebService) -> Browser:
    """A sender, who has signed in."""
    browser = Browser(web)
    browser.sign_in(add_user(web, role=Role.SENDER).address)
    return browser


def added(web: WebService, address: str = "ana@example.org") -> int:
    """Put a reader on the list."""
    given = (web.store, web.settings, web.clock.now(), parse_address(address))
    return subscribers.add(*given, language="fr").number


def follow(browser: Browser, answer: Any) -> str:
    """Return the page that a form led to."""
    assert answer.status_code == 303, answer.text
    return browser.get(answer.headers["location"]).text


def test_segments_are_counted_defined_and_kept_while_in_use(
    web: WebService, browser: Browser
) -> None:
    """A mistake is told at its place; what was typed stays."""
    added(web)
    wrong = browser.press(
        f"{LIST}/segments/new", f"{LIST}/segments/define", name="french", rule="lang:fr and tag:x"
    )
    assert wrong.status_code == 422
    assert "Character 13" in wrong.text
    assert "lang:fr and tag:x" in wrong.text
    tried = {"name": "french", "rule": "lang:fr"}
    path = f"{LIST}/segments/define"
    assert "1 reader" in browser.press(f"{LIST}/segments/new", path, **tried, **{"try": "yes"}).text
    page = follow(browser, browser.press(f"{LIST}/segments/new", path, **tried))
    assert "french" in page
    assert "fr 1" in page
    assert browser.press(f"{LIST}/segments/new", path, **tried).status_code == 422
    other = {"name": "other", "rule": "segment:french"}
    follow(browser, browser.press(f"{LIST}/segments/new", path, **other))
    used = browser.press(f"{LIST}/segments/french", f"{LIST}/segments/french/remove")
    assert used.status_code == 409
    gone = browser.press(f"{LIST}/segments/other", f"{LIST}/segments/other/remove")
    assert "was removed" in follow(browser, gone)
    assert "1 reader" in browser.get(f"{LIST}?segment=french").text
    part = browser.get(f"{LIST}/segments/count?rule=lang:fr").text
    assert part.strip().startswith("<div")
    assert "<html" not in part


def test_readers_who_wait_are_given_the_topic(web: WebService, browser: Browser) -> None:
    """Several at once; whoever does not wait any more is told apart."""
    number = added(web)
    step = requests.Step(web.clock.now(), number=number, only=["active"], waits=["press"])
    assert requests.take(web.store, step) == "done"
    page = browser.get(f"{LIST}/waiting").text
    assert "ana@example.org" in page
    assert '<span class="badge">1' in page
    nobody = browser.press(f"{LIST}/waiting", decision="approve")
    assert nobody.status_code == 422
    who = [f"{number} press", f"{number} bulletin"]
    done = browser.press(f"{LIST}/waiting", decision="approve", who=who)
    assert "1 reader has the topic" in follow(browser, done)
    found = records.get(web.store, number)
    assert found
    assert found.topics == ("bulletin", "press")
    assert "Nobody waits" in browser.get(f"{LIST}/waiting").text


def test_addresses_are_looked_up_and_never_listed(browser: Browser) -> None:
    """Addresses stand in no address line, as proxies log those."""
    path = f"{LIST}/suppressed"
    done = browser.press(path, addresses="a@example.org, b@example.org", doing="add", reason="x")
    page = follow(browser, done)
    assert "2 addresses are never mailed" in page
    assert "a@example.org" not in page
    looked = browser.press(path, addresses="a@example.org c@example.org", doing="look").text
    assert looked.count("may be mailed") >= 1
    assert "1 address may be mailed again" in follow(
        browser, browser.press(path, addresses="a@example.org", doing="lift")
    )
    wrong = browser.press(path, addresses="nonsense <i>", doing="add")
    assert wrong.status_code == 422
    assert "<i>" not in wrong.text


def test_file_is_imported_in_four_steps(web: WebService, browser: Browser) -> None:
    """Columns are agreed to, the figures are seen before, and the file goes."""
    sent = upload(browser, "../readers.csv", FILE)
    place = sent.headers["location"]
    page = browser.get(place).text
    assert "The columns of readers.csv" in page
    assert "decide: may say who must not be mailed" in page
    form: dict[str, Any] = {"column-0": "address", "column-2": "name", "topics": "bulletin"}
    undecided = browser.press(place, **form, **{"column-1": "?"}, consent="A form")
    assert undecided.status_code == 422
    assert 'value="A form"' in undecided.text
    form["column-1"] = "subscribed"
    assert "consent comes from" in browser.press(place, **form).text
    tried = browser.press(place, **form, consent="A form")
    step = tried.headers["location"]
    assert "waiting" in browser.get(step).text
    work(web, step)
    shown = browser.get(step).text
    assert "1 readers would be added" in shown
    assert "Import 1 reader" in shown
    assert "<b>" not in shown
    assert records.count(web.store).total == 0
    refused = browser.get(f"{LIST}/jobs/{number_of(step)}/refused")
    assert len(refused.text.splitlines()) == 3
    done = browser.press(step)
    work(web, done.headers["location"])
    assert "See the readers" in browser.get(done.headers["location"]).text
    assert records.count(web.store).total == 1
    assert browser.get(place).status_code == 404
    again = browser.get(f"{LIST}/1").text
    assert "import of a file" in again


def test_file_and_job_are_their_sender_s_alone(web: WebService, browser: Browser) -> None:
    """They hold people's addresses."""
    place = upload(browser, "x.csv", FILE).headers["location"]
    other = Browser(web, "203.0.113.9")
    other.sign_in(add_user(web, "eve@example.org", role=Role.SENDER).address)
    assert other.get(place).status_code == 404
    form = {"column-0": "address", "column-1": "subscribed", "column-2": "name"}
    step = browser.press(place, **form, consent="A form").headers["location"]
    assert other.get(f"{LIST}/jobs/{number_of(step)}").status_code == 404
    assert other.get(f"{LIST}/jobs/{number_of(step)}/refused").status_code == 404
    dropped = browser.press(place, f"{place}/drop")
    assert "was deleted" in follow(browser, dropped)


@pytest.mark.parametrize("content", ["", "PK\x03\x04", "a;b\n1;2\n"])
def test_what_is_no_list_is_refused_with_words(browser: Browser, content: str) -> None:
    """A spreadsheet that was sent as it is must not end in an error page."""
    answer = upload(browser, "x.csv", content)
    if answer.status_code == 303:
        page = browser.press(answer.headers["location"], consent="A form")
        assert page.status_code == 422
        assert "address" in page.text
    else:
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text


def upload(browser: Browser, name: str, content: str) -> Any:
    """Send a file."""
    stamp = browser.stamp(f"{LIST}/import")
    parts = (
        f'--x\r\nContent-Disposition: form-data; name="stamp"\r\n\r\n{stamp}\r\n'
        f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: text/csv\r\n\r\n{content}\r\n--x--\r\n"
    )
    return browser.send(f"{LIST}/import", parts.encode(), "multipart/form-data; boundary=x")


def number_of(path: str) -> int:
    """Return the number of a job from its address."""
    return int(re.findall(r"\d+", path)[-1])


def work(web: WebService, path: str) -> None:
    """Let a worker do a job."""
    web.site.jobs.work(number_of(path))
