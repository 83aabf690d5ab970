"""docs/reminders.md tells the truth about when reminders go out, and about why they do not."""

from __future__ import annotations

import re

import pytest

from mailer.config import Settings
from mailer.domain.calendar.entry import DEFAULT_OFFSETS, MORNING
from mailer.domain.calendar.reminder import Skip
from mailer.services.sending.entry_content import PUNCTUAL
from support.places import ROOT

pytestmark = pytest.mark.docs

TEXT = (ROOT / "docs" / "reminders.md").read_text(encoding="utf-8")
PLAIN = " ".join(TEXT.split())


def test_the_usual_reminders_are_those_of_the_code() -> None:
    """A user who plans a meeting reads them here."""
    rows = dict(re.findall(r"^\| (meeting|observance|deadline) \| (.+?) \|$", TEXT, re.MULTILINE))
    usual = {kind.value: ", ".join(map(str, found)) for kind, found in DEFAULT_OFFSETS.items()}
    assert rows == usual


def test_all_reasons_are_explained() -> None:
    """A reason in the log that nobody explains is a riddle."""
    rows = re.findall(r"^\| `([a-z]+)` \| \S.+ \|$", TEXT, re.MULTILINE)
    assert rows == [reason.value for reason in Skip]


def test_times_that_are_told_are_those_of_the_code() -> None:
    """Numbers in prose are the first to become wrong."""
    assert f"from {MORNING.hour} in the morning" in PLAIN
    assert PUNCTUAL.total_seconds() == 300
    assert "more than five minutes late" in PLAIN
    grace = Settings.model_fields["notice_grace_minutes"].default
    assert f"`notice_grace_minutes` ({grace} unless you set it)" in PLAIN
