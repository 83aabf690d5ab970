"""Signs what is sent to an endpoint, as the Standard Webhooks specification says (version 1).

The secret of an endpoint is derived from the key of this installation: nobody who reads the store,
or a copy of it, can sign in our name.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final

PREFIX: Final = "whsec_"
ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"


def secret_of(key: bytes, endpoint: str, number: int) -> str:
    """Return a secret of an endpoint, as its receiver is given it: `whsec_` and base64.

    Args:
        key: of this installation.
        endpoint: its id.
        number: which of its secrets, 1 for the first.
    """
    made = hmac.digest(key, f"mailer webhook {endpoint} {number}".encode(), "sha256")
    return PREFIX + base64.b64encode(made).decode()


def headers(event: str, now: datetime, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """Return the header fields that identify and sign a message.

    Args:
        event: id of the event; the same at each try.
        now: the instant of this try.
        body: exactly as it is sent.
        secrets: those that are good now; there is a signature of each.
    """
    timestamp = str(int(now.timestamp()))
    content = b".".join((event.encode(), timestamp.encode(), body))
    signed = " ".join(f"v1,{_signature(secret, content)}" for secret in secrets)
    return {ID: event, TIMESTAMP: timestamp, SIGNATURE: signed}


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, content, "sha256")).decode()
