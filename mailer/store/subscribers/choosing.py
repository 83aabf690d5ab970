"""What a search over all subscribers needs: their addresses and names."""

from __future__ import annotations

import json
from collections.abc import Sequence

from mailer.store import keys
from mailer.store.fields import SubscriberField
from mailer.store.server.connection import Store


def texts(store: Store, numbers: Sequence[int]) -> list[tuple[str, str]]:
    """Return the addresses and names of subscribers; both empty where there is none."""
    found = store.scripts.run(
        "read_subscribers",
        args={
            "subscribers": keys.SUBSCRIBER,
            "numbers_json": json.dumps([*numbers]),
            "wanted": (SubscriberField.ADDRESS, SubscriberField.NAME),
        },
    )
    return [(address or "", name or "") for address, name in json.loads(found)]
