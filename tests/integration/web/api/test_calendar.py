"""The calendar by the API: entries, calendar files, answers, and what readers are told."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailer.domain.access.rights import Right, Role
from mailer.services.access import once
from mailer.store.server.connection import Store
from support.service.api_campaign import ApiCampaign
from support.service.small_calendar import SmallCalendar

MEETING: dict[str, Any] = {
    "id": "spring-meeting",
    "start": "2023-04-26T14:00",
    "end": "2023-04-26T16:00",
    "zone": "Europe/Zurich",
    "title": {"en": "Spring meeting", "fr": "Réunion de printemps"},
    "topics": ["bulletin"],
}
PATH = "/calendar/entries/spring-meeting"
ANY = {"If-Match": "*"}
TOML = b"""
[[entry]]
id = "msme-day-2023"
kind = "observance"
start = 2023-06-27
zone = "Europe/Zurich"
title = { en = "MSME Day" }
"""


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiCampaign:
    """An API with three readers, and a meeting."""
    api = ApiCampaign(store, data_dir)
    answer = api.post("/calendar/entries", MEETING)
    assert answer.status_code == 201, answer.text
    return api


def change(api: ApiCampaign, body: dict[str, Any], query: str = "", **headers: str) -> Any:
    """Change the meeting."""
    return api.ask("PATCH", f"{PATH}{query}", json=body, headers=ANY | headers)


def tell_readers(api: ApiCampaign) -> None:
    """Let the time of a reminder come, so that readers know of the meeting."""
    start = datetime.fromisoformat(api.get(PATH).json()["starts_at"])
    SmallCalendar(api.small).go_to(start - timedelta(days=14, minutes=-1))
    api.token = api.token_of(Role.OWNER)  # a month has passed


def test_added_entry_is_shown_as_it_was_given(api: ApiCampaign) -> None:
    """With what follows from it."""
    shown = api.get(PATH)
    found = shown.json()
    assert found["starts_at"] == "2023-04-26T12:00:00Z"
    assert found["reminders"] == ["P14D", "P1D", "PT1H"]
    assert {name: found[name] for name in ("title", "topics")} == {
        name: MEETING[name] for name in ("title", "topics")
    }
    assert api.get(PATH, headers={"If-None-Match": shown.headers["etag"]}).status_code == 304
    listed = api.get("/calendar/entries").json()
    assert [one["id"] for one in listed["items"]] == ["spring-meeting"]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("id", "Spring Meeting", "bad_id"),
        ("id", "spring-meeting", "taken"),
        ("start", "2023-02-30T14:00", "bad_time"),
        ("start", None, "missing"),
        ("start", "0001-01-01T00:00", "calendar.bad_dates"),
        ("end", "2023-04-26T13:00", "calendar.ends_before_start"),
        ("end", "2023-04-26", "calendar.mixed_times"),
        ("zone", "Europe/Nowhere", "unknown_zone"),
        ("zone", "../../etc/passwd", "unknown_zone"),
        ("title", {"de": "Treffen"}, "unknown_language"),
        ("title", {"*": "Treffen"}, "unknown_language"),
        ("title", {"en": "\x00"}, "bad_text"),
        ("title", {}, "missing"),
        ("url", "javascript:alert(1)", None),
        ("url", "https://example.org/\n", "bad_text"),
        ("topics", ["none"], "unknown_topic"),
        ("remind", ["soon"], "bad_offset"),
        ("repeat", ["FREQ=NEVER"], "calendar.bad_rule"),
        ("invite", None, "missing"),
    ],
)
def test_field_that_cannot_be_is_named(
    api: ApiCampaign, field: str, value: Any, code: str | None
) -> None:
    """Nothing is added, and the field and its fault are told."""
    wanted = MEETING | {"id": "other", field: value}
    answer = api.post("/calendar/entries", wanted)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    error = answer.json()["errors"][0]
    assert error["field"] == field
    assert code is None or error["code"] == code
    assert len(api.get("/calendar/entries").json()["items"]) == 1


def test_change_is_made_for_what_was_seen(api: ApiCampaign) -> None:
    """Two people who change the same entry do not undo each other."""
    body = {"place": {"en": "Room A"}}
    bare = api.ask("PATCH", PATH, json=body)
    assert (bare.status_code, bare.json()["code"]) == (428, "precondition_required")
    tag = api.get(PATH).headers["etag"]
    first = change(api, body, **{"If-Match": tag})
    assert (first.status_code, first.json()["place"]) == (200, {"en": "Room A"})
    assert change(api, body, **{"If-Match": tag}).status_code == 412
    assert change(api, body, **{"If-Match": first.headers["etag"]}).status_code == 200


def test_what_is_not_given_stays(api: ApiCampaign) -> None:
    """A new start moves the end; a text is added, or taken out by an empty one."""
    moved = change(api, {"start": "2023-04-27T10:00"}).json()
    assert (moved["start"], moved["end"]) == ("2023-04-27T10:00:00", "2023-04-27T12:00:00")
    texts = change(api, {"title": {"fr": "", "es": "Reunión"}}).json()["title"]
    assert texts == {"en": "Spring meeting", "es": "Reunión"}
    assert change(api, {"end": None}).json()["end"] is None
    assert change(api, {"remind": []}).json()["reminders"] == []
    assert change(api, {"remind": None}).json()["reminders"] == ["P14D", "P1D", "PT1H"]


@pytest.mark.parametrize(
    ("size", "done"),
    [
        ({}, False),
        ({"readers": 0}, False),
        ({"readers": 3}, True),
        ({"readers": 4, "tolerance": 1}, True),
        ({"any_size": True}, True),
    ],
)
@pytest.mark.parametrize("action", ["change", "cancel"])
def test_change_that_readers_are_told_of_says_how_many(
    api: ApiCampaign, size: dict[str, Any], action: str, done: bool
) -> None:
    """It mails them (law 18)."""
    tell_readers(api)
    assert api.get(f"{PATH}/told").json() == {"sequence": 0, "readers": 3}
    if action == "change":
        answer = change(api, {"start": "2023-04-28T14:00"} | size)
    else:
        answer = api.post(f"{PATH}/cancel", {"reason": {"en": "Too few come."}} | size)
    if done:
        assert (answer.status_code, answer.json()["sequence"]) == (200, 1)
        return
    assert (answer.status_code, answer.json()["code"]) == (409, "other_size")
    assert answer.json()["facts"]["readers"] == 3
    assert api.get(PATH).json()["sequence"] == 0


def test_one_occurrence_is_changed_or_cancelled_by_itself(api: ApiCampaign) -> None:
    """The others take place as before."""
    change(api, {"repeat": ["FREQ=WEEKLY;COUNT=3"]})
    second = "?occurrence=2023-05-03T14:00"
    answer = change(api, {"start": "2023-05-03T15:00"}, second)
    assert answer.json()["repeats"]["different"] == ["2023-05-03T14:00:00"]
    third = f"{PATH}/cancel?occurrence=2023-05-10T14:00:00"
    assert api.post(third, {"reason": {"en": "Holiday."}}).status_code == 200
    listed = api.get("/calendar/entries").json()["items"]
    assert [(one["start"], one["status"]) for one in listed] == [
        ("2023-04-26T14:00:00", "confirmed"),
        ("2023-05-03T15:00:00", "confirmed"),
        ("2023-05-10T14:00:00", "cancelled"),
    ]
    missing = change(api, {"place": {"en": "A"}}, "?occurrence=2023-05-04T14:00")
    assert missing.status_code == 404
    assert change(api, {"place": {"en": "A"}}, "?occurrence=then").status_code == 422


def test_cancelled_entry_stays_and_is_changed_only_when_confirmed(api: ApiCampaign) -> None:
    """Readers' programs strike it out."""
    answer = api.post(f"{PATH}/cancel", {"reason": {"en": "Too few come."}})
    assert (answer.json()["status"], answer.json()["reason"]["en"]) == (
        "cancelled",
        "Too few come.",
    )
    refused = change(api, {"place": {"en": "Room A"}})
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert change(api, {"status": "confirmed"}).json()["status"] == "confirmed"


def test_list_is_read_page_by_page(api: ApiCampaign) -> None:
    """Each date of an entry that repeats is on one page."""
    change(api, {"repeat": ["FREQ=DAILY;COUNT=5"]})
    seen, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/calendar/entries?limit=2&cursor={cursor}").json()
        seen.append([one["start"][8:10] for one in page["items"]])
        cursor = page["next"]
    assert seen == [["26", "27"], ["28", "29"], ["30"]]
    until = "2023-04-28T00:00:00%2B02:00"
    assert len(api.get(f"/calendar/entries?until={until}").json()["items"]) == 2
    assert api.get("/calendar/entries?since=yesterday").status_code == 422


def test_file_is_taken_in_whole_or_not_at_all(api: ApiCampaign) -> None:
    """Half a calendar would remind of half the dates."""
    taken = api.post("/calendar/import?topic=bulletin", content=TOML)
    assert taken.status_code == 200, taken.text
    assert taken.json()["added"] == ["msme-day-2023"]
    assert api.post("/calendar/import", content=TOML).json()["unchanged"] == ["msme-day-2023"]
    bad = TOML.replace(b"msme-day-2023", b"other") + TOML.replace(b"2023-06-27", b"1")
    refused = api.post("/calendar/import", content=bad)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")
    assert refused.json()["errors"][0]["field"].startswith("calendar:")
    partly = api.post("/calendar/import?partly=true", content=bad).json()
    assert (partly["added"], len(partly["refused"])) == (["other"], 1)


def test_calendar_that_was_given_out_is_taken_in_again(api: ApiCampaign) -> None:
    """Any calendar program may be between the two."""
    given = api.get("/calendar/export?language=fr")
    assert given.headers["content-type"].startswith("text/calendar")
    assert "Réunion de printemps" in given.text
    again = api.post("/calendar/import?language=fr", content=given.content).json()
    assert again["unchanged"] == ["spring-meeting"]
    assert api.get("/calendar/export?language=de").status_code == 422


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"BEGIN:VCALENDAR", b"PK\x03\x04", b"[[entry"])
def test_file_that_is_no_calendar_is_refused(api: ApiCampaign, body: bytes) -> None:
    """With what is wrong, and nothing is changed."""
    answer = api.post("/calendar/import", content=body)
    assert answer.status_code == 422, answer.text


def test_answers_are_counted_and_given_out(api: ApiCampaign) -> None:
    """Names and addresses need another right than numbers."""
    assert api.get(f"{PATH}/attendance").json() == {"entry": "spring-meeting", "occurrences": []}
    file = api.get(f"{PATH}/attendees")
    assert file.text.startswith("address,name,language,answer,")
    only = api.only(Right.CALENDAR_READ)
    assert api.get(f"{PATH}/attendees", token=only).status_code == 403
    for rest in ("", "/attendance", "/attendees", "/told"):
        assert api.get(f"/calendar/entries/none{rest}").status_code == 404


def test_reminders_to_come_are_listed(api: ApiCampaign) -> None:
    """With how many would get each, as of now."""
    until = "until=2023-05-01T00:00:00Z"
    found = api.get(f"/calendar/reminders?{until}&limit=2").json()
    assert [one["offset"] for one in found["items"]] == ["P14D", "P1D"]
    assert found["items"][0]["readers"] == 3
    rest = api.get(f"/calendar/reminders?{until}&cursor={found['next']}").json()
    assert ([one["offset"] for one in rest["items"]], rest["next"]) == (["PT1H"], None)


def test_entry_added_by_an_attempt_that_was_killed_is_found_again(
    api: ApiCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same request must not be told that the name is taken, by itself."""
    monkeypatch.setattr(once.Once, "end", lambda self, key, begun, _: self.give_up(key, begun))
    wanted, key = MEETING | {"id": "other"}, {"Idempotency-Key": "entry-1"}
    first = api.post("/calendar/entries", wanted, headers=key)
    second = api.post("/calendar/entries", wanted, headers=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()


def test_right_to_write_shows_what_was_written(api: ApiCampaign) -> None:
    """A token that only writes sees the answer to what it did."""
    token = api.only(Right.CALENDAR_WRITE)
    answer = api.ask("PATCH", PATH, json={"place": {"en": "A"}}, headers=ANY, token=token)
    assert answer.status_code == 200
    assert api.get(PATH, token=token).status_code == 403


def test_change_is_looked_at_made_and_taken_back(api: ApiCampaign) -> None:
    """Whoever moves a meeting by a program sees first whom it mails, and can take it back."""
    tell_readers(api)
    seen = api.post(f"{PATH}/preview", {"start": "2023-04-28T14:00"}).json()
    assert (seen["readers"], [one["change"] for one in seen["notices"]]) == (3, ["moved"])
    assert seen["notices"][0]["mails"]["en"]["subject"].startswith("New date: 28 April")
    assert seen["differences"] == [{"occurrence": "", "fields": ["start", "end"]}]
    assert api.get(PATH).json()["sequence"] == 0
    moved = change(api, {"start": "2023-04-28T14:00", "readers": seen["readers"]}).json()
    told = api.get(f"{PATH}/history").json()
    assert told["undo_until"] == seen["at"]
    assert [len(one["mailings"]) for one in told["versions"]] == [0, 1]
    assert api.post(f"{PATH}/undo", {"sequence": 0}).status_code == 409
    back = api.post(f"{PATH}/undo", {"sequence": moved["sequence"]}).json()
    assert (back["start"], back["sequence"]) == ("2023-04-26T14:00:00", 2)
    only = api.only(Right.CALENDAR_READ)
    assert api.post(f"{PATH}/undo", {}, token=only).status_code == 403
    assert api.post(f"{PATH}/preview", {}, token=only).status_code == 403


def test_file_is_looked_at_before_it_is_taken_in(api: ApiCampaign) -> None:
    """The report is that of the import; nothing is kept."""
    seen = api.post("/calendar/import?topic=bulletin&dry_run=true", content=TOML).json()
    assert seen["added"] == ["msme-day-2023"]
    assert api.get("/calendar/entries/msme-day-2023").status_code == 404
