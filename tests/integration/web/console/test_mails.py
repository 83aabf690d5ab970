"""The part of the account where users choose which mails they get."""

from __future__ import annotations

from pathlib import Path

from mailer.domain.access.mails import Topic
from mailer.domain.access.rights import Role
from mailer.services.access import users
from mailer.services.access.audit import each as entries
from mailer.store.server.connection import Store
from support.readers.html_tree import Tree
from support.service.console import Browser, add_user
from support.service.web_service import WebService

PAGE = "/console/account"


def boxes(page: str) -> dict[str, bool]:
    """Return the mails that can be chosen, and whether each is."""
    fields = [given for tag, given in Tree(page).tags if tag == "input"]
    return {one["value"]: "checked" in one for one in fields if one.get("name") == "topics"}


def signed_in(store: Store, data_dir: Path, role: Role) -> tuple[WebService, Browser, int]:
    """Sign a user in; returns their number, too."""
    web = WebService(store, data_dir)
    add_user(web, "cy@example.org", Role.OWNER, "Cy")
    user = add_user(web, "ada@example.org", role)
    browser = Browser(web)
    browser.sign_in(user.address)
    return web, browser, user.number


def test_an_owner_chooses_and_the_page_shows_it(store: Store, data_dir: Path) -> None:
    """The page shows what is so before anything was chosen, and after."""
    web, browser, number = signed_in(store, data_dir, Role.OWNER)
    assert boxes(browser.get(PAGE).text) == {
        "approvals": True,
        "finished": True,
        "all-finished": False,
        "alerts": True,
    }
    sent = browser.press(PAGE, f"{PAGE}/mails", topics=["alerts", "all-finished", "rubbish"])
    assert sent.status_code == 303
    page = browser.get(PAGE).text
    assert "These are the mails that you get from now on." in page
    assert [name for name, chosen in boxes(page).items() if chosen] == ["all-finished", "alerts"]
    user = users.get(store, number)
    assert user.mails == frozenset({Topic.ALERTS, Topic.ALL_FINISHED})
    browser.press(PAGE, f"{PAGE}/mails")
    assert not any(boxes(browser.get(PAGE).text).values())
    done = [one for one in entries(web.store) if one.act == "account.mails"]
    assert [one.phase.value for one in done] == ["begun", "done"] * 2


def test_an_editor_is_offered_what_an_editor_can_get(store: Store, data_dir: Path) -> None:
    """Nothing is asked for that would never come; what is sent all the same counts not."""
    _, browser, number = signed_in(store, data_dir, Role.EDITOR)
    assert set(boxes(browser.get(PAGE).text)) == {"finished", "all-finished"}
    browser.press(PAGE, f"{PAGE}/mails", topics=["approvals", "alerts", "finished"])
    assert users.get(store, number).mails == frozenset({Topic.FINISHED})


def test_a_form_from_elsewhere_changes_nothing(store: Store, data_dir: Path) -> None:
    """Another website could silence the alerts."""
    web, browser, number = signed_in(store, data_dir, Role.OWNER)
    assert browser.post(f"{PAGE}/mails", {"topics": "alerts"}).status_code in {400, 403}
    stranger = Browser(web)
    stranger.post(f"{PAGE}/mails", {"stamp": browser.stamp(PAGE), "topics": "alerts"})
    assert users.get(store, number).mails is None
