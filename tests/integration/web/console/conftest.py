"""Passwords cost little in these tests: some try hundreds."""

from __future__ import annotations

import pytest
from argon2.profiles import CHEAPEST

from mailer.services.access.signing_in import passwords


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with as little work as there can be."""
    monkeypatch.setattr(passwords, "COST", CHEAPEST)
