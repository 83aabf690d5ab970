"""Every route of the console, found in the code: who may ask for it, from where, and what it does.

A route that is added later is tried here without anybody's doing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
from argon2.profiles import CHEAPEST
from fastapi.routing import APIRoute

from mailer.domain.access.rights import Role
from mailer.domain.access.signing_in.destination import own
from mailer.domain.access.signing_in.session import PROOF
from mailer.services.access import api_tokens
from mailer.services.access.signing_in import passwords
from mailer.services.editions.drafts import beginning
from mailer.services.webhooks.managing import Webhooks
from mailer.store import keys
from mailer.store.server.connection import Store
from mailer.web.console.pages import ROUTERS
from support.service.console import Browser, add_user
from support.service.whole_site import SPRING, WholeSite, snapshot

HOME: Final = "/console"
OPEN: Final = (
    f"{HOME}/sign-in",
    f"{HOME}/sign-in/sent",
    f"{HOME}/link/{{token}}",
    f"{HOME}/openid/back",
)
"""Pages for whoever has not signed in."""
WORLD: Final = {f"{HOME}/sign-in/passkey/options", f"{HOME}/sign-in/passkey", f"{HOME}/openid"}
"""Forms of the same."""
READERS_OWN: Final = (f"{HOME}/account", f"{HOME}/sign-out", *OPEN, *WORLD)
"""Forms with which any user changes what is their own."""
CANARY: Final = "zq7canary"
CLOSED: Final = (
    f"{HOME}/inbox",
    f"{HOME}/operation/users",
    f"{HOME}/operation/tokens",
    f"{HOME}/operation/webhooks",
    f"{HOME}/operation/audit",
    f"{HOME}/operation/doctor",
    f"{HOME}/subscribers/import",
    f"{HOME}/subscribers/jobs",
)
"""What a user with the role of reader may not see, and all below it."""
ASKS_AGAIN: Final = frozenset(
    f"{HOME}/{path}"
    for path in (
        "account/passkeys",
        "account/passkeys/{name}/remove",
        "account/passkeys/options",
        "account/password/remove",
        "campaigns/{number:int}/approve",
        "campaigns/{number:int}/resume",
        "campaigns/{number:int}/speed",
        "campaigns/{number:int}/send",
        "campaigns/{number:int}/retry",
        "campaigns/{number:int}/resolve",
        "calendar/entries/{name}/attendees.csv",
        "subscribers/export",
        "subscribers/{number:int}/erase",
        "operation/users/new",
        "operation/users/{number}/role",
        "operation/users/{number}/disable",
        "operation/users/{number}/enable",
        "operation/users/{number}/invite",
        "operation/tokens/new",
        "operation/tokens/{name}/revoke",
        "operation/webhooks/new",
        "operation/webhooks/{name}/pause",
        "operation/webhooks/{name}/resume",
        "operation/webhooks/{name}/rotate",
        "operation/webhooks/{name}/test",
        "operation/webhooks/{name}/remove",
    )
)
"""Forms that a browser which was left open must not be able to send."""


def routes(method: str) -> list[str]:
    """List the paths of all routes of a method."""
    return [
        one.path
        for router in ROUTERS
        for one in router.routes
        if isinstance(one, APIRoute) and method in (one.methods or ())
    ]


STREAM: Final = "/live"
"""The end of addresses whose answers go on: their own tests read them."""
GETS = [one for one in routes("GET") if not one.endswith(STREAM)]
POSTS = routes("POST")


@dataclass
class House:
    """One service for all tests here, and who looks at it."""

    web: WholeSite
    owner: Browser
    reader: Browser
    names: dict[str, str] = field(default_factory=dict)
    stamps: dict[str, str] = field(default_factory=dict)

    def path(self, route: str) -> str:
        """Fill in a route's parameters with things that are there."""
        return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: self._named(route, found[1]), route)

    def _named(self, route: str, name: str) -> str:
        fit = [one for one in self.names if one.partition(" ")[0] == name]
        best = [one for one in fit if route.startswith(f"{HOME}/{one.partition(' ')[2]}")]
        return self.names[max(best, key=len)]

    def state(self) -> dict[bytes, object]:
        """Read the store, but for the records of what users did and where they are."""
        return {
            key: value
            for key, value in snapshot(self.web.store).items()
            if not re.search(rb"audit|session|challenge|limit", key)
        }

    def form(self, browser: Browser, path: str, **more: str) -> Any:
        """Send a form with a stamp that is good."""
        if browser.client not in self.stamps:
            self.stamps[browser.client] = browser.stamp(f"{HOME}/account")
        return browser.post(path, {"stamp": self.stamps[browser.client], **FORM, **more})


FORM: Final = {
    "address": "eve@example.org",
    "name": "eve",
    "role": "owner",
    "language": "en",
    "sure": "1",
    "readers": "3",
    "url": "https://example.org/hook",
    "types": "*",
    "scopes": "events:read",
    "days": "1",
    "rule": "lang:en",
    "slug": "evil",
    "date": "2030-01-01",
    "file": "en.md",
    "text": "evil",
    "reason": "evil",
    "deed": "done",
    "mail": "1",
    "default": "en",
    "topic": "bulletin",
    "policy": "skip",
    "how": "put",
    "consent": "evil",
    "topics": "bulletin",
    "edition": "spring-2023",
}
"""What fits some field of many forms."""


@pytest.fixture(scope="module")
def house(shared_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Return a service with something of everything, an owner and a reader who have signed in."""
    shared_store.redis.flushall()
    shared_store.redis.set(keys.SCHEMA, keys.SCHEMA_VERSION)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", CHEAPEST)
        web = WholeSite(shared_store, tmp_path_factory.mktemp("house"))
        yield _house(web)


def _house(web: WholeSite) -> House:
    owner, reader = Browser(web), Browser(web, "203.0.113.5")
    owner.sign_in(add_user(web, f"{CANARY}-user@example.org", name="Ada").address)
    reader.sign_in(add_user(web, "reader@example.org", Role.READER, "Rea").address)
    now = web.clock.now()
    token = api_tokens.add(
        web.store,
        now,
        f"{CANARY}-user@example.org",
        name=f"{CANARY}-token",
        scopes=["events:read"],
    )
    hook = Webhooks(web.store, web.settings, web.clock).add(
        f"https://{CANARY}.example.org/hook", ["*"], note=f"{CANARY}-note"
    )
    web.site.segments.define("french", "lang:fr")
    draft = beginning.from_folder(web.site.desk, SPRING).number
    mail = web.mail.get(
        web.mail.own("owner"),
        author=f"{CANARY}-author@example.org",
        subject=f"{CANARY} subject",
        body=f"{CANARY} body",
    ).number
    campaign = web.campaigns.create("autumn-2030", "bulletin").number
    names = {
        "number ": "1",
        "number campaigns": str(campaign),
        "number editions": str(draft),
        "number inbox": str(mail),
        "number operation": "1",
        "name ": "x",
        "name account/sessions": "x",
        "name calendar": "round-table",
        "name subscribers/segments": "french",
        "name operation/tokens": token.token.id,
        "name operation/webhooks": hook.id,
        "name editions": "x.png",
        "language ": "en",
        "mail settings": "welcome",
        "topic settings": "bulletin",
        "revision settings": "1",
        "form settings": "institution",
        "part inbox": "1",
        "token link": "0123456789abcdef-0123456789abcdef",
    }
    return House(web, owner, reader, names)


def test_there_are_routes() -> None:
    """What follows would pass with none."""
    assert len(GETS) > 70
    assert len(POSTS) > 100
    assert set(POSTS) >= ASKS_AGAIN


def test_a_get_changes_nothing(house: House) -> None:
    """Law 5, for an owner, a reader and a stranger; what is recorded of looking is nothing."""
    for browser in (house.owner, house.reader, Browser(house.web, "203.0.113.6")):
        browser.get(HOME)
        before, recorded = snapshot(house.web.store), 0
        for route in GETS:
            answer = browser.get(house.path(route))
            assert answer.status_code < 500, route
            recorded += answer.status_code in {303, 403}
        after = snapshot(house.web.store)
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        # A user who asks for what they may not see is recorded.
        assert not {one for one in changed if not (recorded and b"audit" in one)}


def test_every_answer_is_kept_from_caches_frames_and_scripts_of_others(house: House) -> None:
    """No inline script or style, no frame but our own, no copy on the disk: errors included."""
    for browser in (house.owner, Browser(house.web, "203.0.113.6")):
        for route in GETS:
            for path in (house.path(route), f"{house.path(route)}/%00nothing"):
                answer = browser.get(path)
                policy = answer.headers["content-security-policy"]
                framed = "seen/" in path or path.endswith(("/preview", "/page"))
                assert "unsafe" not in policy.replace("style-src 'unsafe-inline'", ""), path
                if "style-src 'unsafe-inline'" in policy:
                    # What a mail's own page is like: alone in a sandbox where nothing runs.
                    assert framed, path
                    assert "sandbox" in policy, path
                assert "default-src 'none'" in policy, path
                if not framed:
                    assert answer.headers["x-frame-options"] == "DENY", path
                    assert "frame-ancestors 'none'" in policy, path
                assert answer.headers["x-content-type-options"] == "nosniff", path
                assert "no-store" in answer.headers["cache-control"], path
                if answer.headers.get("content-type", "").startswith("text/html") and not framed:
                    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|<style", answer.text)


def test_strangers_are_led_to_sign_in_and_back_to_pages_of_ours(house: House) -> None:
    """Without a session nothing is shown, and the way back leads nowhere else."""
    stranger = Browser(house.web, "203.0.113.6")
    for route in GETS:
        if route in OPEN:
            continue
        path = house.path(route)
        for asked in (path, f"{path}?next=//evil.example&x=https://evil.example/"):
            answer = stranger.get(asked)
            assert answer.status_code in {303, 404}, route
            assert CANARY not in answer.text
            if answer.status_code == 303:
                led = urlsplit(answer.headers["location"])
                assert (led.netloc, led.path) == ("", f"{HOME}/sign-in"), route
                back = parse_qs(led.query)["next"][0]
                assert own(back) == back
                assert back.startswith(path) or back == HOME


def test_a_form_from_elsewhere_does_nothing(house: House) -> None:
    """Without a stamp, with another session's or a reader's page's, from another origin (CSRF)."""
    good, others = house.owner.stamp(f"{HOME}/account"), house.reader.stamp(f"{HOME}/account")
    unsigned = Browser(house.web, "203.0.113.6")
    alien = unsigned.stamp(f"{HOME}/sign-in")
    public = house.web.stamp("/en/subscribe")
    evil = {"Origin": "https://evil.example"}
    site = {"Sec-Fetch-Site": "cross-site"}
    before = house.state()
    for route in POSTS:
        path = house.path(route)
        tried = [
            house.owner.post(path, FORM),
            house.owner.post(path, {"stamp": others, **FORM}),
            house.owner.post(path, {"stamp": good, **FORM}, **evil),
        ]
        if route == POSTS[-1]:  # the same code for all: once is enough
            tried += [
                house.owner.post(path, {"stamp": alien, **FORM}),
                house.owner.post(path, {"stamp": public, **FORM}),
                house.owner.post(path, {"stamp": good, **FORM}, **site),
                house.owner.send(path, b"{}", "application/json"),
                house.owner.post(f"{path}?stamp={good}", FORM),
            ]
        assert {one.status_code for one in tried} <= {400, 403}, route
    assert house.state() == before


def test_a_form_of_nobody_does_nothing(house: House) -> None:
    """Whoever has no session is led to sign in, whatever stamp they got on the way."""
    stranger = Browser(house.web, "203.0.113.6")
    stamp = stranger.stamp(f"{HOME}/sign-in")
    before = house.state()
    for route in POSTS:
        if route in {*OPEN, *WORLD, f"{HOME}/sign-in/password", f"{HOME}/link/{{token}}/again"}:
            continue
        answer = stranger.post(house.path(route), {"stamp": stamp, **FORM})
        assert answer.status_code in {303, 404, 422}, route
        if answer.status_code == 303:
            assert urlsplit(answer.headers["location"]).path == f"{HOME}/sign-in", route
    assert house.state() == before


def test_a_reader_sees_and_changes_nothing_beyond_their_rights(house: House) -> None:
    """Pages that are not theirs are refused; what only owners may know stands on no other."""
    for route in GETS:
        answer = house.reader.get(house.path(route))
        assert answer.status_code in {200, 303, 400, 403, 404, 409}, route
        assert CANARY not in answer.text, route
        if route.startswith(CLOSED):
            assert answer.status_code in {400, 403, 404}, route
    before = house.state()
    for route in POSTS:
        if route.startswith(READERS_OWN):
            continue
        answer = house.form(house.reader, house.path(route))
        assert answer.status_code < 500, route
        assert CANARY not in answer.text, route
    assert house.state() == before


def test_a_browser_left_open_does_nothing_that_matters(house: House) -> None:
    """What mails many, takes addresses away or gives rights leads to a proof, and is not done."""
    house.web.clock.advance(PROOF + timedelta(minutes=1))
    before = house.state()
    for route in sorted(ASKS_AGAIN):
        path = house.path(route)
        answer = house.form(house.owner, path)
        assert answer.status_code == 303, (route, answer.status_code)
        assert urlsplit(answer.headers["location"]).path == f"{HOME}/prove", route
        assert house.state() == before, route


@pytest.mark.parametrize("wild", ["0", "9" * 30, "%00", "..%2f..", "%f0%9f"])
def test_wild_names_and_numbers_are_only_not_there(house: House, wild: str) -> None:
    """No page fails on a number that no store could hold, or on a name that is none."""
    for route in GETS:
        if "{" not in route:
            continue
        path = re.sub(r"\{[^}]*\}", wild, route)
        if len(path) < 2000:
            answer = house.owner.get(path)
            assert answer.status_code in {200, 303, 400, 403, 404, 409, 422}, path


@pytest.mark.parametrize("query", ["after=%00&before=-1", "before=" + "9" * 5000])
def test_wild_queries_break_no_page(house: House, query: str) -> None:
    """Filters that cannot be are passed over, or refused as such."""
    names = "q rule status topic tag segment after before month year step like a b revision file"
    whole = "&".join([query, *(f"{one}=%22%3E%00{'9' * 25}" for one in names.split())])
    for route in GETS:
        answer = house.owner.get(f"{house.path(route)}?{whole}")
        assert answer.status_code in {200, 204, 303, 400, 403, 404, 409, 422}, (route, query[:20])
