"""Web hooks by the API."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailer.domain.access.rights import RIGHTS, Right, Role
from mailer.services.access import audit, once
from mailer.store import events
from mailer.store.server.connection import Store
from support.patience import PATIENCE
from support.servers.hook_receiver import HookReceiver
from support.service.api_client import ApiClient

URL = "https://hooks.example.org/mailer?key=hush"
HOOK = {"url": URL, "types": ["campaign.*"], "note": "Website"}


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiClient:
    """An API over an empty store."""
    return ApiClient(store, data_dir)


@pytest.fixture
def receiver() -> Iterator[HookReceiver]:
    """A receiver in a thread of its own, for the request keeps this one busy."""
    made, loop = HookReceiver(), asyncio.new_event_loop()
    loop.run_until_complete(made.__aenter__())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield made
    asyncio.run_coroutine_threadsafe(made.__aexit__(), loop).result(PATIENCE)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def added(api: ApiClient, **fields: Any) -> str:
    """Add an endpoint; returns its path."""
    made = api.post("/webhooks", HOOK | fields)
    assert made.status_code == 201, made.text
    return f"/webhooks/{made.json()['id']}"


def test_endpoint_is_added_seen_changed_and_removed(api: ApiClient) -> None:
    """Its secret is where it is set up, and not in lists."""
    made = api.post("/webhooks", HOOK)
    assert made.status_code == 201, made.text
    path = f"/webhooks/{made.json()['id']}"
    assert made.headers["location"] == f"/api/v1{path}"
    assert api.get(path).json() == made.json()
    assert (made.json()["state"], made.json()["old_secret"]) == ("active", None)
    listed = api.get("/webhooks")
    assert made.json()["secret"] not in listed.text
    assert [one["id"] for one in listed.json()["items"]] == [made.json()["id"]]
    change = {"note": "Shop", "types": ["*"]}
    assert api.ask("PATCH", path, json=change).status_code == 428
    tag = {"If-Match": made.headers["etag"]}
    changed = api.ask("PATCH", path, json=change, headers=tag)
    assert (changed.status_code, changed.json()["note"]) == (200, "Shop")
    assert (changed.json()["types"], changed.json()["url"]) == (["*"], URL)
    assert api.ask("PATCH", path, json=change, headers=tag).status_code == 412
    assert api.ask("DELETE", path, headers=tag).status_code == 412
    assert api.ask("DELETE", path).status_code == 204
    assert api.get(path).status_code == 404
    assert "hush" not in "".join(str(one) for one in audit.newest(api.store, 20))


def test_secret_is_replaced_and_the_old_one_stays_for_a_day(api: ApiClient) -> None:
    """A third one would cut off receivers that have the first."""
    path = added(api)
    first = api.get(path).json()["secret"]
    second = api.post(f"{path}/rotate").json()
    assert (second["secret"] != first, second["old_secret"]) == (True, first)
    again = api.post(f"{path}/rotate")
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")


def test_endpoint_is_paused_and_resumed(api: ApiClient) -> None:
    """With the reason, for whoever looks later."""
    path = added(api)
    paused = api.post(f"{path}/pause", {"reason": "The shop moves"}).json()
    assert (paused["state"], paused["reason"]) == ("paused", "The shop moves")
    assert paused["by"]
    assert api.post(f"{path}/resume").json()["state"] == "active"


def test_endpoint_is_tried_at_once(store: Store, data_dir: Path, receiver: HookReceiver) -> None:
    """Whoever sets one up sees whether it works."""
    api = ApiClient(store, data_dir, webhook_allow_networks=["127.0.0.0/8"])
    good, bad = (added(api, url=receiver.url(path)) for path in ("/200", "/500"))
    tried = api.post(f"{good}/test")
    assert (tried.status_code, tried.json()["outcome"]) == (200, "delivered")
    assert receiver.to("/200")[0].told["type"] == "webhook.test"
    failed = api.post(f"{bad}/test").json()
    assert (failed["outcome"], failed["status"]) == ("failed", 500)


def test_events_are_sent_once_more(api: ApiClient) -> None:
    """After a receiver lost its data."""
    path, last = added(api), events.last_id(api.store)
    since = {"since": "0"}
    nothing = api.post(f"{path}/replay", {"since": "9" * 15})
    assert (nothing.status_code, nothing.json()["errors"][0]["code"]) == (422, "webhook.no_events")
    assert api.post(f"{path}/replay", {"since": "yesterday"}).status_code == 422
    assert api.post(f"{path}/replay", since | {"until": last}).status_code == 200
    assert api.get(f"{path}/attempts").json()["fares"]["replay"] == "0"
    assert api.post(f"{path}/replay", since).status_code == 409


@pytest.mark.parametrize(
    "fields",
    [
        {"url": "http://hooks.example.org/"},
        {"url": "https://localhost/"},
        {"url": "https://[::1]/"},
        {"types": ["campaign.none"]},
        {"types": ["webhook.*"]},
        {"types": []},
        {"note": "x" * 201},
        {"secret": "mine"},
    ],
)
def test_endpoint_that_cannot_be_is_refused(api: ApiClient, fields: dict[str, Any]) -> None:
    """Also when one is changed into it: none of them may lead into our own network."""
    assert api.post("/webhooks", HOOK | fields).status_code == 422
    path = added(api)
    changed = api.ask("PATCH", path, json=fields, headers={"If-Match": "*"})
    assert changed.status_code == 422, changed.text
    assert api.get("/webhooks").json()["items"][0]["url"] == URL


def test_only_who_manages_web_hooks_sees_them(api: ApiClient) -> None:
    """The secret and the address let others pass for us."""
    path = added(api)
    for role in (role for role in RIGHTS if Right.WEBHOOKS_MANAGE not in RIGHTS[role]):
        token = api.token_of(role)
        for asked in ("/webhooks", path, f"{path}/attempts"):
            assert api.get(asked, token=token).status_code == 403
        assert api.post("/webhooks", HOOK, token=token).status_code == 403
    manager = api.token_of(Role.OWNER, [Right.WEBHOOKS_MANAGE])
    assert api.post(f"{path}/rotate", token=manager).json()["secret"]


def test_list_is_read_page_by_page(api: ApiClient) -> None:
    """Also where several were added in the same second."""
    wanted, seen, cursor = {added(api) for _ in range(3)}, set[str](), ""
    while cursor is not None:
        page = api.get(f"/webhooks?limit=2&cursor={cursor}").json()
        seen |= {f"/webhooks/{one['id']}" for one in page["items"]}
        cursor = page["next"]
    assert seen == wanted
    assert api.get("/webhooks?cursor=eA").json()["code"] == "invalid_cursor"


@pytest.mark.parametrize(
    ("act", "body", "told"),
    [
        ("", HOOK, "webhook.added"),
        ("/rotate", None, "webhook.rotated"),
        ("/replay", {"since": "0"}, "webhook.replayed"),
    ],
)
def test_request_whose_answer_was_lost_is_done_once(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch, act: str, body: Any, told: str
) -> None:
    """A second endpoint, secret or replay would be a surprise."""
    path = f"{added(api)}{act}" if act else "/webhooks"
    monkeypatch.setattr(once.Once, "end", lambda self, key, begun, _: self.give_up(key, begun))
    found = [api.post(path, body, headers={"Idempotency-Key": "w"}) for _ in range(2)]
    assert [one.status_code for one in found] == [201 if not act else 200] * 2
    assert found[0].json() == found[1].json()
    assert [one["type"] for _, one in events.read(api.store)].count(told) == 1
