"""What the URL of an endpoint may be."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from mailer.domain.settings.setting import SettingError, domain
from mailer.domain.webhooks import addresses
from mailer.errors import InputError

LONGEST: Final = 2000
USUAL: Final = {"https": 443, "http": 80}
FIRST_FREE_PORT: Final = 1024
"""Below it are the system's own services, such as mail: none of them is a web hook."""
SHAPE: Final = "write it like https://hooks.example.org/mailer"
_PATH: Final = re.compile(r"[!-~]*")
_NUMERIC: Final = re.compile(r"(?:.*\.)?(?:\d+|0[xX][0-9a-fA-F]*)\.?")


@dataclass(frozen=True, slots=True)
class Url:
    """The URL of an endpoint, taken apart."""

    tls: bool
    host: str
    """In lower case, as A-labels, or an IP address without brackets."""
    port: int
    target: str
    """Path and query, as they are sent."""

    def __str__(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.authority}{self.target}"

    @property
    def authority(self) -> str:
        """Host and port, as the Host field has them (RFC 9110 section 7.2)."""
        return authority(self.host, self.port, tls=self.tls)


def authority(host: str, port: int, *, tls: bool) -> str:
    """Write a host and its port; a port that is the usual one is left out."""
    shown = f"[{host}]" if ":" in host else host
    return shown if port == USUAL["https" if tls else "http"] else f"{shown}:{port}"


def parse_url(text: str, allowed: Sequence[str] = ()) -> Url:
    """Read the URL of an endpoint. Does not look its host up.

    Args:
        text: the URL.
        allowed: networks that are allowed though they are not public; plain http is for them only.

    Raises:
        InputError: it is no such URL; with what is wrong.
    """
    written = text.strip()
    try:
        parts = urlsplit(written)
        port = parts.port
    except ValueError:
        raise _wrong("it is no web address", SHAPE) from None
    _check_form(written, parts, allowed)
    tls = parts.scheme == "https"
    port = USUAL[parts.scheme] if port is None else port
    if port not in USUAL.values() and port < FIRST_FREE_PORT:
        raise _wrong(f"port {port} is not one of web servers", "use 443, or 1024 and above")
    host = _host(parts.hostname or "", allowed)
    query = f"?{parts.query}" if parts.query else ""
    return Url(tls, host, port, f"{parts.path or '/'}{query}")


def _check_form(written: str, parts: SplitResult, allowed: Sequence[str]) -> None:
    if len(written) > LONGEST:
        raise _wrong(f"it is over {LONGEST} characters", "shorten it")
    if parts.scheme not in USUAL or not parts.hostname:
        raise _wrong("it is no web address", SHAPE)
    if "@" in parts.netloc:
        raise _wrong("it holds a login", "leave it out; what we send is signed")
    if "#" in written:
        raise _wrong("it holds a fragment", "end it before the #")
    if not _PATH.fullmatch(parts.path + parts.query) or "\\" in written:
        raise _wrong("it holds characters that no URL has", "write them percent-encoded")
    if parts.scheme == "http" and not allowed:
        remedy = "write https://; plain http is only for what webhook_allow_networks lists"
        raise _wrong("http:// can be read on the way", remedy)


def _host(name: str, allowed: Sequence[str]) -> str:
    if "%" in name:
        raise _wrong("its host has a zone or an escape", SHAPE)
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return _name(name, allowed)
    if reason := addresses.refusal(str(address), allowed):
        raise _wrong(f"{address} {reason}", addresses.REMEDY)
    return str(address)


def _name(name: str, allowed: Sequence[str]) -> str:
    if _NUMERIC.fullmatch(name):  # resolvers take 127.1, 0x7f.1 and 2130706433 for addresses
        raise _wrong(
            "its host is neither a name nor an address", "write an address as four numbers"
        )
    if allowed and re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", name):
        return name
    try:
        found = domain(name)
    except SettingError:
        found = ""
    if not found:
        raise _wrong("its host is no name of a public server", SHAPE)
    return found


def _wrong(text: str, remedy: str) -> InputError:
    return InputError.of("url", text, remedy, code="webhook.bad_url")
