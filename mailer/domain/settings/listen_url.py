"""Places where mail is taken in, each written as one URL in the settings."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Final, Literal
from urllib.parse import SplitResult, parse_qsl, urlsplit

SHAPE: Final = "write it as lmtp://127.0.0.1:8024, smtp://0.0.0.0:25 or lmtp:///run/mailer.sock"
MOST_CONNECTIONS: Final = 10_000
PER_NETWORK: Final = 100
OPTIONS: Final = frozenset(
    {"connections", "per_address", "per_network", "certificate", "key", "starttls"}
)


@dataclass(frozen=True, slots=True)
class ListenUrl:
    """One place where the service takes mail in."""

    protocol: Literal["lmtp", "smtp"]
    """LMTP (RFC 2033) from an MTA of one's own, SMTP (RFC 5321) from anyone."""
    host: str = ""
    port: int = 0
    socket: Path | None = None
    """A unix socket instead of host and port; its folder decides who may connect."""
    connections: int = 250
    """Connections at once; further ones are asked to come back."""
    per_address: int = 100
    """The same from one address; IPv6 ones of a /64 count as one. Unix sockets have no such."""
    per_network: int = PER_NETWORK
    """The same from one network (IPv4 /24, IPv6 /48); by SMTP only, because an MTA is one's own."""
    certificate: Path | None = None
    """PEM with the certificate and its chain; without one, TLS is not offered."""
    key: Path | None = None
    """PEM with its private key, if it is not in the same file."""
    require_tls: bool = False
    """True if mail is taken over TLS only (RFC 3207)."""

    @property
    def name(self) -> str:
        """Tell where it is, for people and logs."""
        if self.socket:
            return f"{self.protocol}://{self.socket}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.protocol}://{host}:{self.port}"

    @property
    def local(self) -> bool:
        """Tell whether programs on this machine alone can connect."""
        return self.socket is not None or is_loopback(self.host)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def parse(cls, text: str) -> ListenUrl:
        """Read `lmtp://…` or `smtp://…` with its options; port 0 is any that is free.

        Raises:
            ValueError: it is not such a URL, in the form `what is wrong; remedy`.
        """
        parts = _split(text)
        options = _options(parts.query)
        protocol: Literal["lmtp", "smtp"] = "lmtp" if parts.scheme == "lmtp" else "smtp"
        certificate, key = options.get("certificate"), options.get("key")
        starttls = options.get("starttls", "offered")
        if starttls not in {"offered", "required"}:
            raise ValueError("starttls is offered or required; choose one.")
        if not certificate and (key or starttls == "required"):
            raise ValueError("TLS needs a certificate; add certificate=/path/to/chain.pem.")
        return cls(
            protocol=protocol,
            host=parts.hostname or "",
            port=_port(parts, protocol),
            socket=None if parts.hostname else Path(parts.path),
            connections=_count(options, "connections", 250),
            per_address=_count(options, "per_address", 100),
            per_network=_count(options, "per_network", PER_NETWORK),
            certificate=Path(certificate) if certificate else None,
            key=Path(key) if key else None,
            require_tls=starttls == "required",
        )


def is_loopback(host: str) -> bool:
    """Tell whether a host, by its address or as `localhost`, is this machine."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host.lower().rstrip(".") == "localhost"
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        raise ValueError(f"This is no place to listen at; {SHAPE}.") from None
    if parts.scheme not in {"lmtp", "smtp"} or not text.isprintable() or " " in text:
        raise ValueError(f"A place to listen at begins with lmtp:// or smtp://; {SHAPE}.")
    if "@" in parts.netloc or parts.fragment or (host and parts.path not in {"", "/"}):
        raise ValueError(f"A place to listen at has no login, path or fragment; {SHAPE}.")
    if not host and (parts.netloc or len(parts.path) < 2):
        raise ValueError(f"The host or the socket to listen at is missing; {SHAPE}.")
    return parts


def _port(parts: SplitResult, protocol: str) -> int:
    try:
        port = parts.port
    except ValueError:
        raise ValueError(f"A port is a number from 0 to 65535; {SHAPE}.") from None
    if port is None and parts.hostname and protocol == "lmtp":
        raise ValueError(f"LMTP has no port of its own; {SHAPE}.")  # RFC 2033 section 5
    if not parts.hostname:
        return 0
    return 25 if port is None else port


def _options(query: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    options = dict(pairs)
    if len(options) < len(pairs) or not options.keys() <= OPTIONS:
        raise ValueError(
            f"The options of a place to listen at are {', '.join(sorted(OPTIONS))}, each at most"
            " once; remove any other after the question mark."
        )
    return options


def _count(options: dict[str, str], name: str, default: int) -> int:
    text = options.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) <= 5):
        raise ValueError(f"{name} is a whole number from 1 to {MOST_CONNECTIONS}; correct it.")
    if not 1 <= int(text) <= MOST_CONNECTIONS:
        raise ValueError(f"{name} is a whole number from 1 to {MOST_CONNECTIONS}; correct it.")
    return int(text)
