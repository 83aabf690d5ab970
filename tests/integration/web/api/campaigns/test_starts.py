"""Campaigns by the API: nothing mails many unless the request says how many."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailer.domain.access.rights import Right
from mailer.store.server.connection import Store
from support.service.api_campaign import ApiCampaign


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiCampaign:
    """An API with a draft of three readers."""
    api = ApiCampaign(store, data_dir)
    api.draft()
    return api


@pytest.mark.parametrize("action", ["send", "schedule", "resume"])
@pytest.mark.parametrize("body", [{}, {"any_size": False}, {"readers": None}, {"tolerance": 9}])
def test_request_that_says_no_size_is_refused(
    api: ApiCampaign, action: str, body: dict[str, Any]
) -> None:
    """A program that forgot to look must not mail everybody (law 18)."""
    at = {"at": "2031-04-12T09:00"} if action == "schedule" else {}
    answer = api.act(1, action, **body, **at)
    assert (answer["status"], answer["code"]) == (422, "invalid_request")
    assert api.get("/campaigns/1").json()["state"] == "draft"


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"readers": 3}, True),
        ({"readers": 2}, False),
        ({"readers": 4}, False),
        ({"readers": 4, "tolerance": 1}, True),
        ({"readers": 5, "tolerance": 1}, False),
        ({"any_size": True}, True),
        ({"readers": 1, "any_size": True}, True),
    ],
)
def test_it_is_sent_to_the_number_that_was_seen_or_not_at_all(
    api: ApiCampaign, body: dict[str, Any], sent: bool
) -> None:
    """Readers who came meanwhile, or a wrong tag, show before anything leaves."""
    answer = api.act(1, "send", **body)
    if sent:
        assert (answer["status"], answer["state"], answer["planned"]) == (200, "sending", 3)
        return
    assert (answer["status"], answer["code"]) == (409, "other_size")
    assert answer["facts"] == {"expected": body["readers"], "readers": 3}
    assert api.get("/campaigns/1").json()["state"] == "draft"


def test_forecast_tells_the_number_that_send_wants(api: ApiCampaign) -> None:
    """It is the way to the number: a person sees it there."""
    assert api.act(1, "send", readers=3)["status"] == 200
    second = api.draft(not_yet=False)
    found = api.get(f"/campaigns/{second}/forecast").json()
    assert found["readers"] == 3
    assert found["by_language"] == {"en": 2, "fr": 1}
    assert (found["had"], found["had_by"]) == (3, [{"campaign": 1, "readers": 3}])
    rest = api.get(f"/campaigns/{second}/forecast?not_yet=true").json()
    assert rest["readers"] == 0
    answer = api.act(second, "send", readers=0, not_yet=True)
    assert (answer["status"], answer["code"]) == (409, "nothing_to_send")


def test_scheduled_by_the_clock_of_a_place(api: ApiCampaign) -> None:
    """The time is meant where the readers are."""
    answer = api.act(1, "schedule", at="2031-04-12T09:00", zone="Europe/Zurich", readers=3)
    assert (answer["status"], answer["state"]) == (200, "scheduled")
    assert answer["scheduled_at"] == "2031-04-12T07:00:00Z"
    again = api.act(1, "schedule", at="2031-04-12T09:00+02:00", readers=3)
    assert again["scheduled_at"] == "2031-04-12T07:00:00Z"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"at": "2031-04-12T09:00+02:00", "zone": "Europe/Zurich"}, "zone_twice"),
        ({"at": "2031-04-12T09:00", "zone": "Europe/Nowhere"}, "unknown_zone"),
        ({"at": "2031-04-12T09:00", "zone": "../../etc/passwd"}, "unknown_zone"),
        ({"at": "2031-03-30T02:30", "zone": "Europe/Zurich"}, "clock_change"),
        ({"at": "1999-04-12T09:00", "zone": "Europe/Zurich"}, "past"),
    ],
)
def test_time_that_cannot_be_is_refused(api: ApiCampaign, given: dict[str, str], code: str) -> None:
    """A campaign that never starts, or starts at another hour, is a silent failure."""
    answer = api.act(1, "schedule", readers=3, **given)
    assert (answer["status"], answer["errors"][0]["code"]) == (422, code)


@pytest.mark.parametrize("at", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", 10**30, "x"])
def test_time_at_the_end_of_the_calendar_is_no_defect(api: ApiCampaign, at: Any) -> None:
    """Arithmetic on it would overflow."""
    assert api.act(1, "schedule", at=at, readers=3)["status"] == 422
    assert api.act(1, "propose", at=at)["status"] == 422


def test_paused_campaign_goes_on_with_the_rest_that_was_seen(api: ApiCampaign) -> None:
    """To go on is to mail many as well."""
    api.act(1, "send", readers=3)
    assert api.post("/campaigns/1/pause").json()["state"] == "paused"
    refused = api.act(1, "resume", readers=2)
    assert (refused["status"], refused["facts"]["readers"]) == (409, 3)
    assert api.act(1, "resume", readers=3)["state"] == "sending"


def test_cancelled_campaign_tells_what_was_skipped(api: ApiCampaign) -> None:
    """What stops mail needs no number."""
    api.act(1, "send", any_size=True)
    answer = api.post("/campaigns/1/cancel").json()
    assert (answer["skipped"], answer["campaign"]["state"]) == (3, "cancelled")
    assert answer["campaign"]["by_skip_reason"] == {"cancelled": 3}
    again = api.post("/campaigns/1/cancel")
    assert (again.status_code, again.json()["skipped"]) == (200, 0)


@pytest.mark.parametrize("action", ["send", "schedule", "pause", "resume", "cancel"])
def test_whoever_may_do_it_is_told_how_it_stands_then(api: ApiCampaign, action: str) -> None:
    """A token that only sends would else get 403 for what was done."""
    right = Right.CAMPAIGNS_STOP if action in {"pause", "cancel"} else Right.CAMPAIGNS_SEND
    if action != "send":
        api.act(1, "send", any_size=True)
    if action == "resume":
        api.post("/campaigns/1/pause")
    number = api.draft() if action == "schedule" else 1
    body = {"any_size": True} | ({"at": "2031-04-12T09:00"} if action == "schedule" else {})
    path = f"/campaigns/{number}/{action}"
    given = None if action in {"pause", "cancel"} else body
    answer = api.post(path, given, token=api.only(right))
    assert answer.status_code == 200, answer.text
    assert api.get(f"/campaigns/{number}", token=api.only(right)).status_code == 403


def test_edition_with_errors_is_not_sent_unless_that_is_meant(api: ApiCampaign) -> None:
    """A broken edition in a thousand inboxes cannot be mended."""
    api.small.publish("\n\nTODO: write {{this}}.\n")
    found = api.get("/campaigns/1/findings").json()
    assert found["errors"] >= 1
    assert {"error"} <= {one["level"] for one in found["findings"]}
    refused = api.act(1, "send", readers=3)
    assert refused["status"] == 422
    assert refused["errors"][-1]["code"] == "edition.has_errors"
    assert api.act(1, "send", readers=3, force=True)["state"] == "sending"


def test_sent_twice_with_one_key_it_is_started_once(api: ApiCampaign) -> None:
    """A program that lost the answer asks again."""
    key = {"Idempotency-Key": "send-1"}
    first = api.post("/campaigns/1/send", {"readers": 3}, headers=key)
    second = api.post("/campaigns/1/send", {"readers": 3}, headers=key)
    assert second.json() == first.json()
    assert second.headers["idempotency-replayed"] == "true"
    without = api.act(1, "send", readers=3)
    assert (without["status"], without["code"]) == (409, "wrong_state")
