"""Waits of tests for what must come: on a busy machine everything may stand still for a while."""

from __future__ import annotations

from typing import Final

PATIENCE: Final = 120.0
"""Seconds; only a test that fails waits that long."""
