"""Whole lists by the API: files of subscribers in and out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailer.domain.access.rights import Role
from mailer.services.access import api_tokens, audit
from mailer.services.operation.jobs import Jobs
from mailer.store import keys
from mailer.store.access import jobs
from mailer.store.server.connection import Store
from support.service.api_client import ApiClient

FILE = """\
address,language,tags,name
ana@example.org,fr,board,Ana
bo@example.org,,,=1+1
nonsense,,,
"""


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiClient:
    """An API over an empty store."""
    return ApiClient(store, data_dir)


def imported(api: ApiClient, content: str | bytes = FILE, query: str = "", **more: str) -> object:
    """Import a file, and return the report."""
    headers = {"Content-Type": "text/csv", **more}
    answer = api.ask("POST", f"/subscribers/import{query}", content=content, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_file_is_imported_and_says_what_it_refused(api: ApiClient) -> None:
    """Whoever sends a list has to hear which lines were not good."""
    tried = imported(api, query="?dry_run=true")
    assert api.get("/subscribers").json()["items"] == []
    done = imported(api)
    assert isinstance(done, dict)
    assert isinstance(tried, dict)
    assert (done["added"], done["refused"]) == (1, 2)
    assert [one["line"] for one in done["refusals"]] == [3, 4]
    assert tried == done | {"dry_run": True}
    (one,) = api.get("/subscribers").json()["items"]
    assert (one["address"], one["language"], one["tags"]) == ("ana@example.org", "fr", ["board"])


def test_file_that_cannot_be_read_changes_nothing(api: ApiClient) -> None:
    """A spreadsheet that was sent as it is must not be taken for addresses."""
    answer = api.ask(
        "POST",
        "/subscribers/import",
        content=b"PK\x03\x04\x00\x00",
        headers={"Content-Type": "text/csv"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert "mailer-api-" not in answer.text
    assert api.get("/subscribers").json()["items"] == []


def test_import_that_is_sent_again_is_answered_again(api: ApiClient) -> None:
    """The answer of a long import is the one that is lost most easily."""
    first = imported(api, **{"Idempotency-Key": "k"})
    assert imported(api, **{"Idempotency-Key": "k"}) == first


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("text/csv", "text/csv; charset=utf-8"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("*/*", "application/x-ndjson"),
        ("text/*, application/x-ndjson;q=0.5", "text/csv; charset=utf-8"),
    ],
)
def test_export_has_the_form_that_is_accepted(api: ApiClient, accept: str, form: str) -> None:
    """A spreadsheet takes one, a program the other."""
    imported(api)
    answer = api.get("/subscribers/export", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, form)
    assert "ana@example.org" in answer.text


def test_export_as_csv_is_what_an_import_reads_back(api: ApiClient) -> None:
    """A list that leaves the service must be able to come back."""
    imported(api)
    content = api.get("/subscribers/export", headers={"Accept": "text/csv"}).text
    again = imported(api, content)
    assert isinstance(again, dict)
    assert (again["unchanged"], again["refused"]) == (1, 0)


def test_export_as_json_lines_is_what_is_shown_of_each(api: ApiClient) -> None:
    """One form of a subscriber is enough."""
    imported(api)
    lines = api.get("/subscribers/export?status=active").text.splitlines()
    (one,) = api.get("/subscribers").json()["items"]
    assert [json.loads(line) for line in lines] == [one]
    assert api.get("/subscribers/export?language=es").text == ""
    assert api.get("/subscribers/export", headers={"Accept": "image/png"}).status_code == 406


def test_export_is_in_the_audit_log(api: ApiClient) -> None:
    """Addresses that leave the service are what an owner asks about first."""
    api.get("/subscribers/export?language=fr")
    last = audit.newest(api.store, 1)[0]
    assert (last.act, last.phase) == ("subscribers.export", "done")


def test_import_may_be_left_to_a_worker(api: ApiClient) -> None:
    """Whoever sends a large file need not hold the connection."""
    headers = {"Content-Type": "text/csv", "Prefer": "respond-async", "Idempotency-Key": "k"}
    answers = [
        api.ask("POST", "/subscribers/import", content=FILE, headers=headers) for _ in range(2)
    ]
    assert [one.status_code for one in answers] == [202, 202]
    assert answers[0].content == answers[1].content
    place = answers[0].headers["location"].removeprefix("/api/v1")
    waiting = api.get(place).json()
    assert (waiting["state"], waiting["total"]) == ("waiting", len(FILE))
    number = waiting["number"]
    for _ in range(2):  # a second worker finds it done
        Jobs(api.store, api.web.settings, api.clock).work(number)
    done = api.get(place).json()
    assert (done["state"], done["done"], done["error"]) == ("done", len(FILE), None)
    assert (done["result"]["added"], done["result"]["refused"]) == (1, 2)
    assert api.get(place, token=api.token_of(Role.OWNER)).status_code == 404
    assert api.store.redis.exists(keys.api_job_file(number)) == 0


def test_job_of_a_token_that_was_revoked_is_not_done(api: ApiClient) -> None:
    """A token that was found to be stolen must not go on working by what it left behind."""
    token = api.token_of(Role.OWNER)
    headers = {"Content-Type": "text/csv", "Prefer": "respond-async"}
    answer = api.ask("POST", "/subscribers/import", token=token, content=FILE, headers=headers)
    api_tokens.revoke(api.store, api.clock.now(), token.split("_")[1])
    Jobs(api.store, api.web.settings, api.clock).work(answer.json()["number"])
    assert api.get("/subscribers").json()["items"] == []
    assert jobs.find(api.store, answer.json()["number"])["state"] == "failed"


def test_job_whose_worker_died_is_done_by_another(api: ApiClient) -> None:
    """Nothing that was accepted is forgotten."""
    headers = {"Content-Type": "text/csv", "Prefer": "respond-async"}
    number = api.ask("POST", "/subscribers/import", content=FILE, headers=headers).json()["number"]
    assert jobs.take(api.store, number, api.clock.now())
    work = Jobs(api.store, api.web.settings, api.clock)
    work.work(number)
    assert jobs.find(api.store, number)["state"] == "running"
    api.clock.advance(jobs.LEASE)
    assert work.sweep() == 1
    work.work(number)
    assert jobs.find(api.store, number)["state"] == "done"


def test_files_that_wait_for_a_worker_do_not_fill_the_store(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While no worker runs, a program that tries again and again would use up all memory."""
    monkeypatch.setattr(jobs, "MOST_OCTETS", 2 * len(FILE))
    headers = {"Content-Type": "text/csv", "Prefer": "respond-async"}
    answers = [
        api.ask("POST", "/subscribers/import", content=FILE, headers=headers) for _ in range(3)
    ]
    assert [one.status_code for one in answers] == [202, 202, 429]
    assert answers[2].json()["code"] == "job_limit"
    work = Jobs(api.store, api.web.settings, api.clock)
    work.work(answers[0].json()["number"])
    last = api.ask("POST", "/subscribers/import", content=FILE, headers=headers)
    assert last.status_code == 202


def test_room_of_a_job_that_never_arrived_is_given_back(api: ApiClient) -> None:
    """A process that dies while it keeps a file must not take the room with it."""
    assert jobs.reserve(api.store, jobs.MOST_OCTETS, api.clock.now())
    assert not jobs.reserve(api.store, 1, api.clock.now())
    api.clock.advance(jobs.ARRIVING)
    work = Jobs(api.store, api.web.settings, api.clock)
    assert work.sweep() == 1
    work.work(1)
    assert jobs.reserve(api.store, 1, api.clock.now())
