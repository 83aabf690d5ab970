"""The client asks a real service: lists, files, streams and errors."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import assert_type

import httpx
import pytest

from mailer.client import (
    ApiError,
    ChangedError,
    Client,
    ConflictError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    Retries,
    Tagged,
    TooManyRequestsError,
    UnauthenticatedError,
    UnexpectedError,
    UnreachableError,
)
from mailer.client.answers.subscribers import Subscriber
from mailer.client.uploads import File
from mailer.domain.access.rights import Right
from mailer.services.operation.jobs import Jobs
from mailer.store.server.connection import Store
from support.samples.archives import zipped
from support.servers.served import served
from support.service.api_campaign import READERS, ApiCampaign
from support.service.api_client import ApiClient
from support.service.small_campaign import FILES

MANY = 1200
FILE = "address,language\n" + "".join(f"reader{n}@example.org,fr\n" for n in range(MANY))


def test_subscriber_is_added_changed_and_erased(client: Client) -> None:
    """The life of a reader, as another program leads it."""
    added = client.subscribers.add("zoe@example.org", confirm=False, tags=["press"])
    assert added["result"] == "added"
    number = added["number"]
    assert number is not None
    seen = client.subscribers.get(number)
    assert_type(seen, Tagged[Subscriber])
    assert seen.value["tags"] == ["press"]
    etag = client.subscribers.change(number, seen.etag, language="fr", tags=[])
    now = client.subscribers.get(number)
    assert (now.etag, now.value["language"], now.value["tags"]) == (etag, "fr", [])
    with pytest.raises(ChangedError) as caught:
        client.subscribers.change(number, seen.etag, language="en")
    assert (caught.value.status, caught.value.code) == (412, "changed")
    assert client.subscribers.remove(number, "by phone") == {"status": "unsubscribed"}
    with pytest.raises(ConflictError, match="left_alone"):
        client.subscribers.add("zoe@example.org", confirm=False)
    client.subscribers.erase(number, etag="*")
    with pytest.raises(NotFoundError):
        client.subscribers.get(number)
    assert client.suppressions.check(["zoe@example.org", "bo@example.org"])["found"][1] is None


def test_list_is_read_page_after_page(client: Client) -> None:
    """Whoever reads a list must not stop after its first page."""
    found = client.subscribers.find(q="example.org", limit=1)
    assert_type(found, Iterator[Subscriber])
    assert [one["address"] for one in found] == list(READERS)
    assert [one["address"] for one in client.subscribers.find(language="fr")] == [READERS[2]]
    assert len(list(client.events.list(limit=2))) == len(list(client.events.list(limit=500))) > 2


@pytest.mark.parametrize("form", ["path", "octets", "opened"])
def test_file_comes_in_and_goes_out_again(client: Client, tmp_path: Path, form: str) -> None:
    """A list is moved by way of files, larger than fits one page."""
    path = tmp_path / "readers.csv"
    path.write_text(FILE, encoding="utf-8")
    with path.open("rb") as opened:
        forms: dict[str, File] = {"path": path, "octets": FILE.encode(), "opened": opened}
        file = forms[form]
        tried = client.subscribers.import_csv(file, dry_run=True)
        assert (tried["dry_run"], tried["added"]) == (True, MANY)
        opened.seek(0)
        report = client.subscribers.import_csv(file)
    assert (report["added"], report["refused"]) == (MANY, 0)
    out = [one["address"] for one in client.subscribers.export(language="fr")]
    assert len(out) == MANY + 1
    csv = b"".join(client.subscribers.export_csv())
    again = client.subscribers.import_csv(io.BytesIO(csv))
    assert again["unchanged"] == MANY + len(READERS)


def test_export_may_be_left_before_its_end(client: Client) -> None:
    """Whoever has found what they sought goes on, with the same client."""
    client.subscribers.import_csv(FILE.encode())
    found = client.subscribers.export()
    assert next(found)["address"] == READERS[0]
    assert client.subscribers.count()["total"] == MANY + len(READERS)


def test_file_is_left_to_a_worker(api: ApiCampaign, client: Client) -> None:
    """A large list need not hold the connection."""
    job = client.subscribers.import_csv_later(FILE.encode())
    assert job["state"] == "waiting"
    Jobs(api.store, api.web.settings, api.clock).work(job["number"])
    done = client.jobs.get(job["number"])
    assert done["result"] is not None
    assert "added" in done["result"]
    assert (done["state"], done["result"]["added"]) == ("done", MANY)


def test_many_readers_are_changed_and_forgotten_by_a_worker(
    api: ApiCampaign, client: Client
) -> None:
    """Whom it is about is chosen as in a search; another number of them than was said stops it."""
    with pytest.raises(ConflictError, match="number_changed"):
        client.subscribers.tag_many_later(len(READERS) + 1, choice={"status": "active"}, add=["x"])
    jobs, everybody = Jobs(api.store, api.web.settings, api.clock), client.subscribers.find()
    first, *others = [one["number"] for one in everybody]
    asked = [
        client.subscribers.tag_many_later(len(READERS), choice={"status": "active"}, add=["x"]),
        client.subscribers.remove_many_later(1, "by phone", numbers=[first]),
        client.subscribers.suppress_many_later(1, "by phone", numbers=[first]),
        client.subscribers.erase_many_later(len(others), "by letter", numbers=others),
    ]
    results = []
    for job in asked:
        jobs.work(job["number"])
        results.append(client.jobs.get(job["number"])["result"])
    assert [one and "done" in one and one["done"] for one in results] == [
        *(len(READERS), 1, 1),
        len(others),
    ]
    [left] = client.subscribers.find(rule="tag:x")
    assert (left["number"], left["status"]) == (first, "unsubscribed")
    assert left["suppressed"] is not None


def test_lines_that_an_import_refused_are_given_out(api: ApiCampaign, client: Client) -> None:
    """Whoever sent the file mends them in it."""
    job = client.subscribers.import_csv_later(b"address\nno address\nzoe@example.org\n")
    Jobs(api.store, api.web.settings, api.clock).work(job["number"])
    assert b"no address" in b"".join(client.jobs.refused(job["number"]))


def test_campaign_is_made_sent_and_followed_to_its_end(client: Client) -> None:
    """What mails many says how many; another number is an error that tells the present one."""
    edition = client.editions.upload(zipped(FILES))
    assert edition["edition"]["edition"] == "small"
    assert client.editions.check(zipped(FILES))["errors"] == 0
    assert b"Bonjour" in client.editions.preview("small", language="fr", format="text")
    number = client.campaigns.create("small", "bulletin")["campaign"]
    readers = client.campaigns.forecast(number)["readers"]
    assert readers == len(READERS)
    with pytest.raises(ConflictError) as caught:
        client.campaigns.send(number, readers=readers + 1)
    assert caught.value.code == "other_size"
    assert client.campaigns.send(number, readers=readers)["state"] == "sending"
    states = []
    for campaign in client.campaigns.progress(number):
        states.append(campaign["state"])
        if campaign["state"] == "sending":
            client.campaigns.cancel(number)
    assert states == ["sending", "cancelled"]
    assert client.campaigns.status(number).value["skipped"] == len(READERS)
    assert {one["address"] for one in client.campaigns.deliveries(number)} == set(READERS)


def test_calendar_entry_is_added_and_changed(client: Client) -> None:
    """A field that is given as None is another thing than one that is left out."""
    entry = client.calendar.add(
        "assembly",
        start="2023-06-01T14:00",
        end="2023-06-01T16:00",
        zone="Europe/Zurich",
        title={"en": "Assembly"},
    )
    assert entry["end"] == "2023-06-01T16:00:00"
    etag = client.calendar.get("assembly").etag
    changed = client.calendar.change("assembly", etag, url="https://example.org/assembly")
    assert changed.value["end"] == "2023-06-01T16:00:00"
    changed = client.calendar.change("assembly", changed.etag, end=None)
    assert changed.value["end"] is None
    assert [one["id"] for one in client.calendar.list()] == ["assembly"]
    assert b"BEGIN:VCALENDAR" in client.calendar.export()


def test_segment_is_defined_renamed_and_removed(client: Client) -> None:
    """The rule of a name."""
    made = client.segments.define("french", "lang:fr")
    assert client.segments.count("segment:french")["members"] == 1
    made = client.segments.rename("french", "francophones", etag=made.etag)
    assert [one["name"] for one in client.segments.list()] == ["francophones"]
    client.segments.remove("francophones", etag=made.etag)
    with pytest.raises(NotFoundError):
        client.segments.get("francophones")


def test_rest_answers_as_well(client: Client) -> None:
    """Each resource once, against the service itself."""
    message = b"From: ana@example.org\r\nTo: list@example.org\r\nSubject: Hello\r\n\r\nHello\r\n"
    assert client.inbound.classify(message)["kind"] == "person"
    assert list(client.inbound.list(state=["unread"])) == []
    assert list(client.outbox.list()) == []
    assert "sender_address" in client.settings.get()["settings"]
    user = client.users.add("bo@example.org", "reader")
    made = client.tokens.add(user["number"], "Website", ["subscribers:read"], days=3)
    assert made["token"]["id"] in {one["id"] for one in client.tokens.list()}
    client.tokens.revoke(made["token"]["id"])
    assert client.audit.verify()["whole"]
    assert "tokens.revoke" in {one["act"] for one in client.audit.list(limit=1)}
    assert b"".join(client.audit.export()).count(b"\n") > 1


def test_refusals_are_errors_of_their_own(api: ApiCampaign, client: Client, address: str) -> None:
    """Programs tell them apart by their class, and by their code."""
    with pytest.raises(InvalidError) as invalid:
        client.subscribers.add("nonsense", confirm=False)
    assert (invalid.value.status, len(invalid.value.errors)) == (422, 1)
    assert invalid.value.errors[0].field in str(invalid.value)
    with Client(address, "mailer_no_token") as stranger, pytest.raises(UnauthenticatedError):
        stranger.subscribers.count()
    only = api.only(Right.EVENTS_READ)
    with Client(address, only) as listener, pytest.raises(NotAllowedError) as refused:
        listener.subscribers.count()
    assert isinstance(refused.value, ApiError)
    assert refused.value.code == "not_allowed"
    with pytest.raises(ApiError) as large:
        client.subscribers.add("a" * 1_200_000, confirm=False)
    assert (large.value.status, large.value.code) == (413, "body_too_large")


def test_too_many_requests_are_waited_for_up_to_a_bound(store: Store, data_dir: Path) -> None:
    """A program that waits a minute without being asked to would be taken for dead."""
    api = ApiClient(store, data_dir, api_requests_per_minute=1)
    patience = Retries(most=4, longest_seconds=0.5)
    with served(api.web.app) as address, Client(address, api.token, retries=patience) as client:
        client.subscribers.count()
        with pytest.raises(TooManyRequestsError) as caught:
            client.subscribers.count()
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 0.5


def test_service_that_is_away_is_said_to_be(address: str) -> None:
    """Whether something was done is what matters most then."""
    with Client("http://127.0.0.1:1", "mailer_x", retries=Retries(most=0)) as client:
        with pytest.raises(UnreachableError) as caught:
            client.subscribers.count()
        assert caught.value.done is False
    with Client(f"{address}/elsewhere", "mailer_x") as client, pytest.raises(UnexpectedError):
        client.subscribers.count()


def test_redirect_is_not_followed() -> None:
    """The token is for one host."""
    response = httpx.Response(302, headers={"Location": "https://elsewhere.example.org"})
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return response

    transport = httpx.MockTransport(answer)
    moved = Client("https://example.org", "mailer_x", transport=transport)
    with moved, pytest.raises(UnexpectedError):
        moved.subscribers.count()
    assert len(asked) == 1
