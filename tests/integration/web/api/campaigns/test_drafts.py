"""Campaigns by the API: made, listed, shown, consented to, and told of name by name."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from mailer.domain.access.rights import Right, Role
from mailer.services.access import once
from mailer.services.sending.worker_context import Turn
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from support.servers.faulty_relay import FaultyRelay
from support.service.api_campaign import ApiCampaign

DRAFT = {"edition": "small", "topic": "bulletin"}


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiCampaign:
    """An API over an edition that three readers would get."""
    return ApiCampaign(store, data_dir)


def test_made_campaign_is_told_of_with_its_address(api: ApiCampaign) -> None:
    """A program goes on from the answer."""
    answer = api.post("/campaigns", DRAFT | {"tags": ["vip"], "not_yet": True})
    assert answer.status_code == 201
    assert answer.headers["location"] == "/api/v1/campaigns/1"
    told = answer.json()
    assert (told["campaign"], told["state"], told["not_yet"]) == (1, "draft", True)
    shown = api.get("/campaigns/1")
    assert shown.json() == told
    known = {"If-None-Match": shown.headers["etag"]}
    assert api.get("/campaigns/1", headers=known).status_code == 304


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"edition": "none", "topic": "bulletin"}, 404, "not_found"),
        ({"edition": "small", "topic": "none"}, 422, "invalid_input"),
        ({"edition": "small"}, 422, "invalid_request"),
        ({"edition": "small", "topic": "bulletin", "all": True}, 422, "invalid_request"),
        ({"edition": "../small", "topic": "bulletin"}, 404, "not_found"),
    ],
)
def test_campaign_of_nothing_is_refused(
    api: ApiCampaign, body: dict[str, object], status: int, code: str
) -> None:
    """Nothing is made of it, and the answer says why."""
    answer = api.post("/campaigns", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert api.get("/campaigns").json()["items"] == []


def test_campaign_made_by_an_attempt_that_was_killed_is_found_again(
    api: ApiCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer was never kept, and the same request must not make another."""
    monkeypatch.setattr(once.Once, "end", lambda self, key, begun, _: self.give_up(key, begun))
    key = {"Idempotency-Key": "draft-1"}
    first = api.post("/campaigns", DRAFT, headers=key).json()["campaign"]
    second = api.post("/campaigns", DRAFT, headers=key).json()["campaign"]
    assert (first, second, campaigns.last_number(api.store)) == (1, 1, 1)
    assert api.post("/campaigns", DRAFT).json()["campaign"] == 2


def test_list_is_read_page_by_page(api: ApiCampaign) -> None:
    """The newest come first; each is on one page."""
    for _ in range(5):
        api.draft()
    seen, cursor = [], ""
    while True:
        page = api.get(f"/campaigns?limit=2&cursor={cursor}")
        seen += [one["campaign"] for one in page.json()["items"]]
        cursor = page.json()["next"]
        if cursor is None:
            break
        assert f"cursor={cursor}" in page.headers["link"]
    assert seen == [5, 4, 3, 2, 1]


def test_second_person_consents_to_the_terms_that_they_saw(store: Store, data_dir: Path) -> None:
    """Between the look and the consent the campaign may have changed."""
    api = ApiCampaign(store, data_dir, approval_for=["bulletin"])
    editor, sender = api.token_of(Role.EDITOR), api.token_of(Role.SENDER)
    api.draft()
    stands = api.get("/campaigns/1/approval").json()
    assert (stands["needed"], stands["lack"], stands["proposal"]) == (True, "not_proposed", None)
    assert api.act(1, "send", readers=3)["code"] == "approval_needed"
    assert api.post("/campaigns/1/approve", {"terms": "0" * 64}).status_code == 404
    proposed = api.post("/campaigns/1/propose", {}, token=editor).json()
    assert (proposed["readers"], proposed["approved"]) == (3, None)
    terms = {"terms": proposed["terms"]}
    own = api.post("/campaigns/1/approve", terms, token=editor)
    assert own.status_code == 403
    api.small.publish("Another word.")
    other = api.post("/campaigns/1/approve", terms, token=sender)
    assert (other.status_code, other.json()["facts"]["lack"]) == (409, "other_content")
    again = api.post("/campaigns/1/propose", {}, token=editor).json()
    assert api.post("/campaigns/1/approve", terms, token=sender).status_code == 409
    approved = api.post("/campaigns/1/approve", {"terms": again["terms"]}, token=sender)
    assert approved.json()["approved"]["name"] == "test (Sender)"
    assert api.act(1, "send", readers=3)["state"] == "sending"


def test_withdrawn_proposal_is_none(api: ApiCampaign) -> None:
    """Somebody thought better of it."""
    api.draft()
    api.post("/campaigns/1/propose", {"at": "2031-04-12T09:00:00+02:00"})
    shown = api.get("/campaigns/1/approval").json()["proposal"]
    assert shown["at"] == "2031-04-12T07:00:00Z"
    assert api.post("/campaigns/1/withdraw").status_code == 204
    assert api.get("/campaigns/1/approval").json()["proposal"] is None
    assert api.post("/campaigns/1/withdraw").status_code == 404


def test_deliveries_that_failed_are_read_page_by_page(api: ApiCampaign) -> None:
    """Whoever did not get it is told of by name, with the relay's words."""
    refused = [f"{name}+rcpt-550@example.org" for name in ("kim", "lou")]
    api.small.subscribe(*refused)
    number = api.draft()
    api.act(number, "send", readers=5)

    async def run() -> None:
        async with FaultyRelay() as relay, api.small.worker([relay.url()]) as dispatcher:
            await dispatcher.send(campaigns.get(api.store, number), Turn(60))

    asyncio.run(run())
    pages, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/campaigns/{number}/deliveries?limit=1&cursor={cursor}").json()
        pages.append([one["address"] for one in page["items"]])
        cursor = page["next"]
    assert pages == [[refused[0]], [refused[1]]]
    only = api.get(f"/campaigns/{number}/deliveries?outcome=skipped").json()
    assert only == {"items": [], "next": None}
    assert api.get(f"/campaigns/{number}/deliveries?outcome=lost").status_code == 422


def test_a_test_sends_each_language_once(store: Store, data_dir: Path) -> None:
    """What the relay said is in the answer; the campaign stays a draft."""

    async def run() -> tuple[int, dict[str, Any]]:
        async with FaultyRelay() as relay:
            api = await asyncio.to_thread(ApiCampaign, store, data_dir, relays=[relay.url()])
            number = await asyncio.to_thread(api.draft)
            answer = await asyncio.to_thread(api.act, number, "test", to="ana@example.org")
            return len(relay.received), answer

    received, answer = asyncio.run(run())
    assert (received, answer["status"], answer["accepted"]) == (2, 200, True)
    assert [one["language"] for one in answer["messages"]] == ["en", "fr"]


def test_a_test_to_no_address_sends_nothing(api: ApiCampaign) -> None:
    """The field is named, not a defect told."""
    answer = api.act(api.draft(), "test", to="nobody")
    assert (answer["status"], answer["code"]) == (422, "invalid_address")


def test_right_to_make_shows_what_was_made_and_no_other(api: ApiCampaign) -> None:
    """A token that only writes sees the answer to what it did."""
    token = api.only(Right.CAMPAIGNS_WRITE)
    assert api.post("/campaigns", DRAFT, token=token).status_code == 201
    assert api.get("/campaigns/1", token=token).status_code == 403
