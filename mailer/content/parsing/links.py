"""The addresses that are the same for every reader of one language, and which links are safe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from mailer.content.rendering.rendered import SLOT_OPEN
from mailer.domain.settings.web_place import LOCAL_HOSTS

SAFE_SCHEMES: Final = frozenset({"https", "mailto"})


@dataclass(frozen=True, slots=True)
class Links:
    """Constants of one language. Each may be empty: what needs it is then left out."""

    subscribe_address: str = ""
    """A mail address, without `mailto:`."""
    calendar_url: str = ""
    web_url: str = ""
    """This edition in this language as a web page."""
    archive_url: str = ""

    def values(self) -> dict[str, str]:
        """Return the constants by the names that an edition's text uses for them."""
        return {
            "subscribe_address": self.subscribe_address,
            "calendar_url": self.calendar_url,
            "web_url": self.web_url,
            "archive_url": self.archive_url,
        }


def is_safe(target: str) -> bool:
    """Tell whether a link may stand in a mail: https, mailto, or a slot that we fill.

    http only to this machine itself, where a demonstration serves its pages.
    """
    scheme = target.partition(":")[0].lower()
    if scheme == "http":
        return _host_of(target) in LOCAL_HOSTS
    return target.startswith(SLOT_OPEN) or scheme in SAFE_SCHEMES


def _host_of(target: str) -> str:
    try:
        parts = urlsplit(target)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return ""
    return host


@dataclass(frozen=True, slots=True)
class LinkFault:
    """The reason why a link will not work, and what to write instead."""

    text: str
    remedy: str
    code: str
    """Its name for programs."""


def fault_of(target: str) -> LinkFault | None:
    """Find what is wrong with a link by its syntax alone; nothing is fetched (RFC 3986, 6068)."""
    if not target.strip():
        return LinkFault(
            "the link has no target", "write the address between the parentheses", code="link.empty"
        )
    if any(sign.isspace() for sign in target):
        return LinkFault(
            f"the link {target!r} contains a space", "write %20 for each space", code="link.space"
        )
    return None if target.startswith(SLOT_OPEN) else _scheme_fault(target)


def _scheme_fault(target: str) -> LinkFault | None:
    scheme = target.partition(":")[0].lower() if ":" in target else ""
    if scheme == "mailto":
        return _mailto_fault(target)
    if scheme == "https":
        return _https_fault(target)
    if scheme == "http":
        return LinkFault(
            f"the link {target} is insecure",
            "use https:// in place of http://",
            code="link.insecure",
        )
    return LinkFault(
        f"the link {target!r} is neither a web nor a mail address",
        "begin it with https:// or mailto:",
        code="link.scheme",
    )


def _mailto_fault(target: str) -> LinkFault | None:
    address = target[len("mailto:") :].partition("?")[0]
    if SLOT_OPEN in address:
        return None
    local, at, host = address.rpartition("@")
    if at and local and host:
        return None
    return LinkFault(
        f"the link {target!r} holds no mail address",
        "write mailto:name@host, with nothing between",
        code="link.no_address",
    )


def _https_fault(target: str) -> LinkFault | None:
    remedy = "copy the address from your browser's address bar"
    try:
        host, port = urlsplit(target).hostname, urlsplit(target).port
    except ValueError:
        return LinkFault(
            f"the link {target!r} cannot be understood", remedy, code="link.unreadable"
        )
    if not host or ".." in host or host.startswith(".") or port == 0:
        return LinkFault(f"the link {target!r} names no host", remedy, code="link.no_host")
    if "." not in host and ":" not in host:
        return LinkFault(
            f"the host of the link {target!r} has no domain", remedy, code="link.no_host"
        )
    return None
