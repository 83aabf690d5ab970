"""Users, tokens, the audit log and the settings by the API."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailer.domain.access.rights import RIGHTS, Right, Role
from mailer.services.access import once
from mailer.store.server.connection import Store
from support.service.api_client import ApiClient

ADA = {"address": "ada@example.org", "role": "editor"}


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiClient:
    """An API over an empty store, asked by an owner's token; the owner is user 1."""
    return ApiClient(store, data_dir)


def test_user_is_added_given_a_role_and_disabled(api: ApiClient) -> None:
    """All that the command line can do to one."""
    added = api.post("/users", ADA)
    assert (added.status_code, added.headers["location"]) == (201, "/api/v1/users/2")
    assert (added.json()["name"], added.json()["standing"]) == ("ada", "invited")
    assert api.get("/users/2").json() == added.json()
    assert api.post("/users/2/role", {"role": "sender"}).json()["role"] == "sender"
    assert api.post("/users/2/disable").json()["standing"] == "disabled"
    assert api.post("/users/2/enable").json()["standing"] == "invited"
    assert [one["number"] for one in api.get("/users").json()["items"]] == [1, 2]
    stale = api.post("/users/2/disable", headers={"If-Match": '"x"'})
    assert stale.status_code == 412


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"address": "nobody", "role": "editor"}, "invalid_address"),
        ({"address": "owner-1@example.org", "role": "editor"}, "invalid_input"),
        ({"address": "ada@example.org", "role": "operator"}, "invalid_request"),
        ({"address": "ada@example.org", "role": "editor", "language": "xx"}, "invalid_input"),
    ],
)
def test_user_who_cannot_be_is_refused(api: ApiClient, body: dict[str, str], code: str) -> None:
    """Nobody is given the operator's role, and no address twice."""
    answer = api.post("/users", body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_last_owner_stays_one(api: ApiClient) -> None:
    """Or nobody could let anybody in again."""
    assert api.post("/users/1/disable").status_code == 409
    assert api.post("/users/1/role", {"role": "reader"}).status_code == 409


def test_token_is_shown_once_and_revoked(api: ApiClient) -> None:
    """It works until then, and not after."""
    wanted = {"user": 1, "name": "Website", "scopes": ["users:manage"], "days": 7}
    made = api.post("/tokens", wanted)
    assert made.status_code == 201, made.text
    text, name = made.json()["text"], made.json()["token"]["id"]
    assert text not in api.get("/tokens").text
    assert api.get("/users", token=text).status_code == 200
    assert api.ask("DELETE", f"/tokens/{name}").status_code == 204
    assert api.get("/users", token=text).status_code == 401
    assert api.ask("DELETE", f"/tokens/{name}").status_code == 404


def test_token_gives_no_more_than_it_has(api: ApiClient) -> None:
    """A stolen one would else make itself one that sends."""
    thief = api.token_of(Role.OWNER, [Right.USERS_MANAGE])
    wanted = {"user": 1, "name": "x", "scopes": ["users:manage", "campaigns:send"]}
    answer = api.post("/tokens", wanted, token=thief)
    assert answer.status_code == 422
    assert [one["code"] for one in answer.json()["errors"]] == ["scope_beyond_own"]


def test_token_whose_text_was_lost_is_replaced(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has seen the first one's text: it must not stay good."""
    monkeypatch.setattr(once.Once, "end", lambda self, key, begun, _: self.give_up(key, begun))
    wanted, key = {"user": 1, "name": "x", "scopes": ["users:manage"]}, {"Idempotency-Key": "t"}
    first = api.post("/tokens", wanted, headers=key).json()
    second = api.post("/tokens", wanted, headers=key).json()
    ids = {one["id"] for one in api.get("/tokens").json()["items"]}
    assert second["token"]["id"] in ids
    assert first["token"]["id"] not in ids


def test_user_added_by_an_attempt_that_was_killed_is_found_again(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same request must not be told that the address is taken, by itself."""
    monkeypatch.setattr(once.Once, "end", lambda self, key, begun, _: self.give_up(key, begun))
    key = {"Idempotency-Key": "u"}
    found = [api.post("/users", ADA, headers=key) for _ in range(2)]
    assert [one.status_code for one in found] == [201, 201]
    assert found[0].json() == found[1].json()


def test_user_is_invited_once_however_often_it_is_asked(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that was lost must not become a second mail."""
    api.post("/users", ADA)
    monkeypatch.setattr(once.Once, "end", lambda self, key, begun, _: self.give_up(key, begun))
    key = {"Idempotency-Key": "i"}
    found = [api.post("/users/2/invite", headers=key) for _ in range(2)]
    assert [one.status_code for one in found] == [200, 200]
    assert found[0].json()["standing"] == "invited"
    assert api.web.mail.queued().count("invitation") == 1
    assert api.post("/users/9/invite").status_code == 404
    assert api.post("/users/2/invite", token=api.token_of(Role.SENDER)).status_code == 403
    api.post("/users/2/disable")
    assert api.post("/users/2/invite").status_code == 409


def test_audit_log_is_read_checked_and_given_out(api: ApiClient) -> None:
    """What a program did is told like what a person did."""
    api.post("/users", ADA)
    api.post("/users/2/disable")
    page = api.get("/audit?limit=1").json()
    assert [one["act"] for one in page["items"]] == ["users.disable"]
    rest = api.get(f"/audit?cursor={page['next']}").json()["items"]
    assert "users.add" in [one["act"] for one in rest]
    verdict = api.get("/audit/verify").json()
    assert verdict["whole"]
    assert api.get(f"/audit/verify?noted={verdict['note']}").json()["whole"]
    cut = api.get(f"/audit/verify?noted={10**9}:{'a' * 16}").json()
    assert (cut["whole"], len(cut["flaws"])) == (False, 1)
    lines = api.get("/audit/export").text.splitlines()
    assert [json.loads(line)["number"] for line in lines] == list(range(1, len(lines) + 1))
    assert ADA["address"] not in "".join(lines)


def test_settings_are_shown_without_secrets(store: Store, data_dir: Path) -> None:
    """A token that reads settings must not become one that sends by our relay."""
    relays = ["smtp://mailer:hush@127.0.0.1:2525?starttls=no"]
    api = ApiClient(store, data_dir, relays=relays, imap_url="imaps://u:hush@mail.example.org/")
    answer = api.get("/settings")
    assert answer.status_code == 200, answer.text
    assert "hush" not in answer.text
    assert answer.json()["settings"]["chunk_size"]["value"] > 0
    for role in set(RIGHTS) - {Role.OWNER, Role.OPERATOR}:
        assert api.get("/settings", token=api.token_of(role)).status_code == 403


@pytest.mark.parametrize("path", ["/users", "/tokens", "/audit", "/events", "/outbox", "/segments"])
@pytest.mark.parametrize("cursor", ["x", "....", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "eA"])
def test_cursor_that_is_none_of_ours_is_no_defect(api: ApiClient, path: str, cursor: Any) -> None:
    """Programs keep them for long, and people try what happens."""
    assert api.get(f"{path}?cursor={cursor}").status_code in {200, 422}


def test_token_lifts_nobody_above_itself(api: ApiClient) -> None:
    """A stolen one would else make its thief an owner, who signs in and may do everything."""
    thief = api.token_of(Role.OWNER, [Right.USERS_MANAGE])
    wanted = {"address": "thief@example.org", "role": "owner"}
    answer = api.post("/users", wanted, token=thief)
    assert answer.status_code == 422
    assert [one["code"] for one in answer.json()["errors"]] == ["role_beyond_own"]
    number = api.post("/users", wanted | {"role": "reader"}).json()["number"]
    answer = api.post(f"/users/{number}/role", {"role": "owner"}, token=thief)
    assert answer.status_code == 422
    assert api.post(f"/users/{number}/disable", token=thief).status_code == 200
    assert api.post(f"/users/{number}/enable", token=thief).status_code == 422
    reader = api.token_of(Role.OWNER, [Right.USERS_MANAGE, *RIGHTS[Role.READER]])
    assert api.post(f"/users/{number}/enable", token=reader).status_code == 200


@pytest.mark.parametrize(("days", "good"), [(None, 7), (30, 7), (3, 3)])
def test_token_makes_none_that_outlives_it(api: ApiClient, days: int | None, good: int) -> None:
    """Whoever stole it would else be rid of its end."""
    short = api.token_of(Role.OWNER, [Right.USERS_MANAGE], days=7)
    wanted = {"user": 1, "name": "x", "scopes": ["users:manage"], "days": days}
    made = api.post("/tokens", wanted, token=short).json()["token"]
    end = datetime.fromisoformat(made["expires_at"])
    assert end - datetime.fromisoformat(made["made_at"]) == timedelta(days=good)
