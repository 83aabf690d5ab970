"""Server-sent events are read as the standard says, however the stream is cut into parts."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.client import server_events
from mailer.client.errors import UnexpectedError
from mailer.client.server_events import Reader, ServerEvent
from mailer.web.api.streams import Told, encoded

STREAM = (
    b"\xef\xbb\xbfretry: 5000\r\n\r\n: still here\r\n\r\n"
    b"id: 1-0\nevent: progress\ndata: {\ndata:}\n\n"
    b"data\r\rdata: \xc3\xa9\runknown: x\r\r"
    b"id: 2-0\n\nevent: lost\ndata: unfinished"
)
EVENTS = [
    ServerEvent("1-0", "progress", "{\n}"),
    ServerEvent("1-0", "message", ""),
    ServerEvent("1-0", "message", "é"),
]


def read(stream: bytes, cuts: list[int]) -> tuple[list[ServerEvent], Reader]:
    """Read a stream that arrives in parts."""
    reader, places = Reader(), sorted({0, len(stream), *(cut % len(stream) for cut in cuts)})
    parts = [stream[a:b] for a, b in itertools.pairwise(places)]
    return [event for part in parts for event in reader.feed(part)], reader


@given(st.lists(st.integers(0, 10_000)))
def test_events_are_the_same_however_they_arrive(cuts: list[int]) -> None:
    """A network cuts where it likes, also within a character and within the end of a line."""
    found, reader = read(STREAM, cuts)
    assert found == EVENTS
    assert (reader.last, reader.retry_seconds) == ("2-0", 5.0)


@given(
    st.lists(st.tuples(st.from_regex(r"[0-9]{1,9}-[0-9]", fullmatch=True), st.text())),
    st.lists(st.integers(0, 10_000)),
)
def test_what_the_service_writes_is_read(told: list[tuple[str, str]], cuts: list[int]) -> None:
    """Both are of this repository, and must mean the same."""
    stream = b": begin\n\n" + b"".join(encoded(Told(one, "x", {"t": text})) for one, text in told)
    found, _ = read(stream, cuts)
    assert [event.id for event in found] == [one for one, _ in told]


@given(st.binary())
def test_no_stream_breaks_the_reader(stream: bytes) -> None:
    """Something else may answer at that address."""
    list(Reader().feed(stream))


def test_event_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may fill the memory of a program that listens."""
    monkeypatch.setattr(server_events, "LONGEST", 100)
    with pytest.raises(UnexpectedError):
        list(Reader().feed(b"data: " + b"x" * 200))
    with pytest.raises(UnexpectedError):
        list(Reader().feed(b"data: xx\n" * 100 + b"data: " + b"y" * 100))
