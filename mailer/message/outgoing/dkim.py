"""DKIM signatures (RFC 6376, 8463): what is the same for all is canonicalised and hashed once."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from mailer.errors import ConfigError, Problem

SIGNED: Final = frozenset(
    {
        *("from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id"),
        *("in-reply-to", "references", "mime-version", "auto-submitted", "feedback-id"),
    }
)
"""The fields signed where present: all that readers, their programs and carriers rely on."""
SIGNED_FAMILIES: Final = ("content-", "list-", "cfbl-")
"""Fields so named are signed too; RFC 8058 section 4 and RFC 9477 section 3.1 demand it."""
OVERSIGNED: Final = (
    *("from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id"),
    *("in-reply-to", "references", "auto-submitted"),
    *("mime-version", "content-type", "content-transfer-encoding"),
    *("content-disposition", "content-id", "content-language"),
    *("list-id", "list-help", "list-subscribe", "list-unsubscribe", "list-unsubscribe-post"),
    *("list-owner", "list-post", "list-archive", "cfbl-address", "cfbl-feedback-id"),
)
"""Named once more than they are present, so that none can be added (RFC 6376 section 8.15).

Feedback-ID is not among them: carriers on the way, Amazon SES for one, add their own.
"""
RSA_BITS: Final = (1024, 4096)
"""The sizes that every verifier takes (RFC 8301 section 3.2); `mailer init` makes 2048."""

DIGEST_OCTETS: Final = 32
"""SHA-256."""
ED25519_OCTETS: Final = 64
"""The length of a signature (RFC 8032 section 5.1.6)."""

_LINE: Final = 76
_BASE64_LINE: Final = 72
_SPACES: Final = re.compile(rb"[ \t]+")
_SPACE_AT_END: Final = re.compile(rb"[ \t]+(?=\r\n)")
_FOLD: Final = re.compile(rb"\r\n(?=[ \t])")


@dataclass(frozen=True, slots=True)
class Key:
    """A private key that signs for a domain; made by `load_key`."""

    domain: str
    """In A-labels."""
    selector: str
    """Its public half is in the DNS at `selector._domainkey.domain`."""
    algorithm: str
    """`rsa-sha256` or `ed25519-sha256`."""
    sign: Callable[[bytes], bytes]
    """Signs a SHA-256 digest; the same digest gives the same signature. Lets other threads run."""
    octets: int
    """The length of each signature."""
    pem: bytes = field(repr=False)
    """The key itself, as it was loaded."""
    leaves_out: frozenset[str] = frozenset()
    """Names, in small letters, of header fields that its signatures do not cover."""


def load_key(
    domain: str, selector: str, pem: bytes, leaves_out: frozenset[str] = frozenset()
) -> Key:
    """Load a private key in PEM, without a password.

    Does not check that the DNS holds its public half.

    Args:
        domain: what it signs for, in A-labels.
        selector: names it among the domain's keys.
        pem: the key.
        leaves_out: header fields that a relay writes anew, so that to sign them would break the
            signature; in small letters. Never From (RFC 6376 section 5.4).

    Raises:
        ConfigError: it is none, or neither Ed25519 nor RSA of a length that verifiers take.
        ValueError: From is to be left out.
    """
    if "from" in leaves_out:
        raise ValueError("A signature that does not cover From is none.")
    place = f"the key {selector}._domainkey.{domain}"
    try:
        key = load_pem_private_key(pem, password=None)
    except (TypeError, ValueError) as error:  # TypeError: it has a password
        problem = Problem(
            place,
            "is no private key in PEM without a password",
            "see `mailer init`",
            code="setting.bad_key",
        )
        raise ConfigError([problem]) from error
    if isinstance(key, ed25519.Ed25519PrivateKey):
        named = domain, selector, "ed25519-sha256"
        return Key(*named, key.sign, ED25519_OCTETS, pem, leaves_out)
    if isinstance(key, rsa.RSAPrivateKey) and RSA_BITS[0] <= key.key_size <= RSA_BITS[1]:
        named = domain, selector, "rsa-sha256"
        return Key(*named, _rsa_signer(key), key.key_size // 8, pem, leaves_out)
    text = "is neither Ed25519 nor RSA of {} to {} bits".format(*RSA_BITS)
    raise ConfigError.of(place, text, "make one with `mailer init`", code="setting.bad_key")


def _rsa_signer(key: rsa.RSAPrivateKey) -> Callable[[bytes], bytes]:
    padding, digest = PKCS1v15(), Prehashed(SHA256())  # RFC 6376 section 3.3.2
    return lambda hashed: key.sign(hashed, padding, digest)


class Unsigned(NamedTuple):
    """The part of a message that remains to be signed."""

    facts: bytes
    """Tags of all its signature fields."""
    digests: list[bytes]
    """SHA-256 digests, one for each key, in their order."""


class Seal:
    """Signs the messages of one language with every key, relaxed/relaxed, without `l=`.

    The shared header fields, and the body up to its first slot, are hashed when it is made. A
    delivery costs the canonical form of what is its own, one hash of the rest of the body for
    all keys together, and the signatures.
    """

    def __init__(
        self, keys: Sequence[Key], own: Sequence[str], shared: bytes, body: Sequence[bytes]
    ) -> None:
        """Prepare to sign messages that share header fields and a body.

        Args:
            keys: at least one. What one of them leaves out, all do: the fields are hashed once.
            own: names of the header fields that each delivery has for itself, in their order.
                Each message has all of them, once, and they stand above the shared ones.
            shared: the other header fields, each ended by CRLF; an empty line may follow.
            body: the body in pieces, empty ones where each delivery has a value of its own.
                Each other piece ends with a line; the last one not with an empty line.
        """
        out = frozenset[str]().union(*(key.leaves_out for key in keys))
        fields = [each for each in canonical_fields(shared) if _is_signed(each[0], out)]
        fields.reverse()  # RFC 6376 section 5.4.2: of several of one name, the last comes first
        lowered = enumerate([name.lower() for name in own])
        signed = [(at, name) for at, name in lowered if _is_signed(name, out)]
        self._own = [(at, len(name) + 1, f"{name}:".encode("ascii")) for at, name in signed]
        once_more = [name for name in OVERSIGNED if name not in out]
        names = [*(name for name, _ in fields), *(name for _, name in signed), *once_more]
        self._header = hashlib.sha256(b"".join([each for _, each in fields]))
        self._body = hashlib.sha256(canonical_lines(body[0]))
        self._rest = [canonical_lines(piece) for piece in body]
        self._rest[0] = b""
        self._places = [place for place, piece in enumerate(body) if not piece]
        self._keys = keys
        self._signatures = [_Signature(key, names) for key in keys]

    def sign(self, own: bytes, body: Sequence[bytes], time: int) -> bytes:
        """Write the signature fields of one message, which belong above all others.

        Args: as for `prepare`.
        """
        unsigned = self.prepare(own, body, time)
        made = [key.sign(digest) for key, digest in zip(self._keys, unsigned.digests, strict=True)]
        return self.complete(unsigned, made)

    def prepare(self, own: bytes, body: Sequence[bytes], time: int) -> Unsigned:
        """Work out what is to be signed of one message.

        Args:
            own: its own header fields, as named when this was made.
            body: its body in the same pieces as then, with the values in their places.
            time: of signing, in seconds since 1970.
        """
        rest = self._rest.copy()
        for place in self._places:
            rest[place] = canonical_lines(body[place])
        body_hash = self._body.copy()
        body_hash.update(b"".join(rest))
        lines = _unfolded(own).split(b"\r\n")
        fields = [b"%b%b\r\n" % (name, lines[at][n:].strip(b" ")) for at, n, name in self._own]
        header_hash = self._header.copy()
        header_hash.update(b"".join(fields))
        facts = b"t=%d; bh=%s;" % (time, b64encode(body_hash.digest()))
        digests = [each.digest(header_hash.copy(), facts) for each in self._signatures]
        return Unsigned(facts, digests)

    def complete(self, unsigned: Unsigned, made: Sequence[bytes]) -> bytes:
        """Write the signature fields, given the signature of each digest."""
        fields = zip(self._signatures, made, strict=True)
        return b"".join([each.field(unsigned.facts, signature) for each, signature in fields])


class _Signature:
    """The signature field of one key, but for what differs per message."""

    def __init__(self, key: Key, names: Sequence[str]) -> None:
        head = (
            f"DKIM-Signature: v=1; a={key.algorithm}; c=relaxed/relaxed;\r\n"
            f" d={key.domain}; s={key.selector};\r\n"
            f" {_folded(names)};\r\n "
        )
        self._head = head.encode("ascii")
        self._canonical = b"dkim-signature:" + _unfolded(self._head).partition(b": ")[2]

    def digest(self, header: hashlib._Hash, facts: bytes) -> bytes:
        """Tell what to sign: the hash so far is of the other fields, the facts are further tags."""
        # RFC 6376 section 3.7: the field itself comes last, its b= empty, without a line's end.
        header.update(self._canonical + facts + b" b=")
        return header.digest()

    def field(self, facts: bytes, signature: bytes) -> bytes:
        """Write the field."""
        lines = b"\r\n ".join(_lines(b64encode(signature)))
        return b"%b%b\r\n b=%b\r\n" % (self._head, facts, lines)


def _is_signed(name: str, out: frozenset[str]) -> bool:
    return name not in out and (name in SIGNED or name.startswith(SIGNED_FAMILIES))


def _folded(names: Iterable[str]) -> str:
    """Write the tag of the names, folded: white space may stand about a colon."""
    lines = ["h="]
    for name in names:
        if len(lines[-1]) + len(name) + 2 > _LINE:
            lines.append("")
        lines[-1] += f"{name}:"
    return "\r\n ".join(lines).removesuffix(":")


def _lines(base64: bytes) -> Iterator[bytes]:
    return (base64[at : at + _BASE64_LINE] for at in range(0, len(base64), _BASE64_LINE))


def canonical_fields(header: bytes) -> list[tuple[str, bytes]]:
    """Bring header fields into the relaxed form (RFC 6376 section 3.4.2).

    Args:
        header: fields, each ended by CRLF; an empty line and what follows it is left out.

    Returns:
        Each field's name in small letters, and its canonical form, CRLF included.
    """
    fields = []
    header = header.partition(b"\r\n\r\n")[0].removesuffix(b"\r\n")
    for line in _unfolded(header).split(b"\r\n"):
        name, _, value = line.partition(b":")
        lowered = name.strip(b" ").lower()
        fields.append((lowered.decode("ascii"), b"%b:%b\r\n" % (lowered, value.strip(b" "))))
    return fields


def canonical_lines(text: bytes) -> bytes:
    """Bring lines of a body into the relaxed form (RFC 6376 section 3.4.4 (a)).

    Part (b) of that section is about empty lines at a body's end, of which ours has none.

    Args:
        text: any number of whole lines, or the beginning of a line that goes on with something
            else than white space.
    """
    if b"  " in text or b" \r" in text or b"\t" in text:
        return _SPACES.sub(b" ", _SPACE_AT_END.sub(b"", text))
    return text


def _unfolded(header: bytes) -> bytes:
    """Write each field on one line, and one space for several."""
    header = header.replace(b"\r\n ", b" ")
    if b"  " in header or b"\t" in header:
        return _SPACES.sub(b" ", _FOLD.sub(b"", header))
    return header
