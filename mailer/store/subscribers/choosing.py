"""What a search over all subscribers needs: their addresses, and sets of their numbers."""

from __future__ import annotations

import json
from typing import NamedTuple

from mailer.store import keys
from mailer.store.fields import SubscriberField
from mailer.store.server.connection import Store


class Bitmap(NamedTuple):
    """A set of numbers."""

    content: bytes

    def holds(self, number: int) -> bool:
        """Tell whether a number is in it."""
        place = number >> 3
        return place < len(self.content) and bool(self.content[place] & 128 >> (number & 7))


def chosen(store: Store, status: str, language: str, topic: str, tag: str) -> Bitmap:
    """Return the subscribers to whom all of it applies, of what is not empty; not all may be."""
    bitmaps = [keys.status_bits(status)] if status else []
    bitmaps += [keys.language_bits(language)] if language else []
    bitmaps += [keys.topic_bits(topic)] if topic else []
    bitmaps += [keys.tag_bits(tag)] if tag else []
    parts = store.redis.mget(bitmaps)
    shortest = min(len(part or b"") for part in parts)
    whole = (1 << 8 * shortest) - 1
    for part in parts:
        whole &= int.from_bytes((part or b"")[:shortest], "big")
    return Bitmap(whole.to_bytes(shortest, "big"))


def addresses(store: Store, first: int, last: int) -> list[str]:
    """Return the addresses of the subscribers of some numbers; empty where there is none."""
    found = store.scripts.run(
        "read_subscribers",
        args={
            "subscribers": keys.SUBSCRIBER,
            "numbers_json": json.dumps([*range(first, last + 1)]),
            "wanted": (SubscriberField.ADDRESS,),
        },
    )
    return [one[0] or "" for one in json.loads(found)]
