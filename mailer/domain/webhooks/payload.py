"""Makes the body of a web hook from an event: its type, its instant, and its fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

TEST: Final = "webhook.test"
"""The type of what the test sends; no event of the log has it."""
_BESIDE: Final = frozenset({"type", "at"})
"""What every event has besides its fields."""


def body(fields: Mapping[str, str]) -> bytes:
    """Return the body, as JSON.

    Args:
        fields: of the event, as the log has them; `type` and `at` among them. All are text.
    """
    data = {name: value for name, value in fields.items() if name not in _BESIDE}
    told = {"type": fields["type"], "timestamp": fields["at"], "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
