"""Moderated topics by the API: who waits, and what is decided."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailer.domain.access.rights import Right, Role
from mailer.store.server.connection import Store
from support.service.api_client import ApiClient

TOPICS: dict[str, Any] = {"bulletin": {}, "papers": {"moderated": True}, "press": {}}
TOPICS["press"]["moderated"] = True
ADDRESSES = [f"reader{number}@example.org" for number in range(12)]


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiClient:
    """An API over readers who wait for press releases, all since the same second."""
    api = ApiClient(store, data_dir, topics=TOPICS)
    for address in ADDRESSES:
        api.web.mail.subscribed(to="subscribe+press", author=address)
    api.web.mail.subscribed(to="subscribe+papers", author="eva@example.org")
    return api


def waiting(api: ApiClient, asked: str = "") -> list[str]:
    """Return who waits, read page by page."""
    found, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/subscribers/waiting?limit=5&cursor={cursor}{asked}")
        assert page.status_code == 200, page.text
        found += [one["address"] for one in page.json()["items"]]
        cursor = page.json()["next"]
    return found


def test_all_who_wait_are_listed_once(api: ApiClient) -> None:
    """By topic; also those who began in the same second."""
    found = waiting(api)
    assert (found[0], sorted(found[1:])) == ("eva@example.org", sorted(ADDRESSES))
    assert sorted(waiting(api, "&topic=press")) == sorted(ADDRESSES)
    assert waiting(api, "&topic=papers") == ["eva@example.org"]
    assert api.get("/subscribers/waiting?topic=none").status_code == 422
    assert api.get("/subscribers/waiting?cursor=eA").json()["code"] == "invalid_cursor"


def test_what_is_decided_meanwhile_hides_nobody(api: ApiClient) -> None:
    """The first page is worked off before the second is asked for."""
    page = api.get("/subscribers/waiting?topic=press&limit=5").json()
    for one in page["items"]:
        api.post(f"/subscribers/{one['subscriber']}/approve", {"topic": "press"})
    seen = [one["address"] for one in page["items"]]
    rest = api.get(f"/subscribers/waiting?topic=press&cursor={page['next']}").json()["items"]
    assert sorted(seen + [one["address"] for one in rest]) == sorted(ADDRESSES)


def test_reader_is_given_the_topic_and_told(api: ApiClient) -> None:
    """Twice is as once."""
    number = api.get("/subscribers/waiting?topic=press").json()["items"][0]["subscriber"]
    path = f"/subscribers/{number}"
    before = api.get(path).json()
    assert [one["topic"] for one in before["waiting"]] == ["press"]
    assert "press" not in before["topics"]
    answers = [api.post(f"{path}/approve", {"topic": "press"}).json() for _ in range(2)]
    assert answers == [{"changed": True}, {"changed": False}]
    after = api.get(path).json()
    assert (after["waiting"], "press" in after["topics"]) == ([], True)
    assert api.web.mail.queued().count("approved") == 1


def test_reader_is_told_no_or_nothing(api: ApiClient) -> None:
    """A no may become a yes."""
    first, second = (
        one["subscriber"]
        for one in api.get("/subscribers/waiting?topic=press&limit=2").json()["items"]
    )
    no = {"topic": "press", "reason": "not accredited"}
    assert api.post(f"/subscribers/{first}/decline", no).json() == {"changed": True}
    assert api.post(f"/subscribers/{first}/decline", no).json() == {"changed": False}
    quiet = api.post(f"/subscribers/{second}/decline", no | {"silently": True})
    assert quiet.json() == {"changed": True}
    assert api.web.mail.queued().count("declined") == 1
    shown = api.get(f"/subscribers/{first}").json()
    assert ([one["topic"] for one in shown["declined"]], shown["waiting"]) == (["press"], [])
    assert api.post(f"/subscribers/{first}/approve", {"topic": "press"}).json()["changed"]


@pytest.mark.parametrize("act", ["approve", "decline"])
def test_reader_who_does_not_wait_cannot_be_decided_on(api: ApiClient, act: str) -> None:
    """Whoever withdrew meanwhile gets nothing, and no mail about it."""
    number = api.get("/subscribers/waiting?topic=papers").json()["items"][0]["subscriber"]
    other = api.post(f"/subscribers/{number}/{act}", {"topic": "press"})
    assert (other.status_code, other.json()["code"]) == (409, "not_waiting")
    assert api.post(f"/subscribers/999/{act}", {"topic": "press"}).status_code == 404
    assert api.post(f"/subscribers/{number}/{act}", {}).status_code == 422
    assert api.post(f"/subscribers/{number}/approve", {"topic": "none"}).status_code == 422


def test_who_may_only_read_decides_nothing(api: ApiClient) -> None:
    """And who may read nothing sees nobody."""
    reader = api.token_of(Role.OWNER, [Right.SUBSCRIBERS_READ])
    assert api.get("/subscribers/waiting", token=reader).status_code == 200
    for act in ("approve", "decline"):
        answer = api.post(f"/subscribers/1/{act}", {"topic": "press"}, token=reader)
        assert answer.status_code == 403
    other = api.token_of(Role.OWNER, [Right.CAMPAIGNS_READ])
    assert api.get("/subscribers/waiting", token=other).status_code == 403
