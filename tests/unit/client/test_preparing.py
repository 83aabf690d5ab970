"""Requests go where they were meant to go, and the token nowhere else."""

from __future__ import annotations

import ast
import io
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.client import AsyncClient, Client, reading
from mailer.client.asking import Ask, Route
from mailer.client.preparing import Prepared, checked, fields_of, prepared
from mailer.client.retries import Retries
from mailer.client.uploads import BLOCK, Upload
from support.places import ROOT

TAKEN = {"httpx"}


def made(method: str, **parts: object) -> Prepared:
    """Prepare a request."""
    given_parts = {"path": {"name": "press"}, **parts}
    ask = Ask(reading.whole, **given_parts)  # type: ignore[arg-type]
    return prepared(Route(method, "/segments/{name}"), ask, timeout=1.0, key="")


@given(st.text(min_size=1).filter(lambda text: text not in {".", ".."}))
def test_name_stays_one_part_of_the_path(name: str) -> None:
    """A name from elsewhere must not lead to another route."""
    try:
        url = made("GET", path={"name": name}).url
    except UnicodeEncodeError:  # half a surrogate pair is no text
        return
    begin, _, last = url.rpartition("/")
    assert begin == "/api/v1/segments"
    assert not set(last) & set("?#\\ ")


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_name_that_would_lead_elsewhere_is_refused(name: str) -> None:
    """Clients remove dots from paths before they ask."""
    with pytest.raises(ValueError, match="no name"):
        made("DELETE", path={"name": name})


@pytest.mark.parametrize(
    ("method", "headers", "again"),
    [
        ("GET", {}, True),
        ("POST", {}, True),
        ("POST", {"If-Match": '"x"'}, True),
        ("PUT", {}, True),
        ("PUT", {"If-Match": '"x"'}, False),
        ("DELETE", {}, True),
        ("DELETE", {"If-Match": '"x"'}, False),
        ("PATCH", {}, False),
    ],
)
def test_what_may_be_sent_twice(method: str, headers: dict[str, str], again: bool) -> None:
    """A condition would fail at the second attempt, if the first was carried out."""
    one = made(method, headers=headers)
    assert one.attempts(Retries()).repeatable == again
    assert ("Idempotency-Key" in one.headers()) == (method == "POST")
    assert one.headers() == one.headers()


def test_query_and_body_are_as_the_api_reads_them() -> None:
    """Instants, flags and lists have one form each; what was not given is left out."""
    at = datetime(2023, 4, 12, 7, tzinfo=UTC)
    one = made(
        "POST",
        query={"q": "", "no": None, "past": False, "topic": ["a", "b"], "since": at, "limit": 5},
        json={"at": at, "gone": None, "texts": {"fr": "é"}, "many": (1, at)},
        exact={"end": None},
    )
    assert one.parts()["params"] == [
        ("past", "false"),
        ("topic", "a"),
        ("topic", "b"),
        ("since", "2023-04-12T07:00:00+00:00"),
        ("limit", "5"),
    ]
    assert one.parts()["json"] == {
        "at": "2023-04-12T07:00:00+00:00",
        "texts": {"fr": "é"},
        "many": [1, "2023-04-12T07:00:00+00:00"],
        "end": None,
    }


@pytest.mark.parametrize(
    ("url", "allow_http", "found"),
    [
        ("https://bulletin.example.org", False, "https://bulletin.example.org"),
        ("https://example.org/mail/", False, "https://example.org/mail"),
        ("https://example.org/api/v1/", False, "https://example.org"),
        ("http://127.0.0.1:8000", False, "http://127.0.0.1:8000"),
        ("http://localhost", False, "http://localhost"),
        ("http://mailer.example.org", True, "http://mailer.example.org"),
    ],
)
def test_address_of_a_service(url: str, allow_http: bool, found: str) -> None:
    """The API is below that of the pages."""
    assert checked(url, allow_http=allow_http) == found


@pytest.mark.parametrize(
    "url",
    [
        "",
        "bulletin.example.org",
        "ftp://example.org",
        "http://bulletin.example.org",
        "http://127.0.0.1.example.org",
        "https://user:secret@example.org",
        "https://example.org/?a=b",
    ],
)
def test_address_that_would_give_the_token_away_is_refused(url: str) -> None:
    """Before anything is sent, and without repeating a password."""
    with pytest.raises(ValueError, match=r"https|login") as caught:
        checked(url, allow_http=False)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX: y", "é"])
def test_token_that_is_none_is_refused_without_repeating_it(token: str) -> None:
    """A field of one's own could be smuggled in; and tokens do not belong in logs."""
    with pytest.raises(ValueError, match="tokens add"):
        fields_of(token)


def test_token_is_not_shown() -> None:
    """Clients are printed while one looks for a fault."""
    with Client("https://example.org", "mailer_x_y") as client:
        assert "mailer_x_y" not in repr(client) + repr(vars(client))
    assert "mailer_x_y" not in repr(vars(AsyncClient("https://example.org", "mailer_x_y")))


@pytest.mark.parametrize("size", [0, 1, BLOCK, BLOCK + 1])
def test_file_is_sent_whole_as_often_as_it_takes(tmp_path: Path, size: int) -> None:
    """A second attempt must not send the rest of a file."""
    content = bytes(range(256)) * (size // 256 + 1)
    content = content[:size]
    path = tmp_path / "file"
    path.write_bytes(b"xx" + content)
    with path.open("rb") as opened:
        opened.seek(2)
        for file in (Upload(content, "text/csv"), Upload(opened, "text/csv")):
            assert [b"".join(file.blocks()) for _ in range(2)] == [content, content]
            assert file.repeatable
    whole = Upload(path, "text/csv")
    assert (b"".join(whole.blocks()), whole.length()) == (b"xx" + content, size + 2)


def test_file_that_cannot_be_read_again_is_sent_once() -> None:
    """Half of it would be gone."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    one = made("POST", file=Upload(Pipe(b"x"), "text/csv"))
    assert not one.attempts(Retries()).repeatable


@pytest.mark.parametrize(
    "module", sorted((ROOT / "mailer" / "client").rglob("*.py")), ids=lambda path: path.stem
)
def test_client_needs_httpx_and_nothing_else(module: Path) -> None:
    """Whoever uses it must not have to load the service."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        names = (
            [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        for name in names:
            first = name.partition(".")[0]
            assert name.startswith("mailer.client") or first in TAKEN | set(
                sys.stdlib_module_names
            ), name
