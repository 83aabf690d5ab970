"""The inbox by the API."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer.store.server.connection import Store
from support.service.api_client import ApiClient


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiClient:
    """An API over a store that holds two letters."""
    api = ApiClient(store, data_dir)
    for author in ("ana@example.org", "ben@example.com"):
        api.web.mail.get(
            api.web.mail.own("owner"), author=author, subject="A question", body="Why?"
        )
    return api


def test_inbox_is_listed_page_by_page_chosen_and_counted(api: ApiClient) -> None:
    """The newest first."""
    page = api.get("/inbox?limit=1").json()
    assert [one["author"] for one in page["items"]] == ["ben@example.com"]
    rest = api.get(f"/inbox?limit=1&cursor={page['next']}").json()
    assert ([one["author"] for one in rest["items"]], rest["next"]) == (["ana@example.org"], None)
    assert [one["mail"] for one in api.get("/inbox?text=BEN&group=letters").json()["items"]] == [2]
    assert api.get("/inbox?group=quarantine").json()["items"] == []
    assert api.get("/inbox?standing=lost").status_code == 422
    assert api.get("/inbox/counts").json()["waiting"] == 2


def test_letter_is_read_and_answered_once(api: ApiClient) -> None:
    """A program that repeats a request whose answer was lost must not write twice."""
    opened = api.get("/inbox/1").json()
    assert (opened["text"].strip(), opened["item"]["why"]) == ("Why?", "letter")
    assert {"name": "Subject", "value": "A question"} in opened["fields"]
    wanted, headers = {"text": "Because."}, {"Idempotency-Key": "k-1"}
    first = api.post("/inbox/1/answer", wanted, headers=headers)
    again = api.post("/inbox/1/answer", wanted, headers=headers)
    assert (first.status_code, first.json()["carried"]) == (201, "under-way")
    assert again.json() == first.json()
    assert len([one for one in api.web.mail.posted() if one.sender]) == 1
    opened = api.get("/inbox/1").json()
    assert [one["text"] for one in opened["answers"]] == ["Because."]
    assert opened["item"]["standing"] == "answered"
    refused = api.post("/inbox/1/answer", {"text": " "})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "text")
    assert api.post("/inbox/99/answer", wanted).status_code == 404


def test_several_are_marked_and_each_has_its_outcome(api: ApiClient) -> None:
    """One that is not there stops no other."""
    marked = api.post("/inbox/mark", {"mails": [1, 99, 2], "standing": "dropped"}).json()["mails"]
    assert [(one["mail"], one["done"], one["error"]) for one in marked] == [
        (1, True, ""),
        (99, False, "not_found"),
        (2, True, ""),
    ]
    assert api.post("/inbox/1/answer", {"text": "x"}).status_code == 409
    api.post("/inbox/mark", {"mails": [1], "standing": "waiting"})
    assert [one["mail"] for one in api.get("/inbox").json()["items"]] == [1]


def test_mail_is_told_what_it_is(api: ApiClient) -> None:
    """What a person says holds."""
    told = api.post("/inbox/1/reclassify", {"kind": "auto-reply"}).json()
    assert (told["kind"], told["taught"], told["standing"]) == ("auto-reply", "auto-reply", "done")
    assert api.post("/inbox/1/reclassify", {"kind": "challenge"}).status_code == 422
    assert api.get("/inbox/1/files/7").status_code == 404
