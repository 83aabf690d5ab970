"""Makes HTTP requests of what is asked; nothing is sent here."""

from __future__ import annotations

import ipaddress
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx

from mailer.client.asking import Ask, Route
from mailer.client.retries import Attempts, Retries

API: Final = "/api/v1"
END: Final = "end"
"""Type of the server-sent event after which no other comes."""
FILE_SECONDS: Final = 600.0
"""How long the answer to a file may take: the service reads all of it first."""
STREAM_SECONDS: Final = 60.0
"""How long a stream may be silent: the service says something every 15 seconds."""
_NAMED: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Prepared:
    """One request, to be sent once or several times.

    Attributes:
        key: the same at each attempt, so that a POST is done once (`Idempotency-Key`).
    """

    route: Route
    ask: Ask[Any]
    url: str
    seconds: float
    key: str

    def attempts(self, retries: Retries) -> Attempts:
        """Return the count of its attempts."""
        conditional = "If-Match" in self.headers()
        method = self.route.method
        repeatable = method in {"GET", "POST"} or (method in {"PUT", "DELETE"} and not conditional)
        file = self.ask.file
        return Attempts(retries, repeatable and (file is None or file.repeatable))

    def headers(self) -> dict[str, str]:
        """Return the header fields."""
        headers = {name: value for name, value in self.ask.headers.items() if value}
        if self.route.method == "POST":
            headers["Idempotency-Key"] = self.key
        if self.ask.file is not None:
            headers["Content-Type"] = self.ask.file.media_type
            length = self.ask.file.length()
            if length is not None:
                headers["Content-Length"] = str(length)
        return headers

    def parts(self) -> dict[str, Any]:
        """Return what httpx makes the request of; a file is added by whoever sends it."""
        parts: dict[str, Any] = {
            "method": self.route.method,
            "url": self.url,
            "params": list(_query(self.ask.query)),
            "headers": self.headers(),
            "timeout": self.seconds,
        }
        if self.ask.json is not None:
            given = {name: value for name, value in self.ask.json.items() if value is not None}
            parts["json"] = _plain(given | dict(self.ask.exact))
        return parts

    def is_gone(self, response: httpx.Response, attempts: Attempts) -> bool:
        """Tell whether what was to be deleted was so by an attempt whose answer was lost."""
        gone = response.status_code == httpx.codes.NOT_FOUND and attempts.uncertain
        return gone and self.route.method == "DELETE"


def prepared(route: Route, ask: Ask[Any], *, timeout: float, key: str) -> Prepared:
    """Prepare a request.

    Args:
        route: where it goes.
        ask: what is asked.
        timeout: seconds for which the service may be silent, as the user wishes.
        key: its idempotency key; empty: a new one is drawn.

    Raises:
        ValueError: a name cannot stand in a path.
    """
    url = _NAMED.sub(lambda found: _segment(ask.path[found[1]]), route.path)
    seconds = max(timeout, FILE_SECONDS) if ask.file is not None else timeout
    return Prepared(route, ask, f"{API}{url}", seconds, key or str(uuid.uuid4()))


def streamed(one: Prepared, last: str = "") -> Prepared:
    """Prepare the same for an answer that comes bit by bit, after the event `last`."""
    headers = {**one.ask.headers, "Last-Event-ID": last}
    ask = replace(one.ask, headers=headers)
    return replace(one, ask=ask, seconds=max(one.seconds, STREAM_SECONDS))


def checked(base_url: str, *, allow_http: bool) -> str:
    """Return the address of a service.

    Raises:
        ValueError: it is none, or the token would be sent in the clear.
    """
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("The base URL is like https://bulletin.example.org")
    if parts.username or parts.password:
        raise ValueError("The base URL has no login; give the token beside it.")
    if parts.scheme == "http" and not (allow_http or _is_loopback(parts.hostname)):
        raise ValueError(
            "Everybody on the way could read the token: use https, or say allow_http=True."
        )
    return base_url.rstrip("/").removesuffix(API)


def fields_of(token: str) -> dict[str, str]:
    """Return the header fields of each request.

    Raises:
        ValueError: the token is none.
    """
    if not re.fullmatch(r"[!-~]+", token):
        raise ValueError("A token is like mailer_...; `mailer tokens add` makes one.")
    return {"Authorization": f"Bearer {token}", "User-Agent": "mailer-client/1"}


def following(page: Any, asked: Ask[Any]) -> Ask[Any] | None:
    """Return what to ask for the next page of a list; None: this was the last."""
    cursor = page["next"]
    if cursor is None:
        return None
    return replace(asked, query={**asked.query, "cursor": cursor})


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _segment(value: object) -> str:
    text = str(value)
    if text in {"", ".", ".."}:
        raise ValueError(f"{text!r} is no name of anything.")
    return quote(text, safe="")


def _query(given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        if isinstance(value, Sequence) and not isinstance(value, str):
            yield from ((name, str(one)) for one in value)
        elif isinstance(value, bool):
            yield name, str(value).lower()
        elif isinstance(value, date):  # a datetime is one
            yield name, value.isoformat()
        elif value not in {None, ""}:
            yield name, str(value)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, datetime | date) else value
