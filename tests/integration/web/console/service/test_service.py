"""The place for owners: users, tokens, web hooks, what was done and what happened."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailer.domain.access.rights import Role
from mailer.services.access import users
from mailer.store.deliverability import condition
from mailer.store.server.connection import Store
from support.service.console import Browser, add_user, links
from support.service.web_service import WebService

BASE = "/console/operation"
PAGES = ["", "/users", "/users/new", "/tokens", "/tokens/new", "/webhooks", "/webhooks/new"]
LOGS = ["/audit", "/events"]


@pytest.fixture
def web(store: Store, data_dir: Path) -> WebService:
    """Pages, and an owner."""
    made = WebService(store, data_dir)
    add_user(made)
    return made


@pytest.fixture
def ada(web: WebService) -> Browser:
    """The owner, signed in."""
    browser = Browser(web)
    browser.sign_in("ada@example.org")
    return browser


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_an_owner_sees_every_page_in_each_language(ada: Browser, language: str) -> None:
    """Each page is there, says what it is, and leaves no gap unfilled."""
    ada.press("/console/account", "/console/account/language", language=language)
    for page in PAGES + LOGS:
        answer = ada.get(BASE + page)
        assert answer.status_code == 200, page
        assert f'lang="{language}"' in answer.text
        assert not re.search(r">[^<]*\{[a-z_]+\}[^<]*<", answer.text), page


@pytest.mark.parametrize("page", [*PAGES[1:], "/audit"])
def test_an_editor_sees_none_of_them(web: WebService, page: str) -> None:
    """Who manages no users learns nothing of them, also by the address."""
    add_user(web, "ed@example.org", Role.EDITOR, "Ed")
    browser = Browser(web)
    browser.sign_in("ed@example.org")
    answer = browser.get(BASE + page)
    assert answer.status_code == 403
    assert "ada@example.org" not in answer.text
    if page.endswith("/new"):
        sent = browser.press("/console/account", BASE + page, address="x@example.org", role="owner")
        assert sent.status_code == 403


def test_when_the_last_backup_was_made_is_told(web: WebService, ada: Browser) -> None:
    """The time that the machine's own check knows, and not a guess from a log."""
    assert "None is known of." in ada.get(BASE).text
    condition.note_backup(web.store)
    at = condition.last_backup(web.store)
    assert at is not None
    shown = ada.get(BASE).text
    assert "None is known of." not in shown
    [told] = re.findall(r"The last one was made on ([^(]+) \(", shown)
    assert str(at.year) in told
    assert f"{at:%B}" in told or f"{at:%b}" in told


def test_somebody_is_added_invited_and_signs_in(web: WebService, ada: Browser) -> None:
    """From the form to their first page."""
    sent = ada.press(
        f"{BASE}/users/new", address="bo@example.org", name="<Bo>", role="sender", language="fr"
    )
    assert sent.status_code == 303
    assert "&lt;Bo&gt; may sign in now" in ada.get(f"{BASE}/users").text
    [invitation] = links(web)
    bo = Browser(web, "203.0.113.9")
    bo.press(f"/console/link/{invitation}", f"/console/link/{invitation}/again")
    bo.press(f"/console/link/{links(web)[-1]}")
    assert 'lang="fr"' in bo.get("/console").text


@pytest.mark.parametrize(
    ("address", "said"),
    [("no address", "This is not an email address."), ("ada@example.org", "This address is")],
)
def test_what_was_typed_stays_where_an_address_is_refused(
    ada: Browser, address: str, said: str
) -> None:
    """The rest of the form is not lost."""
    answer = ada.press(
        f"{BASE}/users/new", address=address, name='"Q"', role="reader", language="es"
    )
    assert answer.status_code == 422
    assert answer.text.count(said) == 2  # above the form, and at the field
    assert 'value="&#34;Q&#34;"' in answer.text
    assert 'value="reader" checked' in answer.text


def test_the_last_owner_stays_one(web: WebService, ada: Browser) -> None:
    """Nobody locks everybody out by a click."""
    ada.press(f"{BASE}/users/1", f"{BASE}/users/1/role", role="reader")
    assert "This is the last owner" in ada.get(f"{BASE}/users/1").text
    assert users.get(web.store, 1).role is Role.OWNER
    ada.press(f"{BASE}/users/1", f"{BASE}/users/1/disable")
    assert ada.get("/console").status_code == 200


def test_a_user_is_disabled_and_comes_back(web: WebService, ada: Browser) -> None:
    """Their session is over at once; both can be undone by whoever did it."""
    add_user(web, "bo@example.org", Role.EDITOR, "Bo")
    bo = Browser(web, "203.0.113.9")
    bo.sign_in("bo@example.org")
    ada.press(f"{BASE}/users/2", f"{BASE}/users/2/disable")
    assert bo.get("/console").status_code == 303
    ada.press(f"{BASE}/users/2", f"{BASE}/users/2/enable")
    assert "Bo may sign in again" in ada.get(f"{BASE}/users/2").text


def test_a_token_is_shown_once_works_and_ends(web: WebService, ada: Browser) -> None:
    """Its text is on one page only, and good for the API until it is revoked."""
    answer = ada.press(f"{BASE}/tokens/new", name="<crm>", scopes="subscribers:read", days="30")
    text = re.findall(r'<code id="token">([^<]+)</code>', answer.text)[0]
    bearer = {"Authorization": f"Bearer {text}"}
    assert web.get("/api/v1/subscribers", **bearer).status_code == 200
    page = ada.get(f"{BASE}/tokens").text
    assert "&lt;crm&gt;" in page
    assert text not in page
    [name] = re.findall(r"/tokens/([a-z0-9]+)/revoke", page)
    ada.press(f"{BASE}/tokens", f"{BASE}/tokens/{name}/revoke")
    assert web.get("/api/v1/subscribers", **bearer).status_code == 401


def test_a_token_without_a_name_or_scope_is_refused(ada: Browser) -> None:
    """Both are told at once."""
    answer = ada.press(f"{BASE}/tokens/new", name="", days="")
    assert answer.status_code == 422
    assert "2 things must be mended" in answer.text


def test_a_web_hook_is_added_paused_and_removed(ada: Browser) -> None:
    """What it is for stands in the list; removing it asks, with numbers."""
    answer = ada.press(
        f"{BASE}/webhooks/new", url="https://crm.example.org/hook", types="campaign.*", note="CRM"
    )
    path = answer.headers["location"]
    assert "campaign.*" in ada.get(path).text
    ada.press(path, f"{path}/pause")
    assert "paused" in ada.get(path).text
    assert "0 events that wait for it" in ada.get(f"{path}/remove").text
    ada.press(f"{path}/remove")
    assert "No web hooks yet" in ada.get(f"{BASE}/webhooks").text


def test_a_web_hook_to_nowhere_is_refused_at_its_fields(ada: Browser) -> None:
    """The address and an unknown type are told, and stay as they were typed."""
    answer = ada.press(f"{BASE}/webhooks/new", url="http://x", more="no.such", types="campaign.*")
    assert answer.status_code == 422
    assert 'value="no.such"' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_what_was_done_is_listed_checked_and_given_out(ada: Browser) -> None:
    """An owner need not trust us: the chain can be checked, and taken elsewhere."""
    ada.press(f"{BASE}/users/new", address="bo@example.org", name="Bo", role="reader")
    page = ada.get(f"{BASE}/audit").text
    assert "Added a user" in page
    assert "Ada" in page
    ada.press(f"{BASE}/audit", f"{BASE}/audit/verify")
    assert "The log is whole" in ada.get(f"{BASE}/audit").text
    given = ada.press(f"{BASE}/audit", f"{BASE}/audit/export")
    assert given.headers["content-disposition"] == 'attachment; filename="audit.jsonl"'
    assert '"act": "users.add"' in given.text


def test_events_are_shown_from_a_day_on(ada: Browser) -> None:
    """A day that is none shows today's."""
    ada.press(f"{BASE}/users/new", address="bo@example.org", name="Bo", role="reader")
    assert "User added" in ada.get(f"{BASE}/events").text
    assert "user.added" in ada.get(f"{BASE}/events?day=nonsense&after=<x>").text
    assert "Nothing happened" in ada.get(f"{BASE}/events?day=2090-01-01").text
