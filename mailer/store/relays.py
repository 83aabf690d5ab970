"""What workers found of the relays lately, for people: which get no mail now, and why.

Each worker judges by itself; this decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from mailer.store import keys
from mailer.store.connection import Store

TOLD_SECONDS: Final = 10
"""How long a finding is told: workers that are busy repeat it every two seconds."""


def report(store: Store, failing: Mapping[str, str]) -> None:
    """Write down why relays get no mail from this worker; well ones are not spoken of."""
    for name, reason in failing.items():
        store.redis.set(keys.RELAY_TROUBLE + name, reason, ex=TOLD_SECONDS)


def failing(store: Store, names: Sequence[str]) -> dict[str, str]:
    """Tell which of the relays get no mail from some worker now, and why."""
    if not names:
        return {}
    found = store.redis.mget([keys.RELAY_TROUBLE + name for name in names])
    return {name: why.decode() for name, why in zip(names, found, strict=True) if why}
