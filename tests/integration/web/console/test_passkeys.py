"""Passkeys, with an authenticator in software that also does what no browser would."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.access.rights import Role
from mailer.domain.access.signing_in.session import PROOF
from mailer.services.access import audit, users
from mailer.services.access.signing_in.visitor import Visitor
from mailer.store.server.connection import Store
from support.service.authenticator import PRESENT, Authenticator, letters
from support.service.console import Browser, add_user
from support.service.web_service import BASE, WebService

ADA = "ada@example.org"
HOST = BASE.removeprefix("https://")


@pytest.fixture
def web(store: Store, data_dir: Path) -> WebService:
    """Return pages with one user."""
    made = WebService(store, data_dir)
    add_user(made)
    return made


def device() -> Authenticator:
    """Return an authenticator with nothing on it, in a browser at our pages."""
    return Authenticator(HOST, BASE)


def add(browser: Browser, passkey: Authenticator, name: str = "Laptop") -> httpx.Response:
    """Add a passkey to the account of whoever has signed in."""
    options = asked(browser, "/console/account", "/console/account/passkeys/options")
    answer = passkey.make(options)
    return browser.press(
        "/console/account", "/console/account/passkeys", credential=answer, name=name
    )


def asked(browser: Browser, page: str, path: str, **fields: str) -> Any:
    """Return what the server asks an authenticator for."""
    answer = browser.press(page, path, **fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


def wanted(browser: Browser, **fields: str) -> Any:
    """Return what it asks for at sign-in."""
    return asked(browser, "/console/sign-in", "/console/sign-in/passkey/options", **fields)


def sent(browser: Browser, answer: str) -> httpx.Response:
    """Send an authenticator's answer to sign in."""
    return browser.press("/console/sign-in", "/console/sign-in/passkey", credential=answer)


@pytest.fixture
def passkey(web: WebService) -> Authenticator:
    """Return a passkey that Ada has added."""
    made, ada = device(), Browser(web)
    ada.sign_in(ADA)
    assert add(ada, made).headers["location"] == "/console/account"
    return made


def test_a_passkey_signs_in_without_a_name(web: WebService, passkey: Authenticator) -> None:
    """Nothing is typed, and so nothing can be told to a false page."""
    browser = Browser(web, "203.0.113.9")
    options = wanted(browser, next="/console/account")
    assert (options["rpId"], options["userVerification"]) == (HOST, "required")
    assert options["allowCredentials"] == []
    answer = sent(browser, passkey.sign(options))
    assert answer.headers["location"] == "/console/account"
    assert "Laptop" in browser.get("/console/account").text


def test_an_answer_works_once(web: WebService, passkey: Authenticator) -> None:
    """Replay: the challenge is used up, whatever the counter says."""
    browser = Browser(web, "203.0.113.9")
    answer = passkey.sign(wanted(browser))
    assert sent(browser, answer).status_code == 303
    browser.press("/console", "/console/sign-out")
    assert sent(browser, answer).status_code == 403


def test_an_answer_works_in_the_browser_that_asked_alone(
    web: WebService, passkey: Authenticator
) -> None:
    """A challenge that an attacker got, signed by a user who was tricked, is worth nothing."""
    attacker, ada = Browser(web, "203.0.113.9"), Browser(web)
    answer = passkey.sign(wanted(attacker))
    assert sent(ada, answer).status_code == 403
    assert ada.get("/console").status_code == 303


@pytest.mark.parametrize(
    "trick",
    ["origin", "site", "unverified", "counter", "signature", "challenge", "user", "key", "late"],
)
def test_what_does_not_fit_signs_nobody_in(
    web: WebService, passkey: Authenticator, trick: str
) -> None:
    """Every check of W3C Web Authentication section 7.2 that an attacker could go around."""
    add_user(web, "bo@example.org", Role.OWNER, "Bo")
    browser, changed = Browser(web, "203.0.113.9"), {}
    assert sent(browser, passkey.sign(wanted(browser))).status_code == 303
    browser.press("/console", "/console/sign-out")
    options = wanted(browser)
    if trick == "origin":
        passkey.origin = "https://bulletin.example.org.evil.example"
    elif trick == "site":
        passkey.site = "evil.example"
    elif trick == "unverified":
        passkey.flags = PRESENT
    elif trick == "counter":
        passkey.count -= 1
    elif trick == "signature":
        changed = {"signature": letters(b"0" * 70)}
    elif trick == "challenge":
        options["challenge"] = letters(b"0" * 32)
    elif trick == "user":
        changed = {"userHandle": letters((2).to_bytes(8, "big"))}
    elif trick == "key":
        other = device()
        other.id, other.user, other.count = passkey.id, passkey.user, 5
        passkey = other
    else:
        web.clock.advance(timedelta(minutes=10))
    assert sent(browser, passkey.sign(options, **changed)).status_code == 403
    assert browser.get("/console").status_code == 303


def test_adding_one_needs_a_fresh_proof(web: WebService) -> None:
    """A browser left open must not give its finder a way in for good."""
    ada = Browser(web)
    ada.sign_in(ADA)
    web.clock.advance(PROOF)
    page, path = "/console/account", "/console/account/passkeys"
    for target in (f"{path}/options", path):
        answer = ada.press(page, target, credential="{}")
        assert answer.headers["location"] == "/console/prove?next=/console/account"


def test_a_passkey_of_another_challenge_is_not_added(web: WebService) -> None:
    """The attacker's passkey, made in the attacker's browser, sent in the user's form."""
    add_user(web, "mallory@example.org", Role.READER, "Mallory")
    mallory, ada = Browser(web, "203.0.113.9"), Browser(web)
    mallory.sign_in("mallory@example.org")
    ada.sign_in(ADA)
    options = asked(mallory, "/console/account", "/console/account/passkeys/options")
    answer = device().make(options)
    refused = ada.press("/console/account", "/console/account/passkeys", credential=answer, name="")
    assert refused.status_code == 422
    assert "You have none yet" in ada.get("/console/account").text


def test_one_without_verification_is_not_added(web: WebService) -> None:
    """Without the screen lock it would be one factor: the device."""
    ada, bare = Browser(web), device()
    bare.flags = PRESENT
    ada.sign_in(ADA)
    assert add(ada, bare).status_code == 422


def test_a_removed_passkey_signs_in_no_more(web: WebService, passkey: Authenticator) -> None:
    """And the other sessions are over: whoever has the device is out."""
    thief, ada = Browser(web, "203.0.113.9"), Browser(web)
    sent(thief, passkey.sign(wanted(thief)))
    ada.sign_in(ADA)
    path = f"/console/account/passkeys/{letters(passkey.id)}/remove"
    assert ada.press("/console/account", path).status_code == 303
    assert audit.newest(web.store, 1)[0].act == "factors.remove"
    assert thief.get("/console").status_code == 303
    assert sent(thief, passkey.sign(wanted(thief))).status_code == 403
    assert ada.get("/console").status_code == 200


def test_a_disabled_user_has_no_use_of_a_passkey(web: WebService, passkey: Authenticator) -> None:
    """Disabling is one act, whatever ways a user has."""
    add_user(web, "bo@example.org", Role.OWNER, "Bo")
    users.disable(web.store, web.clock.now(), ADA)
    browser = Browser(web, "203.0.113.9")
    assert sent(browser, passkey.sign(wanted(browser))).status_code == 403


def test_proving_with_a_passkey_lets_one_go_on(web: WebService, passkey: Authenticator) -> None:
    """Step-up: one touch, and the page that needed it."""
    ada = Browser(web)
    ada.sign_in(ADA)
    web.clock.advance(PROOF)
    assert ada.get("/console/account/password").status_code == 303
    options = asked(ada, "/console/prove", "/console/sign-in/passkey/options", next="/console")
    answer = ada.press(
        "/console/prove", "/console/sign-in/passkey", credential=passkey.sign(options)
    )
    assert answer.status_code == 303
    assert ada.get("/console/account/password").status_code == 200


@given(
    st.one_of(
        st.text(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["id", "rawId", "type", "response", "clientDataJSON"]), inner
                )
            ),
            max_leaves=8,
        ).map(json.dumps),
    )
)
def test_no_answer_makes_the_page_fail(shared_store: Store, text: str) -> None:
    """It comes from outside: what is no answer is refused, and never a defect."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        web = _pages(shared_store, Path(folder))
        assert web.site.passkeys.answer(Visitor("0" * 64, "192.0.2.7"), text) is None


def _pages(store: Store, folder: Path) -> WebService:
    return WebService(store, folder)
