"""An authenticator in software: makes passkeys and signs with them, also as an attacker would."""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def letters(octets: bytes) -> str:
    """Write octets in base64url without padding."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def octets(text: str) -> bytes:
    """Read base64url."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Authenticator:
    """One passkey of ES256 for one website."""

    def __init__(self, site: str, origin: str) -> None:
        """Belong to a website; `origin` is what the browser says to be at."""
        self.site, self.origin = site, origin
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id, self.count, self.user = secrets.token_bytes(16), 0, b""
        self.flags = PRESENT | VERIFIED

    def make(self, options: dict[str, Any]) -> str:
        """Answer a request to make a passkey."""
        self.user = octets(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + public
        data = self._data(self.flags | ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"])
        return self._answer(clientDataJSON=letters(client), attestationObject=letters(attestation))

    def sign(self, options: dict[str, Any], **changed: str) -> str:
        """Answer a request to sign in; `changed` replaces parts of the answer."""
        self.count += 1
        data, client = self._data(self.flags), self._client("webauthn.get", options["challenge"])
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        parts = {
            "clientDataJSON": letters(client),
            "authenticatorData": letters(data),
            "signature": letters(signed),
            "userHandle": letters(self.user),
        }
        return self._answer(**(parts | changed))

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.site.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, **response: str) -> str:
        name = letters(self.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
