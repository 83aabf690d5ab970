"""Addresses of stores: the URLs of Redis, by TCP, TLS, unix socket or Sentinel."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit


def parse_store_url(text: str) -> str:
    """Read the URL of a store; never repeats it, because it may hold a password.

    Raises:
        ValueError: it is none, in the form `what is wrong; remedy`.
    """
    try:
        parts = urlsplit(text)
        good = _KINDS.get(parts.scheme, _never)(parts.netloc, parts.path)
    except ValueError:
        good = False
    if not good:
        raise ValueError(
            "it is not the URL of a store; write rediss://user:password@host:6379/0 (redis without"
            " TLS), unix:///path/to/socket or redis+sentinel://user:password@host1:26379,host2:26379/name"
        )
    return text


def _server(netloc: str, rest: str) -> bool:
    parts = urlsplit(f"//{netloc}")
    return bool(parts.hostname) and parts.port != 0 and bool(re.fullmatch(r"/?|/[0-9]+", rest))


def _socket(netloc: str, rest: str) -> bool:
    return netloc in {"", "localhost"} and len(rest) > 1


def _sentinels(netloc: str, rest: str) -> bool:
    hosts = netloc.rpartition("@")[2].split(",")
    return all(_server(host, "") for host in hosts) and bool(
        re.fullmatch(r"/[A-Za-z0-9._-]+(/[0-9]+)?", rest)
    )


def _never(_netloc: str, _rest: str) -> bool:
    return False


_KINDS: Final[dict[str, Callable[[str, str], bool]]] = {
    "redis": _server,
    "rediss": _server,
    "unix": _socket,
    "redis+sentinel": _sentinels,
    "rediss+sentinel": _sentinels,
}
