"""What was done is not done again, although its answer was lost and the request is sent again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest

from mailer.client import (
    Client,
    InvalidError,
    NotFoundError,
    Retries,
    UnexpectedError,
    UnreachableError,
)
from mailer.store import events
from mailer.web.api import streams
from support.service.api_campaign import READERS, ApiCampaign

QUICK = Retries(most=3, first_seconds=0.01, longest_seconds=2.0)


class Faulty(httpx.BaseTransport):
    """Hands requests to the service, and loses its first answers, or puts others in their place."""

    def __init__(self, *faults: int | Exception) -> None:
        self.faults, self.inner = list(faults), httpx.HTTPTransport()
        self.seen: list[tuple[str, str | None]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Let the service do the work; what is told of it is another thing."""
        self.seen.append((request.method, request.headers.get("idempotency-key")))
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, httpx.ConnectError):
            raise fault
        answer = self.inner.handle_request(request)
        if fault is None:
            return answer
        answer.read()
        answer.close()
        if isinstance(fault, int):
            return httpx.Response(fault, text="<html>Bad gateway</html>")
        raise fault

    def close(self) -> None:
        """Close the connections."""
        self.inner.close()


LOST = httpx.ReadError("lost")


class Cut(httpx.SyncByteStream):
    """The beginning of an answer; then the connection is lost."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self.content
        raise LOST


class Cutting(Faulty):
    """Cuts the first answer in the middle."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Let the service answer, and pass a half of it on."""
        answer = super().handle_request(request)
        if len(self.seen) > 1:
            return answer
        content = answer.read()
        answer.close()
        return httpx.Response(200, stream=Cut(content[: len(content) * 2 // 3]))


@pytest.fixture
def happened(api: ApiCampaign) -> Callable[[], Counter[str]]:
    """Counts the events since the test began, by type."""
    before = [identity for identity, _ in events.read(api.store)]
    return lambda: Counter(
        fields["type"] for identity, fields in events.read(api.store) if identity not in before
    )


@pytest.mark.parametrize(
    "faults", [(LOST,), (502,), (503,), (504,), (LOST, 502, LOST), (httpx.ConnectError("x"),)]
)
def test_post_is_done_once(
    api: ApiCampaign,
    address: str,
    happened: Callable[[], Counter[str]],
    faults: tuple[int | Exception, ...],
) -> None:
    """The same key is sent again, and the first answer comes back."""
    faulty = Faulty(*faults)
    with Client(address, api.token, retries=QUICK, transport=faulty) as client:
        added = client.subscribers.add("zoe@example.org", confirm=False)
        assert added["result"] == "added"
        sent = list(faulty.seen)
        client.subscribers.add("yan@example.org", confirm=False)
    assert happened()["subscriber.added"] == 2
    assert len(sent) == len(faults) + 1
    assert len(set(sent)) == 1
    assert sent[0][1]
    assert faulty.seen[-1] not in sent


def test_import_is_sent_again_from_its_beginning(api: ApiCampaign, address: str) -> None:
    """A second attempt with the rest of a file would be another request."""
    with Client(address, api.token, retries=QUICK, transport=Faulty(LOST, 503)) as client:
        report = client.subscribers.import_csv(b"address\nzoe@example.org\n")
    assert report["added"] == 1


def test_change_whose_answer_was_lost_is_not_made_again(api: ApiCampaign, address: str) -> None:
    """It would be refused for having been made; the program has to look."""
    faulty = Faulty()
    with Client(address, api.token, retries=QUICK, transport=faulty) as client:
        seen = client.subscribers.get(1)
        faulty.faults = [httpx.ConnectError("x")]
        etag = client.subscribers.change(1, seen.etag, language="fr")
        faulty.faults = [LOST]
        with pytest.raises(UnreachableError) as caught:
            client.subscribers.change(1, etag, language="en")
        assert caught.value.done is None
        assert client.subscribers.get(1).value["language"] == "en"


def test_what_a_lost_attempt_deleted_is_deleted(api: ApiCampaign, address: str) -> None:
    """The second attempt finds nothing, which is what was wanted."""
    faulty = Faulty()
    with Client(address, api.token, retries=QUICK, transport=faulty) as client:
        client.segments.define("press", "lang:fr")
        faulty.faults = [LOST]
        client.segments.remove("press")
        with pytest.raises(NotFoundError):
            client.segments.remove("press")


def test_attempts_end(api: ApiCampaign, address: str, happened: Callable[[], Counter[str]]) -> None:
    """A network that stays away is told of; it was done all the same, and once."""
    faulty = Faulty(*[LOST] * 9)
    client = Client(address, api.token, retries=QUICK, transport=faulty)
    with client, pytest.raises(UnreachableError, match="may have been carried out"):
        client.subscribers.add("zoe@example.org", confirm=False)
    assert len(faulty.seen) == QUICK.most + 1
    assert happened()["subscriber.added"] == 1


def test_key_of_ones_own_outlives_the_program(
    api: ApiCampaign, address: str, client: Client, happened: Callable[[], Counter[str]]
) -> None:
    """A program that was killed sends the same again when it is started anew."""
    first = client.with_key("import-7").subscribers.add("zoe@example.org", confirm=False)
    with Client(address, api.token) as other:
        again = other.with_key("import-7").subscribers.add("zoe@example.org", confirm=False)
        assert again == first
        with pytest.raises(InvalidError, match="idempotency_mismatch"):
            other.with_key("import-7").subscribers.add("yan@example.org", confirm=False)
    assert happened()["subscriber.added"] == 1


def test_stream_goes_on_where_it_broke_off(api: ApiCampaign, address: str) -> None:
    """An opened stream whose connection is lost is opened again."""
    number = api.draft()
    api.post(f"/campaigns/{number}/cancel")
    faulty = Faulty(LOST, 502)
    with Client(address, api.token, retries=QUICK, transport=faulty) as client:
        told = [one["state"] for one in client.campaigns.progress(number)]
    assert told == ["cancelled"]
    assert len(faulty.seen) == 3


def test_events_are_followed_over_several_connections(
    api: ApiCampaign, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service ends each stream after a while; nothing may be missed or told twice."""
    monkeypatch.setattr(streams, "LONGEST_SECONDS", 0.0)  # after each event
    quick, faulty = Retries(longest_seconds=0.01), Faulty()
    heard: list[str] = []
    with Client(address, api.token, retries=quick, transport=faulty) as client:
        known = [one["id"] for one in client.events.list()]
        faulty.seen.clear()
        for event in client.events.follow(since=datetime(2023, 1, 1, tzinfo=UTC)):
            heard.append(event["id"])
            if len(heard) == len(known):
                api.small.subscribe("later@example.org")
            if event["type"] == "subscriber.added" and len(heard) > len(known):
                break
        assert heard == [one["id"] for one in client.events.list()][: len(heard)]
    assert len(heard) > len(known) > 2
    assert len(faulty.seen) > len(heard)


def test_list_whose_answer_is_cut_is_asked_for_again(api: ApiCampaign, address: str) -> None:
    """What was read of it must not be taken for the whole."""
    with Client(address, api.token, retries=QUICK, transport=Cutting()) as client:
        assert len(list(client.subscribers.find())) == len(READERS)


def test_export_that_is_cut_is_an_error(api: ApiCampaign, address: str) -> None:
    """Half a list must not be taken for the whole; what came before was given out already."""
    with Client(address, api.token, retries=QUICK, transport=Cutting()) as client:
        found = client.subscribers.export()
        assert next(found)["address"] == READERS[0]
        with pytest.raises(UnreachableError):
            list(found)


def test_stream_that_is_cut_tells_nothing_twice(api: ApiCampaign, address: str) -> None:
    """A half of an event is none; the service tells it again."""
    known = len(list(events.read(api.store)))
    with Client(address, api.token, retries=QUICK, transport=Cutting()) as client:
        heard = []
        for event in client.events.follow(since=datetime(2023, 1, 1, tzinfo=UTC)):
            heard.append(event["id"])
            if len(heard) == known:
                break
    assert heard == [identity for identity, _ in events.read(api.store)][:known]


def test_something_else_at_the_address_is_said_to_be(api: ApiCampaign) -> None:
    """A page of a proxy's must not end in an error of Python's."""
    for content in (b"<html>Hello</html>", b"[1]", b'"x"'):
        elsewhere = httpx.MockTransport(
            lambda _, content=content: httpx.Response(200, content=content)
        )
        with Client("https://example.org", api.token, transport=elsewhere) as client:
            for ask in (client.subscribers.find, client.subscribers.export, client.events.list):
                with pytest.raises(UnexpectedError):
                    next(ask())
