"""Campaigns by the API: changed, paced, reported, tried again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailer.domain.access.rights import Right
from mailer.domain.campaigns.campaign import State
from mailer.store.server.connection import Store
from support.service.api_campaign import ApiCampaign
from support.service.settled_campaign import settled


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiCampaign:
    """An API with three readers."""
    return ApiCampaign(store, data_dir)


def test_a_report_has_the_sums_and_the_reasons(api: ApiCampaign) -> None:
    """A program goes by codes, not by words."""
    settled(api.small, 2)
    found = api.get("/campaigns/1/report").json()
    assert (found["planned"], found["accepted"], found["rejected"]) == (3, 2, 1)
    (one,) = found["tally"]["refused"]
    assert (one["reason"], one["advice"], one["count"]) == ("mailbox-full", "retry", 1)
    assert (found["passing"], found["missed"], found["unresolved"]) == (1, 1, 0)


@pytest.mark.parametrize(("action", "body"), [("retry", {}), ("resolve", {"resolution": "again"})])
def test_what_mails_again_says_how_many(
    api: ApiCampaign, action: str, body: dict[str, Any]
) -> None:
    """A program that forgot to look mails nobody (law 18)."""
    settled(api.small, 2)
    assert api.act(1, action, **body)["status"] == 422
    other = api.act(1, action, **body, readers=7)
    assert (other["status"], other["code"]) == (409, "other_size")
    assert api.small.campaigns.find(1).state is State.SENT


def test_tried_again_and_repeated(api: ApiCampaign) -> None:
    """The same as by the commands."""
    settled(api.small, 2)
    made = api.act(1, "repeat")
    assert (made["status"], made["state"], made["among"]) == (201, "draft", 1)
    done = api.act(1, "retry", readers=1)
    assert (done["status"], done["count"], done["campaign"]["state"]) == (200, 1, "sending")


def test_a_draft_changes_and_a_speed_is_set(api: ApiCampaign) -> None:
    """What is not named stays."""
    api.draft()
    changed = api.ask("PATCH", "/campaigns/1", json={"rule": "lang:fr", "not_yet": True}).json()
    assert (changed["rule"], changed["not_yet"], changed["topic"]) == ("lang:fr", True, "bulletin")
    paced = api.ask("PUT", "/campaigns/1/speed", json={"speed": "20 a second"}).json()
    assert paced["speed"] == "20 a second"
    wrong = api.ask("PUT", "/campaigns/1/speed", json={"speed": "fast"})
    assert wrong.json()["errors"][0]["code"] == "rate"


def test_a_token_that_may_only_read_changes_nothing(api: ApiCampaign) -> None:
    """Reading the report needs no more than reading campaigns."""
    settled(api.small, 2)
    token = api.only(Right.CAMPAIGNS_READ)
    assert api.get("/campaigns/1/report", token=token).status_code == 200
    for method, path, body in (
        ("PATCH", "", {"rule": ""}),
        ("PUT", "/speed", {"speed": ""}),
        ("POST", "/retry", {"readers": 1}),
        ("POST", "/resolve", {"readers": 0, "resolution": "sent"}),
        ("POST", "/repeat", {}),
    ):
        answer = api.ask(method, f"/campaigns/1{path}", json=body, token=token)
        assert answer.status_code == 403, path
