"""Audience rules by the API."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer.store.server.connection import Store
from support.service.api_campaign import READERS, ApiCampaign


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiCampaign:
    """An API over three readers, one of French."""
    return ApiCampaign(store, data_dir)


def test_rule_is_counted_and_its_readers_listed(api: ApiCampaign) -> None:
    """Before anything is sent by it."""
    found = api.get("/audience/count", params={"rule": "lang:en"}).json()
    assert (found["members"], found["planned"], found["by_language"]) == (2, 2, {"en": 2})
    seen, cursor = [], ""
    while cursor is not None:
        page = api.get(
            "/audience/readers", params={"rule": "lang:en", "limit": 1, "cursor": cursor}
        ).json()
        seen += [one["address"] for one in page["items"]]
        cursor = page["next"]
    assert seen == list(READERS[:2])


@pytest.mark.parametrize("rule", ["lang:", "(" * 3000, "segment:none", "\x00", "lang:en and"])
def test_rule_that_cannot_be_read_is_refused(api: ApiCampaign, rule: str) -> None:
    """With the reason, whatever was written."""
    for path in ("/audience/count", "/audience/readers"):
        answer = api.get(path, params={"rule": rule})
        assert answer.status_code == 422, answer.text
    assert api.ask("PUT", "/segments/x", json={"rule": rule}).status_code == 422


def test_segment_is_defined_used_and_removed(api: ApiCampaign) -> None:
    """As long as a campaign that has not begun speaks of it, it stays."""
    made = api.ask("PUT", "/segments/french", json={"rule": "lang:fr"})
    assert (made.status_code, made.json()["version"]) == (200, 1)
    assert api.get("/segments/french").json() == made.json()
    stale = api.ask(
        "PUT", "/segments/french", json={"rule": "lang:en"}, headers={"If-Match": '"x"'}
    )
    assert stale.status_code == 412
    number = api.draft(rule="segment:french")
    assert api.get(f"/campaigns/{number}/forecast").json()["readers"] == 1
    assert api.get("/segments/french/use").json()["campaigns"] == [number]
    assert api.ask("DELETE", "/segments/french").status_code == 409
    api.post(f"/campaigns/{number}/cancel")
    renamed = api.post("/segments/french/rename", {"name": "francophones"})
    assert renamed.headers["location"] == "/api/v1/segments/francophones"
    assert [one["name"] for one in api.get("/segments").json()["items"]] == ["francophones"]
    assert api.ask("DELETE", "/segments/francophones").status_code == 204
    assert api.get("/segments/francophones").status_code == 404
