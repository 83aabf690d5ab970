"""The list of readers, one reader's page, and what is done to one and to many."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.domain.access.rights import Role
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.attributes import Attribute, Kind
from mailer.services.subscriptions import subscribers
from mailer.store.server.connection import Store
from mailer.store.subscribers import records
from support.service.console import Browser, add_user
from support.service.web_service import WebService

LIST = "/console/subscribers"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def web(store: Store, data_dir: Path) -> WebService:
    """Pages over a list of three, of whom one has a hostile name."""
    country = Attribute("country", Kind.CHOICE, ("CH", "FR"), {"en": "Country"})
    two = {"bulletin": {"default": True}, "meetings": {}}
    web = WebService(store, data_dir, attributes={"country": country}, topics=two)
    for number, name in enumerate(("Zoé García", HOSTILE, ""), 1):
        reader(web, f"r{number}@example.org", name=name, tags="press" if number > 1 else "")
    return web


def reader(web: WebService, address: str, **said: str) -> int:
    """Put a reader on the list."""
    now = web.clock.now()
    put = subscribers.add(web.store, web.settings, now, parse_address(address), **said)  # type: ignore[arg-type]
    return put.number


def signed_in(web: WebService, role: Role = Role.OWNER) -> Browser:
    """Sign a user in."""
    browser = Browser(web)
    browser.sign_in(add_user(web, f"{role}@example.org", role=role).address)
    return browser


def follow(browser: Browser, answer: object) -> str:
    """Return the page that a form led to."""
    assert answer.status_code == 303, answer.text  # type: ignore[attr-defined]
    return browser.get(answer.headers["location"]).text  # type: ignore[attr-defined]


def test_readers_are_found_and_their_names_escaped(web: WebService) -> None:
    """A name is a stranger's text; a secretary types it without accents."""
    browser = signed_in(web)
    page = browser.get(LIST).text
    assert "3 readers" in page
    assert HOSTILE not in page
    assert html.escape(HOSTILE) in page
    found = browser.get(f"{LIST}?q=zoe").text
    assert "r1@example.org" in found
    assert "r2@example.org" not in found
    assert "Nobody fits" in browser.get(f"{LIST}?q=nobody&status=active&tag=press").text
    assert browser.get(f"{LIST}?rule=tag:").status_code == 422
    palette = browser.get("/console/find?q=zoe").text
    assert "Zoé García · r1@example.org" in palette


def test_page_of_a_reader_tells_and_changes(web: WebService) -> None:
    """What was typed is kept where it cannot be, and where somebody else was quicker."""
    browser, path = signed_in(web), f"{LIST}/1"
    page = browser.get(path).text
    assert "The secretariat answers for it" in page
    assert "Put on the list by the secretariat" in page
    seen = re.findall(r'name="seen" value="([^"]+)"', browser.get(f"{path}/edit").text)[0]
    given = {"seen": seen, "topics": "bulletin", "language": "en", "attribute-country": "CH"}
    wrong = browser.press(f"{path}/edit", **given, name="=1+1", tags="vip")
    assert wrong.status_code == 422
    assert 'value="=1+1"' in wrong.text
    assert 'aria-invalid="true"' in wrong.text
    more = {**given, "topics": ["bulletin", "meetings"]}
    assert "consent" in browser.press(f"{path}/edit", **more, name="Zoé", tags="vip").text
    basis = "Form of the May meeting"
    done = browser.press(f"{path}/edit", **more, name="Zoé", tags="vip", consent=basis)
    shown = follow(browser, done)
    assert "The reader was changed" in shown
    assert basis in shown
    again = browser.press(f"{path}/edit", **given, name="Later", tags="")
    assert again.status_code == 409
    assert 'value="Later"' in again.text
    one = records.get(web.store, 1)
    assert one
    assert (one.name, one.tags, one.attributes) == ("Zoé", ("vip",), {"country": "CH"})


def test_suppressing_is_undone_and_erasing_is_not(web: WebService) -> None:
    """What can be undone is done at once; what cannot be is told with its numbers first."""
    browser, path = signed_in(web), f"{LIST}/2"
    page = follow(browser, browser.press(path, f"{path}/suppress"))
    assert "never mailed" in page
    assert f'action="{path}/unsuppress"' in page
    assert "may be mailed again" in follow(browser, browser.press(path, f"{path}/unsuppress"))
    told = browser.get(f"{path}/erase").text
    assert "Erase 1 reader" in told
    assert "1 tags" in told
    assert "Reader 2 was erased" in follow(browser, browser.press(f"{path}/erase"))
    assert browser.get(path).status_code == 404
    assert records.get(web.store, 2) is None


def test_reader_is_added_or_asked(web: WebService) -> None:
    """Consent is said, not assumed; whoever left stays away (law 7)."""
    browser = signed_in(web)
    form = {"address": "new@example.org", "topics": "bulletin", "language": "fr"}
    refused = browser.press(f"{LIST}/add", **form, how="vouch")
    assert refused.status_code == 422
    assert 'value="new@example.org"' in refused.text
    page = follow(browser, browser.press(f"{LIST}/add", **form, how="vouch", consent="A form"))
    assert "Nobody was mailed" in page
    asked = browser.press(f"{LIST}/add", address="you@example.org", topics="bulletin", how="ask")
    assert "asks you@example.org to confirm" in follow(browser, asked)
    gone = browser.press(f"{LIST}/1/remove", reason="asked by phone, r1@example.org")
    assert "From “active” to “left”: asked by phone, (address)" in follow(browser, gone)
    left = browser.press(
        f"{LIST}/add", address="r1@example.org", topics="bulletin", how="vouch", consent="A form"
    )
    assert left.status_code == 422
    assert "Only the owner" in left.text
    assert browser.press(f"{LIST}/add", address="no", how="ask").status_code == 422


def test_many_are_tagged_and_erased_with_the_number_in_view(web: WebService) -> None:
    """Law 18: nothing is done to another number than was agreed to."""
    browser = signed_in(web)
    asked = browser.press(LIST, f"{LIST}/many", deed="tag", number=["1", "3", "99999999"])
    assert "Tag 2 readers" in asked.text
    form = {"deed": "tag", "number": ["1", "3"], "expected": "2"}
    page = follow(browser, browser.press(LIST, f"{LIST}/many/do", **form, add="vip"))
    assert "2 readers were tagged" in page
    chosen = {"deed": "erase", "all": "yes", "tag": "press"}
    assert "Erase 2 readers" in browser.press(LIST, f"{LIST}/many", **chosen).text
    late = browser.press(LIST, f"{LIST}/many/do", **chosen, expected="3")
    assert late.status_code == 409
    assert "another number" in late.text
    done = follow(browser, browser.press(LIST, f"{LIST}/many/do", **chosen, expected="2"))
    assert "2 readers were erased" in done
    assert browser.press(LIST, f"{LIST}/many", deed="tag").status_code == 422
    assert browser.press(LIST, f"{LIST}/many", deed="nonsense", number="1").status_code == 400


def test_export_needs_a_fresh_proof_and_guards_formulas(web: WebService) -> None:
    """A browser that was left open takes no addresses away."""
    browser = signed_in(web)
    answer = browser.press(LIST, f"{LIST}/export", q="zoe")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.count("\n") == 2
    assert "attachment" in answer.headers["content-disposition"]
    web.clock.advance(timedelta(minutes=20))
    later = browser.press(LIST, f"{LIST}/export")
    assert later.headers["location"].startswith("/console/prove")


def test_rights_hide_and_refuse(web: WebService) -> None:
    """A reader of the console looks; every act refuses besides."""
    browser = signed_in(web, Role.READER)
    page = browser.get(f"{LIST}/1").text
    assert "Change this reader" not in page
    assert 'name="deed"' not in browser.get(LIST).text
    for path, form in (
        (f"{LIST}/1/suppress", {}),
        (f"{LIST}/1/erase", {}),
        (f"{LIST}/export", {}),
        (f"{LIST}/many/do", {"deed": "tag", "number": "1", "expected": "1", "add": "x"}),
        (f"{LIST}/add", {"address": "x@example.org", "how": "vouch", "consent": "x"}),
    ):
        assert browser.press(LIST, path, **form).status_code == 403, path
    assert browser.get(f"{LIST}/import/{'0' * 32}").status_code == 403
    assert records.count(web.store).suppressed == 0
