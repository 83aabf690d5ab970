"""Signing in by a mailed link, attacked in every way that we know of."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from mailer.domain.access.rights import Role
from mailer.domain.access.signing_in.session import IDLE, LONGEST, PROOF
from mailer.services.access import audit, users
from mailer.services.access.signing_in import links as limits
from mailer.services.operation import event_log
from mailer.store.keys import signing_in as keys
from mailer.store.server.connection import Store
from mailer.web.console import pages
from mailer.web.console.route import ConsoleRoute, signed_in
from support.service.console import Browser, add_user, links
from support.service.web_service import BASE, WebService

ADA = "ada@example.org"
SESSION = "__Host-mailer"


@pytest.fixture
def web(store: Store, data_dir: Path) -> WebService:
    """Return pages with one user."""
    made = WebService(store, data_dir)
    add_user(made)
    return made


def test_a_mailed_link_signs_in_the_browser_that_asked(web: WebService) -> None:
    """The way for everybody: nothing to remember, nothing to install."""
    ada = Browser(web)
    answer = ada.sign_in(ADA)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    home = ada.get("/console")
    assert home.status_code == 200
    assert "Ada" in home.text
    assert home.headers["cache-control"] == "no-store"
    told = [one for _, one in event_log.read(web.store) if one["type"] == "user.signed_in"]
    assert [one["way"] for one in told] == ["link"]
    entry = audit.newest(web.store, 1)[0]
    assert (entry.act, entry.via, entry.actor) == ("sessions.begin", "console", "user:1")


def test_the_cookies_are_out_of_reach_of_scripts_and_other_hosts(web: WebService) -> None:
    """A session that a script or a neighbour can read or set is anybody's."""
    ada = Browser(web)
    for cookie in ada.sign_in(ADA).headers.get_list("set-cookie"):
        parts = [part.strip().lower() for part in cookie.split(";")]
        assert cookie.startswith("__Host-")
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= set(parts)
        assert not any(part.startswith("domain") for part in parts)


def test_opening_the_link_changes_nothing(web: WebService) -> None:
    """Law 5: scanners of mail systems open every link before its reader does."""
    ada = Browser(web)
    ada.ask(ADA)
    [token] = links(web)
    scanner = Browser(web, "198.51.100.1")
    for _ in range(3):
        assert "another browser" in scanner.get(f"/console/link/{token}").text
    assert ada.press(f"/console/link/{token}").headers["location"] == "/console"


def test_a_link_works_once(web: WebService) -> None:
    """Replay: a link lies on in mailboxes and proxies' logs."""
    ada = Browser(web)
    ada.ask(ADA)
    [token] = links(web)
    stamp = ada.stamp(f"/console/link/{token}")
    assert ada.post(f"/console/link/{token}", {"stamp": stamp}).status_code == 303
    ada.press("/console", "/console/sign-out")
    ada.cookies.delete(SESSION)
    assert ada.post(f"/console/link/{token}", {"stamp": stamp}).status_code == 403
    assert ada.get("/console").status_code == 303


def test_a_link_is_good_for_ten_minutes(web: WebService) -> None:
    """Who finds it later finds nothing."""
    ada = Browser(web)
    ada.ask(ADA)
    [token] = links(web)
    stamp = ada.stamp(f"/console/link/{token}")
    web.clock.advance(timedelta(minutes=10))
    assert ada.post(f"/console/link/{token}", {"stamp": stamp}).status_code == 403


def test_a_stolen_link_is_worth_nothing_in_another_browser(web: WebService) -> None:
    """Theft between browsers: whoever reads the mail has not asked for it."""
    ada, thief = Browser(web), Browser(web, "198.51.100.1")
    ada.ask(ADA)
    [token] = links(web)
    stamp = thief.stamp("/console/sign-in")
    assert thief.post(f"/console/link/{token}", {"stamp": stamp}).status_code == 403
    assert thief.get("/console").status_code == 303
    # And it is not used up by the attempt.
    assert ada.press(f"/console/link/{token}").status_code == 303


def test_a_link_that_an_attacker_asked_for_signs_nobody_in(web: WebService) -> None:
    """Neither the attacker, who has no mail, nor the victim into the attacker's browser."""
    attacker, ada = Browser(web, "198.51.100.1"), Browser(web)
    attacker.ask(ADA)
    [token] = links(web)
    answer = ada.press(f"/console/link/{token}", f"/console/link/{token}")
    assert answer.status_code == 403
    assert attacker.get("/console").status_code == 303


def test_in_another_browser_a_new_link_can_be_had_without_any_limit(web: WebService) -> None:
    """A user opens the mail on the phone; and no stranger's asking can use up what that needs."""
    attackers = [Browser(web, f"198.51.{net}.1") for net in range(limits.MAILS + 3)]
    tokens: list[str] = []
    for attacker in attackers:
        attacker.ask(ADA)
        tokens += links(web)
    assert len(tokens) == limits.MAILS
    held = [one for _, one in event_log.read(web.store) if one["type"] == "sign_in.held"]
    assert len(held) == 1
    phone = Browser(web)
    answer = phone.press(f"/console/link/{tokens[-1]}", f"/console/link/{tokens[-1]}/again")
    assert answer.headers["location"] == "/console/sign-in/sent"
    [fresh] = links(web)
    assert phone.press(f"/console/link/{fresh}").headers["location"] == "/console"
    # The one that was exchanged is used up.
    assert attackers[0].get(f"/console/link/{tokens[-1]}").text.count("/again") == 0


def test_a_known_browser_is_held_back_by_nobody(web: WebService) -> None:
    """Lock-out: floods of strangers, from the same network too, leave the user's own way open."""
    ada = Browser(web)
    ada.sign_in(ADA)
    ada.press("/console", "/console/sign-out")
    stranger = Browser(web)
    refused = [stranger.ask(ADA).status_code for _ in range(limits.FROM_NETWORK + 1)]
    assert refused[-1] == 429
    assert len(links(web)) == limits.MAILS_FROM_NETWORK - 1  # the first mail to Ada was one
    assert ada.sign_in(ADA).headers["location"] == "/console"


def test_nobody_learns_who_is_a_user(web: WebService) -> None:
    """Enumeration: the same answer, and the same work, whoever's address it is."""
    web.store.redis.config_resetstat()
    answers, works = [], []
    for address in ("nobody@example.org", ADA):
        browser = Browser(web)
        stamp = browser.stamp("/console/sign-in")
        before = commands(web.store)
        answer = browser.post("/console/sign-in", {"stamp": stamp, "address": address})
        works.append({name: n - before.get(name, 0) for name, n in commands(web.store).items()})
        answers.append((answer.status_code, answer.headers["location"], answer.text))
    assert answers[0] == answers[1]
    for work in works:
        work.pop("info", None)
    assert works[0] == works[1]
    assert len(links(web)) == 1


def commands(store: Store) -> dict[str, int]:
    """Count the store's commands by name."""
    stats = store.redis.info("commandstats")
    return {name.removeprefix("cmdstat_"): one["calls"] for name, one in stats.items()}


def test_signing_in_draws_a_new_session(web: WebService) -> None:
    """Fixation: a session that an attacker put into the browser never becomes the user's."""
    ada, planted = Browser(web), "A" * 43
    ada.cookies.set(SESSION, planted, domain="bulletin.example.org", path="/")
    ada.sign_in(ADA)
    assert ada.cookies[SESSION] != planted
    other = Browser(web, "198.51.100.1")
    other.cookies.set(SESSION, planted, domain="bulletin.example.org", path="/")
    assert other.get("/console").status_code == 303


def test_proving_again_ends_the_old_secret_and_keeps_the_session(web: WebService) -> None:
    """Whoever copied the cookie before the proof has nothing after it."""
    ada = Browser(web)
    ada.sign_in(ADA)
    copied = ada.cookies[SESSION]
    web.clock.advance(PROOF)
    ada.press("/console/prove", "/console/sign-in", address=ADA)
    ada.press(f"/console/link/{links(web)[-1]}")
    assert ada.cookies[SESSION] != copied
    thief = Browser(web)
    thief.cookies.set(SESSION, copied, domain="bulletin.example.org", path="/")
    assert thief.get("/console").status_code == 303
    assert ada.get("/console/account").text.count("this browser") == 1
    assert web.store.redis.zcard(keys.user_sessions(1)) == 1


def test_the_store_holds_no_secret_of_a_session_or_link(web: WebService) -> None:
    """Whoever reads the store, or a copy of it, cannot sign in by that."""
    ada = Browser(web)
    ada.ask(ADA)
    [token] = links(web)
    ada.press(f"/console/link/{token}")
    secrets = [ada.cookies[SESSION], ada.cookies["__Host-mailer-browser"], token]
    for key in web.store.redis.scan_iter():
        dumped = key + (web.store.redis.dump(key) or b"")
        assert not any(secret.encode() in dumped for secret in secrets)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/console//evil.example",
        "/console/../leave",
        "/console\r\nSet-Cookie: x=y",
        "/console@evil.example",
        "/consoles",
        "javascript:alert(1)",
        "/console?next=https://evil.example",
        "",
    ],
)
def test_signing_in_leads_to_pages_of_ours_alone(web: WebService, elsewhere: str) -> None:
    """Open redirect: a link to our sign-in must not end on a copy of our pages."""
    ada = Browser(web)
    assert ada.sign_in(ADA, elsewhere).headers["location"] == "/console"
    shown = ada.get(f"/console/sign-in?next={quote(elsewhere)}")
    assert shown.headers["location"] == "/console"


def test_signing_in_leads_back_to_where_one_was(web: WebService) -> None:
    """A user who follows a link to a page finds that page after signing in."""
    ada = Browser(web)
    asked = ada.get("/console/account")
    assert asked.headers["location"] == "/console/sign-in?next=/console/account"
    assert ada.sign_in(ADA, "/console/account").headers["location"] == "/console/account"


def test_forms_of_other_websites_do_nothing(web: WebService) -> None:
    """CSRF: by origin, by what the browser says of the site, and by the stamp."""
    ada, other = Browser(web), Browser(web, "198.51.100.1")
    ada.sign_in(ADA)
    stamp = ada.stamp("/console")
    out = "/console/sign-out"
    good = {"stamp": stamp}
    assert ada.post(out, good, Origin="https://evil.example").status_code == 403
    assert ada.post(out, good, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert ada.post(out, good, **{"Sec-Fetch-Site": "same-site"}).status_code == 403
    assert ada.post(out, {"stamp": "x"}).status_code == 403
    assert ada.post(out, {"stamp": other.stamp("/console/sign-in")}).status_code == 403
    assert ada.get("/console").status_code == 200
    assert ada.post(out, good).status_code == 303


def test_nobody_is_signed_in_to_somebody_elses_account(web: WebService) -> None:
    """Login CSRF: a form with the attacker's own link, sent from the victim's browser."""
    add_user(web, "mallory@example.org", Role.READER, "Mallory")
    mallory, ada = Browser(web, "198.51.100.1"), Browser(web)
    mallory.ask("mallory@example.org")
    [token] = links(web)
    stamp = mallory.stamp(f"/console/link/{token}")
    assert ada.post(f"/console/link/{token}", {"stamp": stamp}).status_code == 403
    assert ada.press(f"/console/link/{token}", f"/console/link/{token}").status_code == 403
    assert ada.get("/console").status_code == 303


def test_sessions_end_by_themselves(web: WebService) -> None:
    """A browser that was left open is of no use the next day; a used one within a week."""
    ada = Browser(web)
    ada.sign_in(ADA)
    web.clock.advance(IDLE)
    assert ada.get("/console").status_code == 303
    ada.sign_in(ADA)
    for _ in range(LONGEST // timedelta(hours=8)):
        assert ada.get("/console").status_code == 200
        web.clock.advance(timedelta(hours=8))
    assert ada.get("/console").status_code == 303


def test_a_form_of_a_session_that_is_over_leads_to_the_sign_in(web: WebService) -> None:
    """After lunch one signs in, and is back on the page that one was on; nothing was done."""
    ada = Browser(web)
    ada.sign_in(ADA)
    stamp = ada.stamp("/console/account")
    web.clock.advance(IDLE)
    given = {"stamp": stamp, "language": "fr"}
    path = "/console/account/language"
    answer = ada.post(path, given, Referer=f"{BASE}/console/account")
    assert answer.headers["location"] == "/console/sign-in?next=/console/account"
    assert users.get(web.store, 1).language == "en"


def test_a_form_of_a_session_that_is_over_leads_on_whatever_page_it_names(web: WebService) -> None:
    """Anybody may write anything into a header: that is no defect of the page."""
    ada = Browser(web)
    ada.sign_in(ADA)
    stamp = ada.stamp("/console/account")
    web.clock.advance(IDLE)
    given = {"stamp": stamp, "language": "fr"}
    answer = ada.post("/console/account/language", given, Referer="http://[")
    assert answer.headers["location"] == "/console/sign-in?next=/console"


def test_a_user_sees_and_ends_their_sessions(web: WebService) -> None:
    """A phone that was lost is signed out from the desk."""
    desk, phone = Browser(web), Browser(web, "203.0.113.9")
    desk.sign_in(ADA)
    phone.sign_in(ADA)
    page = desk.get("/console/account").text
    assert "Firefox, Linux, 203.0.113.0/24" in page
    [other] = set(_ends(page))
    answer = desk.press("/console/account", f"/console/account/sessions/{other}/end")
    assert answer.status_code == 303
    assert phone.get("/console").status_code == 303
    assert desk.get("/console").status_code == 200
    assert audit.newest(web.store, 1)[0].act == "sessions.revoke"


def test_nobody_ends_the_sessions_of_others(web: WebService) -> None:
    """An id that was seen on somebody's screen is no key."""
    add_user(web, "bo@example.org", Role.READER, "Bo")
    ada, ada_too, bo = Browser(web), Browser(web, "203.0.113.9"), Browser(web, "198.51.100.9")
    ada.sign_in(ADA)
    ada_too.sign_in(ADA)
    bo.sign_in("bo@example.org")
    [other] = set(_ends(ada.get("/console/account").text))
    assert bo.press("/console", f"/console/account/sessions/{other}/end").status_code == 404
    assert ada_too.get("/console").status_code == 200


def _ends(page: str) -> list[str]:
    return re.findall(r"/console/account/sessions/([0-9a-f]{16})/end", page)


def test_signing_out_everywhere_ends_all(web: WebService) -> None:
    """The one button for when something is wrong."""
    one, two = Browser(web), Browser(web, "203.0.113.9")
    one.sign_in(ADA)
    two.sign_in(ADA)
    one.press("/console/account", "/console/account/sessions/end")
    assert one.get("/console").status_code == 303
    assert two.get("/console").status_code == 303


def test_a_disabled_user_is_out_at_once(web: WebService) -> None:
    """And a link in their mailbox, asked for before, lets them in no more."""
    add_user(web, "bo@example.org", Role.READER, "Bo")
    bo = Browser(web)
    bo.sign_in("bo@example.org")
    again = Browser(web, "203.0.113.9")
    again.ask("bo@example.org")
    [token] = links(web)
    users.disable(web.store, web.clock.now(), "bo@example.org")
    assert bo.get("/console").status_code == 303
    stamp = again.stamp("/console/sign-in")
    for target in (token, f"{token}/again"):
        assert again.post(f"/console/link/{target}", {"stamp": stamp}).status_code == 403
    assert links(web) == []


def test_an_invitation_gets_a_link_for_the_browser_it_is_opened_in(web: WebService) -> None:
    """The first way in, for somebody who has never been here."""
    add_user(web, "bo@example.org", Role.EDITOR, "Bo")
    web.site.links.invite("bo@example.org")
    [token] = links(web)
    web.clock.advance(timedelta(days=2))
    bo = Browser(web)
    assert "You are invited" in bo.get(f"/console/link/{token}").text
    assert bo.press(f"/console/link/{token}", f"/console/link/{token}").status_code == 403
    assert bo.get("/console").status_code == 303
    bo.press(f"/console/link/{token}", f"/console/link/{token}/again")
    [fresh] = links(web)
    bo.press(f"/console/link/{fresh}")
    assert "Bo" in bo.get("/console").text


def test_the_language_of_a_user_is_that_of_the_console(web: WebService) -> None:
    """And that of the mails to them."""
    ada = Browser(web)
    ada.sign_in(ADA)
    ada.press("/console/account", "/console/account/language", language="fr")
    assert "Bonjour, Ada" in ada.get("/console").text


def test_without_an_address_of_the_pages_there_is_no_console(store: Store, data_dir: Path) -> None:
    """Links could lead nowhere, and a passkey belongs to an address."""
    web = WebService(store, data_dir, public_url="")
    assert web.get("/console/sign-in").status_code == 404


def test_by_http_on_this_machine_the_cookies_have_names_that_browsers_take(
    store: Store, data_dir: Path
) -> None:
    """Development: browsers refuse `__Host-` without TLS."""
    web = WebService(store, data_dir, public_url="http://127.0.0.1:8080")
    [cookie] = web.get("/console/sign-in").headers.get_list("set-cookie")
    assert cookie.startswith("mailer-browser=")
    assert "secure" not in cookie.lower()


def test_every_route_of_the_console_needs_a_session_but_those_to_sign_in() -> None:
    """A page that forgot to ask for a user would show something to everybody."""
    open_ = {
        "/console/sign-in",
        "/console/sign-in/sent",
        "/console/link/{token}",
        "/console/link/{token}/again",
        "/console/sign-in/passkey",
        "/console/sign-in/passkey/options",
        "/console/sign-in/password",
        "/console/openid",
        "/console/openid/back",
    }
    for router in pages.ROUTERS:
        for one in router.routes:
            assert isinstance(one, ConsoleRoute)
            asks = any(part.call is signed_in for part in one.dependant.dependencies)
            assert asks is (one.path not in open_), one.path
