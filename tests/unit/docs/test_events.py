"""The documentation lists every event as the code has it."""

from __future__ import annotations

import pytest

from mailer.cli.operation.events import type_rows
from support.places import ROOT

DOCS = ROOT / "docs" / "events.md"


@pytest.mark.docs
def test_every_event_type_is_documented_with_its_fields() -> None:
    """Programs are written against this table; a field that it lacks does not exist for them.

    `mailer events --types` prints the rows as they must stand there.
    """
    rows = [
        line for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith("| `")
    ]
    assert rows == type_rows()
