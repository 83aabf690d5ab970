"""Signing in with a real OpenID provider, and every way to trick that flow."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from mailer.domain.access.rights import Role
from mailer.domain.access.signing_in.session import PROOF
from mailer.domain.access.user import Standing
from mailer.services.access import audit, users
from mailer.services.operation import event_log
from mailer.store.server.connection import Store
from support.servers import openid_server
from support.servers.openid_server import SECRET, Person
from support.service.console import Browser, add_user
from support.service.web_service import BASE, WebService

pytestmark = pytest.mark.skipif(
    openid_server.missing(), reason="needs oidc-provider: sh deploy/bootstrap.sh test"
)
BACK = "/console/openid/back"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """Run the provider."""
    with openid_server.provider(BASE) as issuer:
        yield issuer


def pages(
    store: Store, folder: Path, issuer: str, *, late: timedelta = timedelta(), **openid: Any
) -> WebService:
    """Return pages that know the provider, at the time that it has, or so much before."""
    secret = folder / "openid.secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    asked = {"issuer": issuer, "client_id": "mailer", "client_secret_file": str(secret)}
    web = WebService(store, folder, openid=asked | {"label": "Example"} | openid)
    web.clock.advance(datetime.now(UTC) - late - web.clock.now())
    return web


@pytest.fixture
def web(store: Store, data_dir: Path, issuer: str) -> WebService:
    """Return pages with a user who is known at the provider, too."""
    data_dir.mkdir(exist_ok=True)
    made = pages(store, data_dir, issuer)
    add_user(made)
    return made


def begun(browser: Browser, page: str = "/console/sign-in", next_: str = "/console") -> str:
    """Press the button; returns the address at the provider."""
    answer = browser.press(page, "/console/openid", next=next_)
    assert answer.status_code == 200, answer.text
    found = re.search(r'rel="noreferrer" href="([^"]+)"', answer.text)
    assert found
    assert answer.headers["refresh"] == f"0;url={html.unescape(found[1])}"
    return html.unescape(found[1])


def back(browser: Browser, given: dict[str, str]) -> httpx.Response:
    """Come back to our page, and press its button."""
    shown = browser.get(f"{BACK}?{httpx.QueryParams(given)}")
    assert shown.status_code == 200
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', shown.text)
    return browser.post(BACK, {name: html.unescape(value) for name, value in fields})


def sign_in(browser: Browser, person: Person, **where: str) -> httpx.Response:
    """Sign in by the provider."""
    return back(browser, person.go(begun(browser, **where)))


def failed(web: WebService) -> list[str]:
    """Return why sign-ins failed."""
    found = [one for _, one in event_log.read(web.store) if one["type"] == "sign_in.failed"]
    return [one["reason"] for one in found]


def test_whoever_the_provider_vouches_for_is_signed_in(web: WebService) -> None:
    """One account for everything that the institution has."""
    ada = Browser(web)
    answer = sign_in(ada, Person("ada"), next_="/console/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/account")
    assert "Ada" in ada.get("/console").text
    told = [one for _, one in event_log.read(web.store) if one["type"] == "user.signed_in"]
    assert told[-1]["way"] == "openid"


def test_nobody_is_added_without_roles_by_claim(web: WebService) -> None:
    """Whoever has an account at Google is no user of ours."""
    eve = Browser(web)
    answer = sign_in(eve, Person("eve"))
    assert answer.status_code == 403
    assert "An owner can add you" in answer.text
    assert len(users.listed(web.store)) == 1


def test_an_address_that_is_not_verified_is_nobodys(web: WebService) -> None:
    """Whoever may type any address into their account there would be any user here."""
    add_user(web, "unverified@example.org", Role.OWNER, "Uma")
    answer = sign_in(Browser(web), Person("unverified"))
    assert answer.status_code == 403
    assert failed(web) == ["unverified"]


def test_coming_back_changes_nothing_before_the_button(web: WebService) -> None:
    """Law 5."""
    ada = Browser(web)
    given = Person("ada").go(begun(ada))
    for _ in range(2):
        assert ada.get(f"{BACK}?{httpx.QueryParams(given)}").status_code == 200
    assert ada.get("/console").status_code == 303
    assert back(ada, given).status_code == 303


def test_an_answer_works_once(web: WebService) -> None:
    """Replay, and so nonce reuse: state, nonce and PKCE's secret are one, and used up."""
    ada = Browser(web)
    given = Person("ada").go(begun(ada))
    assert back(ada, given).status_code == 303
    ada.press("/console", "/console/sign-out")
    answer = back(ada, given)
    assert answer.status_code == 403
    assert "took too long" in answer.text


def test_an_answer_works_in_the_browser_that_asked_alone(web: WebService) -> None:
    """Login CSRF: the attacker's answer, opened by the victim; or a stolen one."""
    attacker, ada = Browser(web, "198.51.100.1"), Browser(web)
    given = Person("ada").go(begun(attacker))
    assert back(ada, given).status_code == 403
    assert ada.get("/console").status_code == 303


def test_a_code_of_another_sign_in_is_worth_nothing(web: WebService) -> None:
    """Code injection: PKCE and the nonce bind a code to the sign-in that it was made for."""
    victim, attacker = Browser(web), Browser(web, "198.51.100.1")
    stolen = Person("ada").go(begun(victim))
    own = Person("mallory").go(begun(attacker))
    answer = back(attacker, own | {"code": stolen["code"]})
    assert answer.status_code == 403
    assert attacker.get("/console").status_code == 303


def test_an_answer_of_another_issuer_is_refused(web: WebService, issuer: str) -> None:
    """Mix-up (RFC 9207): another provider's answer must not be taken to this one."""
    for issued in ("https://evil.example", "", f"{issuer}/"):
        ada = Browser(web)
        given = Person("ada").go(begun(ada))
        assert given["iss"] == issuer
        assert back(ada, given | {"iss": issued}).status_code == 403
    assert failed(web) == ["unfit"] * 3


def test_a_sign_in_takes_ten_minutes_at_most(web: WebService) -> None:
    """An answer that lies about is worth nothing later."""
    ada = Browser(web)
    given = Person("ada").go(begun(ada))
    web.clock.advance(timedelta(minutes=10))
    assert back(ada, given).status_code == 403


def test_what_the_provider_refuses_is_told_in_our_own_words(web: WebService) -> None:
    """What stands in an address is never shown: anybody could have written it."""
    ada = Browser(web)
    state = dict(httpx.URL(begun(ada)).params)["state"]
    given = {"state": state, "error": "access_denied", "error_description": "call 555 now"}
    answer = back(ada, given)
    assert answer.status_code == 403
    assert "refused or cancelled" in answer.text
    assert "555" not in answer.text


def test_proving_oneself_asks_anew_there(store: Store, data_dir: Path, issuer: str) -> None:
    """Step-up: being signed in at the provider for hours is no proof of one's person."""
    data_dir.mkdir(exist_ok=True)
    web = pages(store, data_dir, issuer, late=PROOF)
    add_user(web)
    ada, person = Browser(web), Person("ada")
    person.go(begun(Browser(web, "203.0.113.9")))
    assert person.asked == 1
    ada.sign_in("ada@example.org")
    web.clock.advance(PROOF)
    assert ada.get("/console/account/password").status_code == 303
    address = begun(ada, "/console/prove")
    assert {"prompt", "max_age"} <= set(httpx.URL(address).params)
    assert back(ada, person.go(address)).status_code == 303
    assert person.asked == 2
    assert ada.get("/console/account/password").status_code == 200


def test_a_provider_that_did_not_ask_anew_proves_nothing(web: WebService) -> None:
    """Whoever takes the wish out of the address must not get by with the sign-in of before."""
    ada, person = Browser(web), Person("ada")
    sign_in(ada, person)
    web.clock.advance(timedelta(minutes=5))
    address = httpx.URL(begun(ada, "/console/prove"))
    params = {name: value for name, value in address.params.items() if name != "max_age"}
    del params["prompt"]
    given = person.go(str(address.copy_with(params=params)))
    assert person.asked == 1
    assert back(ada, given).status_code == 403
    assert failed(web) == ["unfit"]


def test_a_sign_in_without_being_asked_there_proves_nothing(web: WebService) -> None:
    """Whoever finds an open browser must not get a fresh proof by signing out and in again."""
    ada, person = Browser(web), Person("ada")
    sign_in(ada, person)
    ada.press("/console", "/console/sign-out")
    asked = person.asked
    web.clock.advance(timedelta(minutes=9))
    other = Browser(web, "203.0.113.9")
    assert sign_in(other, person).status_code == 303
    assert person.asked == asked
    assert other.get("/console/account/password").status_code == 200
    # The provider goes by the real time, which ran on a little while the pages' clock stood still.
    web.clock.advance(timedelta(minutes=2))
    assert other.get("/console/account/password").status_code == 303


def test_claims_give_roles_and_keep_them_in_step(store: Store, data_dir: Path, issuer: str) -> None:
    """The institution's directory says who does what; nobody keeps a second list."""
    data_dir.mkdir(exist_ok=True)
    web = pages(store, data_dir, issuer, roles={"writers": "editor", "bosses": "owner"})
    bo = Browser(web)
    assert sign_in(bo, Person("bo+writers+others")).status_code == 303
    assert users.find(store, "bo@example.org").role is Role.EDITOR
    assert users.find(store, "bo@example.org").name == "BO"
    entry = next(one for one in audit.newest(store, 5) if one.act == "users.add")
    assert entry.actor == "provider:Example"
    sign_in(Browser(web), Person("bo+bosses+writers"))
    assert users.find(store, "bo@example.org").role is Role.OWNER
    assert bo.get("/console").status_code == 303
    # The last owner stays one; whoever is in no group is nobody.
    assert sign_in(Browser(web), Person("bo+writers")).status_code == 303
    assert users.find(store, "bo@example.org").role is Role.OWNER
    assert sign_in(Browser(web), Person("bo")).status_code == 403
    assert sign_in(Browser(web), Person("eve+others")).status_code == 403
    add_user(web, "cy@example.org", Role.OWNER, "Cy")
    users.disable(store, web.clock.now(), "bo@example.org")
    assert sign_in(Browser(web), Person("bo+bosses")).status_code == 403
    assert users.find(store, "bo@example.org").standing is Standing.DISABLED


@pytest.mark.parametrize("method", ["client_secret_post", "none"])
def test_clients_of_other_kinds_work(store: Store, data_dir: Path, method: str) -> None:
    """Providers differ in how a client says who it is."""
    data_dir.mkdir(exist_ok=True)
    with openid_server.provider(BASE, method) as issuer:
        changed: dict[str, Any] = {"client_secret_file": ""} if method == "none" else {}
        web = pages(store, data_dir, issuer, **changed)
        add_user(web)
        # This provider takes both forms of a secret only from a client that is said to have it.
        kept = dict(web.site.openid._provider.offers())
        kept["token_endpoint_auth_methods_supported"] = [method]
        _keep(web, kept)
        assert sign_in(Browser(web), Person("ada")).status_code == 303


def _keep(web: WebService, offers: dict[str, Any]) -> None:
    provider = web.site.openid._provider
    address = next(iter(provider._kept))
    provider._kept[address] = (provider._kept[address][0], offers)


def test_a_provider_that_calls_itself_otherwise_is_not_believed(
    store: Store, data_dir: Path, issuer: str
) -> None:
    """Whatever answers at the address of the settings must be what they name."""
    data_dir.mkdir(exist_ok=True)
    web = pages(store, data_dir, issuer.replace("127.0.0.1", "localhost"))
    answer = Browser(web).press("/console/sign-in", "/console/openid")
    assert answer.status_code == 403
    assert "could not be reached" in answer.text


def test_a_provider_that_is_away_is_told_in_words(store: Store, data_dir: Path) -> None:
    """The other ways stay."""
    data_dir.mkdir(exist_ok=True)
    web = pages(store, data_dir, "http://127.0.0.1:9")
    answer = Browser(web).press("/console/sign-in", "/console/openid")
    assert answer.status_code == 403
    assert "could not be reached" in answer.text


def test_without_a_provider_there_is_no_such_page(store: Store, data_dir: Path) -> None:
    """And no button."""
    web = WebService(store, data_dir)
    browser = Browser(web)
    assert "/console/openid" not in browser.get("/console/sign-in").text
    assert browser.get(BACK).status_code == 404
    assert browser.press("/console/sign-in", "/console/openid").status_code == 404
