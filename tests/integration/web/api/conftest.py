"""Streams of the API end at once in tests: each asks for one and reads it whole."""

from __future__ import annotations

import pytest

from mailer.web.api import streams


@pytest.fixture(autouse=True)
def _short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a listener come again at once."""
    monkeypatch.setattr(streams, "LONGEST_SECONDS", 0.3)
