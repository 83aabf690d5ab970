"""Templates and transactional mail by the API, as a program of the institution uses them."""

from __future__ import annotations

import tarfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailer.domain.access.rights import Right, Role
from mailer.services.access import audit, once
from mailer.store import keys
from mailer.store.server.connection import Store
from support.samples.archives import tar_of, tarred, zipped
from support.samples.registration import DATA, files, small
from support.service.api_client import ApiClient

MAIL = {"template": "registration", "address": "ana@example.org", "data": dict(DATA)}


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiClient:
    """An API over a store with the sample template."""
    api = ApiClient(store, data_dir, mail_per_address=2)
    made = api.post("/templates", content=zipped(files(), "registration/"))
    assert made.status_code == 201, made.text
    assert made.headers["location"] == "/api/v1/templates/registration"
    return api


def test_template_is_imported_seen_and_removed(api: ApiClient) -> None:
    """A program finds out what it has to give."""
    again = api.post("/templates", content=tarred(files(), packed=True)).json()
    assert again["changed"] is False
    assert api.get("/templates").json()["items"] == [again["template"]]
    shown = api.get("/templates/registration")
    declared = shown.json()["variables"]
    assert (declared["day"]["type"], declared["day"]["example"]) == ("date", "2027-06-28")
    assert declared["sessions"]["of"] == {"title": "text", "day": "date", "page": "url"}
    assert declared["name"]["required"] is False
    anew = {**files(), "en.md": files()["en.md"] + b"\nMore.\n"}
    assert api.post("/templates", content=zipped(anew)).json()["changed"] is True
    stale = {"If-Match": shown.headers["etag"]}
    assert api.ask("DELETE", "/templates/registration", headers=stale).status_code == 412
    assert len(api.get("/templates/registration/use").json()["versions"]) == 2
    assert api.ask("DELETE", "/templates/registration").status_code == 204
    for path in ("", "/use"):
        assert api.get(f"/templates/registration{path}").status_code == 404
    told = [one for one in audit.newest(api.store, 20) if one.act == "templates.import"]
    assert [one.phase for one in told] == ["done"] * 3
    assert {str(one.facts["name"]) for one in told if one.facts} == {"archive"}
    assert "tmp" not in str(told)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"none",
        tar_of(tarfile.SYMTYPE),
        zipped({"edition.toml": b""}),
        zipped({"template.toml/en.md": b""}),
        zipped({"a/template.toml": b"", "b/template.toml": b""}),
        zipped(small("{{ unknown }}")),
    ],
)
def test_file_that_holds_no_template_is_refused(api: ApiClient, body: bytes) -> None:
    """With the reason, and without a word of where it was unpacked."""
    answer = api.post("/templates", content=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert "tmp" not in answer.text


def test_mail_is_seen_before_it_is_sent(api: ApiClient) -> None:
    """With the examples, or with what a program gives."""
    path = "/templates/registration/preview"
    assert "Annual meeting" in api.post(path, {}).json()["subject"]
    given = {"language": "fr", "data": {**DATA, "meeting": "<b>Réunion</b>"}}
    mail = api.post(path, given).json()
    assert (mail["language"], "<b>Réunion</b>" in mail["html"]) == ("fr", False)
    wrong = api.post(path, {"data": {"nme": "Ana"}})
    assert {one["code"] for one in wrong.json()["errors"]} == {"data.unknown", "missing"}
    assert api.post(path, {"version": "0" * 16}).status_code == 404
    assert api.post("/templates/none/preview", {}).status_code == 404
    assert api.web.mail.queued() == []


def test_mail_is_queued_sent_and_told_of(api: ApiClient) -> None:
    """The ledger knows it by number, and forgets whose it was."""
    queued = api.post("/mail", MAIL | {"language": "fr"})
    assert queued.status_code == 202, queued.text
    number = queued.json()["mail"]
    assert queued.headers["location"] == f"/api/v1/mail/{number}"
    assert (queued.json()["language"], queued.json()["repeated"]) == ("fr", False)
    assert api.get(f"/mail/{number}").json()["state"] == "queued"
    (sent,) = api.web.mail.posted()
    assert sent.recipient == "ana@example.org"
    told = api.get(f"/mail/{number}")
    assert told.json()["state"] == "sent"
    assert "ana@" not in told.text
    assert api.get("/mail?template=registration").json()["items"] == [told.json()]
    assert api.get("/mail?template=none").json()["items"] == []
    assert api.get("/mail/999").status_code == 404
    assert api.get("/templates/registration/use").json()["mails"]["fr"]["sent"] == 1


def test_key_of_the_request_is_the_key_of_the_mail(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the answer was lost, or the frame has forgotten it: it is queued once."""
    monkeypatch.setattr(once.Once, "end", lambda self, key, begun, _: self.give_up(key, begun))
    found = [api.post("/mail", MAIL, headers={"Idempotency-Key": "m"}).json() for _ in range(2)]
    assert [one["repeated"] for one in found] == [False, True]
    assert found[0]["mail"] == found[1]["mail"]
    assert len(api.get("/mail").json()["items"]) == 1


def test_limit_says_when_to_come_again_and_the_same_request_may(api: ApiClient) -> None:
    """A refusal that were kept with its key would last longer than the limit."""
    for _ in range(2):
        assert api.post("/mail", MAIL).status_code == 202
    key = {"Idempotency-Key": "late"}
    full = api.post("/mail", MAIL, headers=key)
    assert (full.status_code, full.json()["code"]) == (429, "mail_limit")
    seconds = int(full.headers["retry-after"])
    assert full.json()["facts"] == {"limit": "address", "retry_after": seconds}
    assert 0 < seconds <= timedelta(days=1).total_seconds()
    api.store.redis.delete(*api.store.redis.scan_iter(keys.mail_limit("address:*")))
    assert api.post("/mail", MAIL, headers=key).status_code == 202


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"template": "none"}, 404, "not_found"),
        ({"version": "0" * 16}, 404, "not_found"),
        ({"template": "../x"}, 422, "invalid_request"),
        ({"address": "nobody"}, 422, "invalid_address"),
        ({"data": {}}, 422, "invalid_input"),
        ({"data": {**DATA, "meeting": "\u202e"}}, 422, "invalid_input"),
        ({"data": {**DATA, "ticket_url": "javascript:alert(1)"}}, 422, "invalid_input"),
        ({"data": []}, 422, "invalid_request"),
        ({"bcc": "all@example.org"}, 422, "invalid_request"),
    ],
)
def test_mail_that_cannot_be_is_refused(
    api: ApiClient, fields: dict[str, Any], status: int, code: str
) -> None:
    """At once, and nothing of it is kept."""
    answer = api.post("/mail", MAIL | fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert api.get("/mail").json()["items"] == []


def test_suppressed_address_gets_nothing(api: ApiClient) -> None:
    """The ledger has it as skipped."""
    stop = {"address": MAIL["address"], "reason": "asked by phone"}
    assert api.post("/suppressions", stop).status_code == 200
    refused = api.post("/mail", MAIL)
    assert (refused.status_code, refused.json()["code"]) == (409, "mail_refused")
    skipped = api.get(f"/mail/{refused.json()['facts']['number']}").json()
    assert (skipped["state"], skipped["reason"]) == ("skipped", "suppressed")


def test_ledger_is_read_page_by_page(api: ApiClient) -> None:
    """The newest first; what comes meanwhile moves nothing."""
    numbers = [
        api.post("/mail", MAIL | {"address": f"ana{place}@example.org"}).json()["mail"]
        for place in range(3)
    ]
    first = api.get("/mail?limit=2").json()
    api.post("/mail", MAIL)
    rest = api.get(f"/mail?limit=2&cursor={first['next']}").json()
    pages = [[one["mail"] for one in page["items"]] for page in (first, rest)]
    assert pages == [[numbers[2], numbers[1]], [numbers[0]]]
    assert rest["next"] is None
    assert api.get("/mail?cursor=eA").json()["code"] == "invalid_cursor"


def test_each_right_lets_do_its_own(api: ApiClient) -> None:
    """A program that sends tickets can neither change what they say nor read subscribers."""
    sender = api.token_of(Role.OWNER, [Right.MAIL_SEND])
    assert api.post("/mail", MAIL, token=sender).status_code == 202
    assert api.get("/mail", token=sender).status_code == 200
    assert api.get("/templates", token=sender).status_code == 403
    assert api.post("/templates", content=b"", token=sender).status_code == 403
    reader = api.token_of(Role.OWNER, [Right.EDITIONS_READ])
    assert api.get("/templates/registration", token=reader).status_code == 200
    assert api.ask("DELETE", "/templates/registration", token=reader).status_code == 403
    for answer in (api.post("/mail", MAIL, token=reader), api.get("/mail/1", token=reader)):
        assert answer.status_code == 403
    writer = api.token_of(Role.OWNER, [Right.TEMPLATES_WRITE])
    mine = {"If-Match": api.get("/templates/registration").headers["etag"]}
    removed = api.ask("DELETE", "/templates/registration", token=writer, headers=mine)
    assert removed.status_code == 204
