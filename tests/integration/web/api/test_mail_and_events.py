"""Inbound mail, service mail and the event log by the API."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mailer.services.operation import event_log
from mailer.store.server.connection import Store
from mailer.web.api.resources import events
from support.service.api_client import ApiClient

LETTER = b"From: ana@example.org\r\nSubject: Hello\r\n\r\n<script>alert(1)</script>\r\n"


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiClient:
    """An API over a store that holds two letters."""
    api = ApiClient(store, data_dir)
    for author in ("ana@example.org", "ben@example.com"):
        api.web.mail.get(api.web.mail.own(), author=author, subject="A question", body="Why?")
    return api


def test_mail_is_listed_page_by_page_and_chosen(api: ApiClient) -> None:
    """The newest first."""
    page = api.get("/inbound?limit=1").json()
    assert [one["sender"] for one in page["items"]] == ["ben@example.com"]
    rest = api.get(f"/inbound?limit=1&cursor={page['next']}").json()
    assert ([one["sender"] for one in rest["items"]], rest["next"]) == (["ana@example.org"], None)
    chosen = api.get("/inbound?sender=@example.com&kind=person&state=waiting").json()["items"]
    assert [one["sender"] for one in chosen] == ["ben@example.com"]
    assert api.get("/inbound?kind=bounce").json()["items"] == []
    assert api.get("/inbound?kind=none").status_code == 422


def test_content_is_given_out_as_a_file_and_never_shown(api: ApiClient) -> None:
    """A stranger wrote it, perhaps for the browser of whoever looks."""
    answer = api.get("/inbound/1/raw")
    assert answer.headers["content-type"] == "message/rfc822"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert b"Why?" in answer.content
    assert api.get("/inbound/9/raw").status_code == 404


def test_message_is_told_apart_without_being_kept(api: ApiClient) -> None:
    """Other programs ask what they have."""
    answer = api.post("/inbound/classify", content=LETTER)
    assert (answer.status_code, answer.json()["kind"]) == (200, "person")
    for odd in (b"", b"\0" * 999, b"\xff\xfe" * 50):
        assert api.post("/inbound/classify", content=odd).status_code == 200
    assert len(api.get("/inbound").json()["items"]) == 2


def test_mail_is_read_again_and_removed(api: ApiClient) -> None:
    """Unread mail stays."""
    again = api.post("/inbound/1/requeue")
    assert (again.status_code, again.json()["state"]) == (202, "unread")
    assert api.post("/inbound/1/requeue").status_code == 409
    assert api.post("/inbound/drop", {"mails": [1, 2, 2, 99]}).json() == {"removed": 1}
    assert [one["mail"] for one in api.get("/inbound").json()["items"]] == [1]
    assert api.post("/inbound/drop", {"mails": []}).status_code == 422


def test_service_mails_are_listed_page_by_page(api: ApiClient) -> None:
    """Each once, whatever happens to others meanwhile."""
    for name in ("kim", "lou", "max"):
        api.web.mail.get(api.web.mail.own("subscribe"), author=f"{name}@example.org")
    seen, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/outbox?limit=2&cursor={cursor}").json()
        seen += [one["outbox"] for one in page["items"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen)) >= 3
    assert "example.org" not in api.get("/outbox").text
    assert api.get("/outbox?state=sent").json()["items"] == []


def test_events_are_read_page_by_page(api: ApiClient) -> None:
    """All of them, in order."""
    seen, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/events?limit=3&cursor={cursor}").json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
    assert seen == [identity for identity, _ in event_log.read(api.store)]
    assert api.get("/events?since=2999-01-01T00:00:00Z").json()["items"] == []


def test_stream_goes_on_after_the_last_event_that_is_known(api: ApiClient) -> None:
    """Whoever comes again misses nothing, and is told nothing twice."""
    known = [identity for identity, _ in event_log.read(api.store)]
    answer = api.get("/events/stream", headers={"Last-Event-ID": known[0]})
    told = [line[4:] for line in answer.text.splitlines() if line.startswith("id: ")]
    assert told == known[1:]
    assert "id: " not in api.get("/events/stream").text
    bad = api.get("/events/stream", headers={"Last-Event-ID": "99999999999999999999"})
    assert (bad.status_code, bad.json()["code"]) == (422, "invalid_cursor")


def test_stream_tells_what_happens_while_it_is_followed(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A follower sees an event within a look."""
    monkeypatch.setattr(events, "LOOK_SECONDS", 0.01)
    after = event_log.last(api.store)

    async def run() -> str:
        source = events.follow(lambda place: event_log.some(api.store, place, 9), after)
        async for told in source:
            if told is not None:
                return told.event
            await asyncio.to_thread(
                api.post, "/users", {"address": "kim@example.org", "role": "reader"}
            )
        return ""

    assert asyncio.run(asyncio.wait_for(run(), 20)) == "user.added"
