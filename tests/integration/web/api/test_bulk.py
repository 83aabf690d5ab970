"""Many readers at once by the API: the number that was seen is the number that it is done to."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer.services.operation.jobs import Jobs
from mailer.store.server.connection import Store
from support.service.api_client import ApiClient


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiClient:
    """An API over a list of three."""
    api = ApiClient(store, data_dir)
    for number, tags in enumerate((["old"], ["old"], []), 1):
        given = {"address": f"r{number}@example.org", "confirm": False, "tags": tags}
        assert api.post("/subscribers", given).status_code == 201
    return api


OLD = {"choice": {"rule": "tag:old"}, "expected": 2}


def test_choice_is_tagged_suppressed_and_erased(api: ApiClient) -> None:
    """One request in place of many."""
    tagged = api.post("/subscribers/tag", OLD | {"add": ["new"]})
    assert (tagged.status_code, tagged.json()["done"]) == (200, 2)
    for deed in ("suppress", "remove", "erase"):
        answer = api.post(f"/subscribers/{deed}", OLD | {"reason": "asked"})
        assert (answer.status_code, answer.json()["done"]) == (200, 2), answer.text
    assert [one["number"] for one in api.get("/subscribers").json()["items"]] == [3]


def test_another_number_changes_nothing(api: ApiClient) -> None:
    """Law 18."""
    answer = api.post("/subscribers/erase", OLD | {"expected": 3, "reason": "asked"})
    assert (answer.status_code, answer.json()["code"]) == (409, "number_changed")
    assert answer.json()["facts"] == {"expected": 3, "found": 2}
    both = {"numbers": [1], "choice": {}, "expected": 1, "reason": "asked"}
    assert api.post("/subscribers/erase", both).status_code == 422
    assert len(api.get("/subscribers").json()["items"]) == 3


def test_worker_does_what_would_take_long(api: ApiClient) -> None:
    """The job tells how many, and what became of them."""
    wanted = {"numbers": [1, 2], "expected": 2, "reason": "asked"}
    answer = api.post("/subscribers/erase", wanted, headers={"Prefer": "respond-async"})
    assert answer.status_code == 202, answer.text
    job = answer.json()
    assert (job["kind"], job["total"]) == ("erase", 2)
    Jobs(api.store, api.web.settings, api.clock).work(job["number"])
    done = api.get(f"/jobs/{job['number']}").json()
    assert done["result"] == {"done": 2, "unchanged": 0, "gone": 0, "refused": 0}


def test_attributes_and_names_by_the_way(api: ApiClient) -> None:
    """What is not declared cannot be noted; a name is found without its accents."""
    tag = api.get("/subscribers/1").headers["etag"]
    changed = api.ask("PATCH", "/subscribers/1", json={"name": "Zoé"}, headers={"If-Match": tag})
    assert changed.status_code == 204, changed.text
    assert [one["number"] for one in api.get("/subscribers?q=zoe").json()["items"]] == [1]
    again = {"If-Match": changed.headers["etag"]}
    wrong = api.ask("PATCH", "/subscribers/1", json={"attributes": {"x": "1"}}, headers=again)
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "unknown_attribute")


def test_refused_lines_are_kept_for_their_sender(api: ApiClient) -> None:
    """Whoever imports has to mend them."""
    headers = {"Content-Type": "text/csv", "Prefer": "respond-async"}
    sent = api.ask(
        "POST",
        "/subscribers/import",
        content="address,name\nno,=1\nx@example.org,\n",
        headers=headers,
    )
    number = sent.json()["number"]
    Jobs(api.store, api.web.settings, api.clock).work(number)
    found = api.get(f"/jobs/{number}/refused")
    assert found.headers["content-type"].startswith("text/csv")
    assert found.text.splitlines()[1].startswith("no,'=1,2,")
    assert len(found.text.splitlines()) == 2
