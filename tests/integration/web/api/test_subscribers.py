"""Subscribers by the API: what other programs of the institution do with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailer.domain.subscribers.subscriber import Action
from mailer.services.subscriptions import subscribers
from mailer.store import events
from mailer.store.server.connection import Store
from support.service.api_client import ApiClient


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiClient:
    """An API over an empty store."""
    return ApiClient(store, data_dir)


def added(api: ApiClient, address: str = "ana@example.org", **more: Any) -> int:
    """Put a reader on the list."""
    answer = api.post("/subscribers", {"address": address, "confirm": False, **more})
    assert answer.status_code == 201, answer.text
    number: int = answer.json()["number"]
    return number


def shown(api: ApiClient, number: int) -> Mapping[str, Any]:
    """Show a reader."""
    found: Mapping[str, Any] = api.get(f"/subscribers/{number}").json()
    return found


def listed(api: ApiClient, **asked: Any) -> list[str]:
    """Return the addresses of all pages of a list."""
    found: list[str] = []
    while True:
        page = api.get("/subscribers", params=asked).json()
        found += [one["address"] for one in page["items"]]
        if page["next"] is None:
            return found
        asked["cursor"] = page["next"]


def test_reader_is_added_without_a_mail_where_the_secretariat_vouches(api: ApiClient) -> None:
    """Law 6: whoever is added by others gets no mail for it."""
    number = added(api, language="fr", tags=["board"], name="Ana")
    found = shown(api, number)
    assert (found["address"], found["language"]) == ("ana@example.org", "fr")
    assert (found["status"], found["tags"], found["name"]) == ("active", ["board"], "Ana")
    assert found["consent"] is None
    assert api.web.mail.sent() == []
    again = api.post("/subscribers", {"address": "Ana@Example.org", "confirm": False})
    assert (again.status_code, again.json()) == (200, {"result": "unchanged", "number": number})
    assert again.headers["location"] == f"/api/v1/subscribers/{number}"


def test_owner_of_an_address_is_asked_and_confirms(api: ApiClient) -> None:
    """A website that passes a wish on cannot answer for the consent."""
    wish = {"address": "ana@example.org", "confirm": True, "language": "es"}
    answer = api.post("/subscribers", wish)
    assert (answer.status_code, answer.json()["result"]) == (202, "asked")
    again = api.post("/subscribers", wish)
    assert (again.status_code, again.json()["result"]) == (202, "asked_lately")
    (one,) = api.get("/subscribers").json()["items"]
    assert (one["status"], one["source"], one["language"]) == ("pending", "api", "es")


def test_reader_who_left_is_left_alone(api: ApiClient) -> None:
    """Law 7: a program brings nobody back."""
    number = added(api)
    answer = api.post(f"/subscribers/{number}/remove", {"reason": "asked by telephone"})
    assert answer.json() == {"status": "unsubscribed"}
    answer = api.post("/subscribers", {"address": "ana@example.org", "confirm": False})
    assert (answer.status_code, answer.json()["code"]) == (409, "left_alone")
    assert answer.json()["facts"]["why"] == "unsubscribed"


def test_change_is_made_for_what_was_seen_or_not_at_all(api: ApiClient) -> None:
    """Two programs that each add a topic must not undo each other."""
    number = added(api, language="en", tags=["a"])
    path = f"/subscribers/{number}"
    bare = api.ask("PATCH", path, json={"language": "fr"})
    assert (bare.status_code, bare.json()["code"]) == (428, "precondition_required")
    tag = api.get(path).headers["etag"]
    first = api.ask("PATCH", path, json={"language": "fr"}, headers={"If-Match": tag})
    assert first.status_code == 204
    late = api.ask("PATCH", path, json={"tags": ["b"]}, headers={"If-Match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "changed")
    assert api.get(path).headers["etag"] == first.headers["etag"]
    anyway = api.ask("PATCH", path, json={"tags": ["b"], "name": "Bo"}, headers={"If-Match": "*"})
    assert anyway.status_code == 204
    found = shown(api, number)
    assert (found["language"], found["tags"], found["name"]) == ("fr", ["b"], "Bo")
    counts = api.get("/subscribers/count").json()
    assert (counts["by_language"], counts["by_tag"]) == ({"fr": 1}, {"b": 1})
    kept = api.get(path, headers={"If-None-Match": api.get(path).headers["etag"]})
    assert (kept.status_code, kept.content) == (304, b"")


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"language": "xx"}, "language", "unknown_language"),
        ({"topics": ["nonsense"]}, "topics", "unknown_topic"),
        ({"status": "active"}, "body.status", "unknown_field"),
        ({"topics": []}, "body.topics", "too_short"),
        ({"name": 7}, "body.name", "string_type"),
    ],
)
def test_wrong_change_is_told_by_its_field(
    api: ApiClient, change: Mapping[str, Any], field: str, code: str
) -> None:
    """A program shows it beside the field of its own form."""
    path = f"/subscribers/{added(api)}"
    answer = api.ask("PATCH", path, json=change, headers={"If-Match": "*"})
    assert answer.status_code == 422
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [(field, code)]


def test_readers_are_found_by_any_part_of_their_address(api: ApiClient) -> None:
    """A person at the telephone remembers half of it."""
    for address in ("ana@example.org", "bo@example.org", "anabel@example.net"):
        added(api, address)
    assert listed(api, q="ANA") == ["ana@example.org", "anabel@example.net"]
    assert listed(api, q="example.org") == ["ana@example.org", "bo@example.org"]
    assert listed(api, q="na@ex") == ["ana@example.org"]
    assert listed(api, q="nobody") == []
    added(api, "late@example.org")
    assert listed(api, q="late") == ["late@example.org"]


def test_list_is_read_page_by_page_and_holds_each_once(api: ApiClient) -> None:
    """Whoever copies the list misses nobody, and counts nobody twice."""
    wanted = [f"reader{number}@example.org" for number in range(7)]
    for number, address in enumerate(wanted):
        added(api, address, language="fr" if number % 2 else "en")
    assert listed(api, limit=3) == wanted
    assert listed(api, limit=7) == wanted
    assert listed(api, limit=2, q="reader") == wanted
    assert listed(api, limit=1, q="reader", language="fr") == wanted[1::2]
    assert listed(api, limit=1, language="fr", status="active") == wanted[1::2]
    first = api.get("/subscribers?limit=3&language=en")
    assert first.headers["link"].startswith("</api/v1/subscribers?limit=3&language=en&cursor=")
    assert 'rel="next"' in first.headers["link"]
    wrong = api.get("/subscribers?cursor=%21%21")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_cursor")


def test_erased_reader_is_found_no_more_and_stays_suppressed(api: ApiClient) -> None:
    """Law: nothing is kept but a hash, by which the address is never mailed again."""
    number = added(api)
    assert listed(api, q="ana") == ["ana@example.org"]
    tag = api.get(f"/subscribers/{number}").headers["etag"]
    late = api.ask("DELETE", f"/subscribers/{number}", headers={"If-Match": '"other"'})
    assert late.status_code == 412
    erased = api.ask("DELETE", f"/subscribers/{number}", headers={"If-Match": tag})
    assert (erased.status_code, erased.content) == (204, b"")
    assert api.get(f"/subscribers/{number}").status_code == 404
    assert listed(api, q="ana") == []
    checked = api.post("/suppressions/check", {"addresses": ["ana@example.org", "b@example.org"]})
    first, second = checked.json()["found"]
    assert (first["reason"], second) == ("erased", None)


def test_address_is_suppressed_and_the_suppression_lifted(api: ApiClient) -> None:
    """Somebody calls and never wants to hear from us again; and later does."""
    number = added(api)
    asked = {"address": "ANA@example.org", "reason": "asked by telephone"}
    assert api.post("/suppressions", asked).json() == {"changed": True}
    assert api.post("/suppressions", asked).json() == {"changed": False}
    assert shown(api, number)["suppressed"]["reason"] == "asked by telephone"
    assert api.post("/suppressions/lift", asked).json() == {"changed": True}
    assert shown(api, number)["suppressed"] is None


def test_suspension_is_lifted_and_nothing_else(api: ApiClient) -> None:
    """A provider in trouble returned somebody's mail."""
    number = added(api)
    wrong = api.post(f"/subscribers/{number}/reinstate", {"reason": "it works"})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "wrong_state")
    subscribers.change(api.store, number, Action.SUSPEND, api.clock.now())
    answer = api.post(f"/subscribers/{number}/reinstate", {"reason": "it works"})
    assert answer.json() == {"status": "active"}


def test_history_tells_all_that_happened_to_a_reader(api: ApiClient) -> None:
    """A complaint about a mail is answered by what is written down."""
    number = added(api)
    added(api, "bo@example.org")
    api.clock.advance(timedelta(hours=1))
    api.ask("PATCH", f"/subscribers/{number}", json={"name": "A"}, headers={"If-Match": "*"})
    page = api.get(f"/subscribers/{number}/events", params={"limit": 1}).json()
    assert [one["type"] for one in page["items"]] == ["subscriber.added"]
    rest = api.get(f"/subscribers/{number}/events", params={"cursor": page["next"]}).json()
    assert [one["type"] for one in rest["items"]] == ["subscriber.updated"]
    assert rest["items"][0]["fields"] == {
        "subscriber": str(number),
        "source": "secretariat",
        "fields": "name",
    }
    assert rest["next"] is None
    assert api.get(f"/subscribers/{number}/received").json() == []
    assert api.get("/subscribers/99/events").status_code == 404


def test_each_change_is_one_event(api: ApiClient) -> None:
    """Law 9: what happened is in the log, once."""
    number = added(api)
    path = f"/subscribers/{number}"
    api.ask("PATCH", path, json={"name": "A"}, headers={"If-Match": "*"})
    api.ask("PATCH", path, json={"name": "A"}, headers={"If-Match": "*"})
    types = [fields["type"] for _, fields in events.read(api.store)]
    assert types.count("subscriber.updated") == 1
