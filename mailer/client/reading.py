"""Makes of answers what the methods return."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import httpx

from mailer.client.errors import UnexpectedError
from mailer.client.server_events import ServerEvent

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tagged(Generic[T]):
    """Something as it is now, with its entity tag.

    Attributes:
        value: the answer.
        etag: sent with a change, it makes sure that the change is made for what you saw.
    """

    value: T
    etag: str


def whole(response: httpx.Response) -> Any:
    """Return the JSON of an answer."""
    return _parsed(response.content)


def page(response: httpx.Response) -> dict[str, Any]:
    """Return one page of a list."""
    found = _parsed(response.content)
    if not isinstance(found, dict) or not {"items", "next"} <= found.keys():
        raise UnexpectedError("The answer is no page of a list: check the base URL.")
    return found


def tagged(response: httpx.Response) -> Tagged[Any]:
    """Return the JSON of an answer, with its entity tag."""
    return Tagged(whole(response), etag(response))


def etag(response: httpx.Response) -> str:
    """Return the entity tag of an answer."""
    return str(response.headers.get("etag", ""))


def nothing(response: httpx.Response) -> None:
    """Return nothing: that no error came says all."""


def octets(response: httpx.Response) -> bytes:
    """Return the body as it is."""
    return response.content


def text(response: httpx.Response) -> str:
    """Return the body as text."""
    return response.text


def same(item: Any) -> Any:
    """Return an item of a list, or a part of a file, as it is."""
    return item


def line(text: str) -> Any:
    """Return the JSON of a line."""
    return _fields(text)


def event(one: ServerEvent) -> Any:
    """Return the JSON of a server-sent event."""
    return _fields(one.data)


def _fields(text: str) -> dict[str, Any]:
    found = _parsed(text)
    if not isinstance(found, dict):
        raise UnexpectedError("A line of the answer is no object: check the base URL.")
    return found


def _parsed(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise UnexpectedError("The answer is no JSON: check the base URL.") from None
