"""Addresses of relays and the way to reach them, each written as one URL in the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

SHAPE: Final = "write it as smtp://user:password@host:port?starttls=required"
ESCAPES: Final = "in a user or password write @ as %40, : as %3A, / as %2F, ? as %3F and % as %25"

MOST_WEIGHT: Final = 1000
MOST_CONNECTIONS: Final = 1000
MOST_MESSAGES: Final = 9999
_OPTIONS: Final = frozenset({"starttls", "weight", "connections", "messages"})


class StartTls(StrEnum):
    """The rule for turning a connection that begins in clear into TLS (RFC 3207)."""

    REQUIRED = "required"
    """Or there is no connection; the certificate is verified."""
    WHEN_OFFERED = "when-offered"
    """Against eavesdroppers only: an unverifiable certificate is better than none (RFC 7435)."""
    NO = "no"
    """Never, not even if offered."""


@dataclass(frozen=True, slots=True)
class RelayUrl:
    """One relay. Its password shows in no `repr` and no `str`, so that no log ever holds it."""

    host: str
    port: int
    tls: bool = False
    """TLS from the first byte (RFC 8314 section 3.3), scheme `smtps`."""
    starttls: StartTls = StartTls.WHEN_OFFERED
    user: str = ""
    """Empty: no AUTH."""
    password: str = field(default="", repr=False)
    weight: int = 1
    """Its share of the connections, relative to the other relays' weights."""
    connections: int | None = None
    """Most connections at once; none: as many as the pool may have."""
    messages: int | None = None
    """Most messages on one connection, which then ends politely; none: as many as it takes."""

    @property
    def name(self) -> str:
        """Tell which relay it is, for people and logs: scheme, host and port, no login."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'smtps' if self.tls else 'smtp'}://{host}:{self.port}"

    def __str__(self) -> str:
        return self.name

    @classmethod
    def parse(cls, text: str) -> RelayUrl:
        """Read `smtp://…` or `smtps://…`, options `starttls`, `weight`, `connections`, `messages`.

        Without a port: 465 for smtps, 587 with a login, else 25. Without `starttls`: `required`
        with a login, else `when-offered`. Does not look the host up.

        Raises:
            ValueError: it is not such a URL. The message has a remedy and repeats no part of the
                input, for a password with a stray `/` or `?` can turn up in any part.
        """
        parts = _split(text)
        tls = parts.scheme == "smtps"
        user, password = _login(parts)
        options = _options(parts.query)
        return cls(
            host=_host(parts),
            port=_port(parts) or (465 if tls else 587 if user else 25),
            tls=tls,
            starttls=_starttls(options.get("starttls"), tls=tls, login=bool(user)),
            user=user,
            password=password,
            weight=_count(options, "weight", MOST_WEIGHT) or 1,
            connections=_count(options, "connections", MOST_CONNECTIONS),
            messages=_count(options, "messages", MOST_MESSAGES),
        )


def _split(text: str) -> SplitResult:
    if not text.isprintable() or " " in text:
        raise ValueError(f"A relay's URL holds no spaces or control characters; {ESCAPES}.")
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValueError(f"This is not a relay's URL; {SHAPE}.") from None
    if parts.scheme not in {"smtp", "smtps"}:
        raise ValueError(f"A relay's URL begins with smtp:// or smtps://; {SHAPE}.")
    if parts.path not in {"", "/"} or parts.fragment:
        raise ValueError(f"A relay's URL has no path and no fragment; {ESCAPES}.")
    return parts


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if not host or "%" in host or "@" in parts.netloc.rpartition("@")[0]:
        raise ValueError(f"The relay's host is missing or has stray signs; {SHAPE}; {ESCAPES}.")
    return host


def _port(parts: SplitResult) -> int | None:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError(f"A relay's port is a number from 1 to 65535; {ESCAPES}.")
    return port


def _login(parts: SplitResult) -> tuple[str, str]:
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ValueError(f"A relay's login is a user and a password, or neither; {SHAPE}.")
    if any(ord(character) < 32 or ord(character) == 127 for character in user + password):
        # RFC 4616 section 2: NUL separates the parts of AUTH PLAIN.
        raise ValueError("A relay's user and password hold no control characters; remove them.")
    return user, password


def _options(query: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    options = dict(pairs)
    if len(options) < len(pairs) or not options.keys() <= _OPTIONS:
        raise ValueError(
            "A relay's options are starttls, weight, connections and messages, each at most once; "
            "remove any other after the question mark."
        )
    return options


def _starttls(value: str | None, *, tls: bool, login: bool) -> StartTls:
    if tls:
        if value not in {None, "no"}:
            raise ValueError("smtps:// is TLS from the start; remove starttls, or use smtp://.")
        return StartTls.NO
    if value is None:
        return StartTls.REQUIRED if login else StartTls.WHEN_OFFERED
    if value not in set(StartTls):
        raise ValueError(f"A relay's starttls is one of {', '.join(StartTls)}; choose one.")
    if login and value == StartTls.WHEN_OFFERED:
        raise ValueError(
            "With starttls=when-offered anyone on the way could have the password in clear; "
            "use starttls=required (or starttls=no on a network that you trust)."
        )
    return StartTls(value)


def _count(options: dict[str, str], name: str, most: int) -> int | None:
    text = options.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 4 and 1 <= int(text) <= most):
        raise ValueError(f"A relay's {name} is a whole number from 1 to {most}; correct it.")
    return int(text)
