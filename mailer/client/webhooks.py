"""Checks that a message to a web hook is from Mailer (Standard Webhooks)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mailer.client.errors import ClientError

TOLERANCE_SECONDS: Final = 300
"""By how much a message's time may differ from now."""
_PREFIX: Final = "whsec_"


class SignatureError(ClientError):
    """A message is not from Mailer, or is an old one that somebody repeats."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that is genuine.

    Attributes:
        id: the event's; one that you have had already is done already.
        type: of the event, see docs/events.md.
        timestamp: when it happened.
        data: the event's fields, all of them text.
    """

    id: str
    type: str
    timestamp: datetime
    data: Mapping[str, str]


def verify(
    secret: str, headers: Mapping[str, str], body: bytes, *, now: float | None = None
) -> Message:
    """Return a message, if it is genuine.

    Args:
        secret: the endpoint's, as `mailer webhooks show --secret` tells it (`whsec_...`).
        headers: of the request, in any case.
        body: of the request, octet by octet as it came.
        now: seconds since 1970; default: the system's clock.

    Raises:
        SignatureError: it is not genuine, or too old.
        ValueError: the secret is none.
    """
    key = _key(secret)
    given = {name.lower(): value for name, value in headers.items()}
    try:
        identity, timestamp = given["webhook-id"], given["webhook-timestamp"]
        signatures = given["webhook-signature"].split()
    except KeyError as missing:
        raise SignatureError(f"The header field {missing} is missing.") from None
    _check_age(timestamp, time.time() if now is None else now)
    signed = f"{identity}.{timestamp}.".encode() + body
    digest = hmac.digest(key, signed, hashlib.sha256)
    wanted = b"v1," + base64.b64encode(digest)
    fits = [hmac.compare_digest(wanted, one.encode()) for one in signatures]
    if not any(fits):
        raise SignatureError("No signature fits the secret and the body.")
    return _message(identity, body)


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise ValueError(f"A secret is base64 after {_PREFIX}.")
    return key


def _check_age(timestamp: str, now: float) -> None:
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 20):
        raise SignatureError("The time is not a number of seconds.")
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        raise SignatureError(f"The time is more than {TOLERANCE_SECONDS} seconds from now.")


def _message(identity: str, body: bytes) -> Message:
    try:
        told = json.loads(body)
        at = datetime.fromisoformat(told["timestamp"])
        return Message(identity, told["type"], at, told["data"])
    except (ValueError, KeyError, TypeError) as error:
        raise SignatureError("The body is not an event.") from error
