"""Encrypts what must be read again, with keys that come from the secret key file alone.

AES-256-GCM (NIST SP 800-38D) with a random nonce; bound to what it is for, so that it cannot be put
into another's place.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE: Final = 12
LONGEST: Final = 4000


def key_for(secret: bytes, purpose: str) -> bytes:
    """Derive a key of 256 bits for one purpose, of at most 16 octets."""
    key = hashlib.sha256(secret).digest()
    return hashlib.blake2b(key=key, person=purpose.encode("ascii"), digest_size=32).digest()


def seal(key: bytes, text: str, bound_to: str) -> str:
    """Encrypt a text; the same one gives another result each time."""
    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(key).encrypt(nonce, text.encode(), bound_to.encode())
    return urlsafe_b64encode(nonce + sealed).decode("ascii")


def unseal(key: bytes, sealed: str, bound_to: str) -> str | None:
    """Decrypt what `seal` made for the same thing; None: it is not that."""
    if len(sealed) > LONGEST or not sealed.isascii():
        return None
    try:
        octets = urlsafe_b64decode(sealed)
        return AESGCM(key).decrypt(octets[:_NONCE], octets[_NONCE:], bound_to.encode()).decode()
    except (ValueError, InvalidTag):
        return None
