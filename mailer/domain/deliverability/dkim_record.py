"""Judges the key that the DNS holds for a selector (RFC 6376 section 3.6.1) beside ours."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mailer.domain.deliverability import tags
from mailer.domain.deliverability.codes import found
from mailer.domain.deliverability.finding import Finding

GOOD_BITS: Final = 2048
"""RFC 8301 section 3.2: signers should use RSA keys of so many bits."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public half of a key that signs our mail."""

    domain: str
    selector: str
    kind: str
    """`rsa` or `ed25519`, as in the record's `k=`."""
    octets: bytes
    """As a record publishes it: SubjectPublicKeyInfo of RSA, 32 octets of Ed25519 (RFC 8463)."""
    modulus: bytes = b""
    """Of RSA: PKCS #1 of the same key, which some publish (RFC 6376 section 3.6.1 has both)."""
    bits: int = 256

    @property
    def name(self) -> str:
        """Return where it is published."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """Return the record to publish."""
        return f"v=DKIM1; k={self.kind}; p={base64.b64encode(self.octets).decode('ascii')}"


def judge(key: PublicKey, published: Sequence[str]) -> list[Finding]:
    """Compare what is published with our key.

    Args:
        key: ours.
        published: the texts at its name, each with its strings joined; a CNAME is followed.
    """
    texts = [one for one in published if one.strip()]
    if not texts:
        return [found("dkim.none", name=key.name)]
    if len(texts) > 1:  # RFC 6376 section 3.6.2.2: what verifiers do then is not defined
        return [found("dkim.several", name=key.name, count=len(texts))]
    read = tags.read(texts[0])
    if read is None or "p" not in read or read.get("v", "DKIM1").upper() != "DKIM1":
        return [found("dkim.broken", name=key.name, record=texts[0])]
    if not "".join(read["p"].split()):
        return [found("dkim.revoked", name=key.name)]
    return _compared(key, read, texts[0])


def _compared(key: PublicKey, read: dict[str, str], record: str) -> list[Finding]:
    octets = _octets(read["p"])
    if octets is None:
        return [found("dkim.broken", name=key.name, record=record)]
    kind = read.get("k", "rsa").lower()
    if kind != key.kind or octets not in {key.octets, key.modulus or key.octets}:
        return [found("dkim.other", name=key.name, kind=kind, ours=key.kind)]
    return _doubts(key, read) or [found("dkim.good", name=key.name, kind=key.kind, bits=key.bits)]


def _doubts(key: PublicKey, read: dict[str, str]) -> list[Finding]:
    doubts = []
    hashes = {one.strip().lower() for one in read.get("h", "").split(":")} - {""}
    services = {one.strip().lower() for one in read.get("s", "").split(":")} - {""}
    if (hashes and "sha256" not in hashes) or (services and not services & {"*", "email"}):
        doubts.append(found("dkim.broken", name=key.name, record=_written(read)))
    if "y" in {one.strip().lower() for one in read.get("t", "").split(":")}:
        doubts.append(found("dkim.testing", name=key.name))
    if key.kind == "rsa" and key.bits < GOOD_BITS:
        doubts.append(found("dkim.weak", name=key.name, bits=key.bits))
    return doubts


def _written(read: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in read.items() if name != "p")


def _octets(text: str) -> bytes | None:
    """Read base64; white space in it does not count (RFC 6376 section 3.2)."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
