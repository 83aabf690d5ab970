"""Addresses at which pages are served and reached; networks and websites named in settings."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

SHAPE: Final = "write it as http://127.0.0.1:8080 or http:///run/mailer/web.sock"
DEFAULT_PORT: Final = 8080
LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class WebPlace:
    """One place where pages are served in plain HTTP, for a proxy that speaks TLS to the world."""

    host: str = ""
    port: int = 0
    socket: Path | None = None
    """A unix socket instead of host and port; its folder decides who may connect."""

    @property
    def name(self) -> str:
        """Tell where it is, for people and logs."""
        if self.socket:
            return f"http://{self.socket}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def __str__(self) -> str:
        return self.name

    @classmethod
    def parse(cls, text: str) -> WebPlace:
        """Read `http://host:port` or `http:///path`; port 0 is any that is free.

        Raises:
            ValueError: it is not such a URL, in the form `what is wrong; remedy`.
        """
        try:
            parts = urlsplit(text)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise ValueError(f"This is no place to serve pages at; {SHAPE}.") from None
        if parts.scheme != "http" or not text.isprintable() or " " in text:
            raise ValueError(f"A place to serve pages at begins with http://; {SHAPE}.")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError(f"A place to serve pages at has no login or query; {SHAPE}.")
        if host and parts.path in {"", "/"}:
            return cls(host, DEFAULT_PORT if port is None else port)
        if host or parts.netloc or len(parts.path) < 2:
            raise ValueError(f"It names no host, or a host and a path; {SHAPE}.")
        return cls(socket=Path(parts.path))


def parse_network(text: str) -> Network:
    """Read an address or a network of addresses: `127.0.0.1`, `10.0.0.0/8`, `fd00::/8`.

    Raises:
        ValueError: it is neither, in the form `what is wrong; remedy`.
    """
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(
            "It is not an address or a network; write it like 127.0.0.1 or 10.0.0.0/8."
        ) from None


def parse_origin(text: str) -> str:
    """Read the origin of another website (RFC 6454): scheme, host and port.

    Raises:
        ValueError: it is none, in the form `what is wrong; remedy`.
    """
    shape = "write it like https://www.example.org, without a path"
    try:
        parts = urlsplit(text.lower())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(f"It is not the address of a website; {shape}.") from None
    if parts.scheme not in {"https", "http"} or not host or "@" in parts.netloc:
        raise ValueError(f"It is not the address of a website; {shape}.")
    if parts.path or parts.query or parts.fragment:
        raise ValueError(f"It is more than the address of a website; {shape}.")
    usual = {"https": 443, "http": 80}[parts.scheme]
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != usual else "")


def parse_public_url(text: str) -> str:
    """Read the address under which the web pages are reached: https, or this machine's own.

    Raises:
        ValueError: it is none, in the form `what is wrong; remedy`.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    if parts.scheme not in {"https", "http"} or not host or parts.username is not None:
        raise ValueError("it is not a web address; write it like https://lists.example.org")
    if parts.scheme == "http" and host not in LOCAL_HOSTS:
        raise ValueError(f"http:// can be read on the way; write https://{host}")
    if text.endswith("/"):
        raise ValueError("it ends in a slash; remove the slash")
    if parts.query or parts.fragment or text[-1] in "?#":
        raise ValueError("it has a query or a fragment; end it before the ? or #")
    return text
