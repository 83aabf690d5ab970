"""docs/calendar.md against the code: what a secretary copies must work."""

from __future__ import annotations

import re

import pytest

from mailer.cli.calendar.commands import app
from mailer.content.calendar_file import KEYS, read_calendar
from mailer.domain.calendar import recurrence, rules
from mailer.domain.calendar.entry import TRANSITIONS, Action, Status
from mailer.errors import Problem
from mailer.message.icalendar import ics_read
from support.places import ROOT

pytestmark = pytest.mark.docs

PAGE = (ROOT / "docs/calendar.md").read_text(encoding="utf-8")


def table(title: str) -> list[list[str]]:
    """Return the cells of the table whose first column has that title."""
    rows = PAGE.partition(f"| {title} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]


def test_every_key_of_a_file_is_listed_with_what_it_is() -> None:
    """A key that is not listed does not exist for the author of a file."""
    assert [cells[0].strip("|` ") for cells in table("key")] == list(KEYS)
    assert [cells[1].strip(" |") for cells in table("key")] == list(KEYS.values())


def test_the_samples_are_read_without_complaint() -> None:
    """Samples are copied."""
    problems: list[Problem] = []
    for sample in re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        assert read_calendar("dates.toml", sample, problems)
    assert problems == []


def test_the_bounds_are_those_of_the_code() -> None:
    """A user whose file is refused looks here for how much is allowed."""
    text = " ".join(PAGE.split())
    assert f"dates from {rules.FIRST_YEAR} to {rules.LAST_YEAR}" in text
    assert f"`COUNT` up to {rules.MOST_TIMES:,}, `INTERVAL` up to {rules.MOST_INTERVAL}" in text
    assert f"at most {recurrence.MOST_RULES} rules and {recurrence.MOST_DATES:,} dates" in text
    assert f"{ics_read.MOST:,} entries, {ics_read.MOST_LINES:,} lines" in text
    assert f"{ics_read.LARGEST // 1_000_000} MB" in text


def test_the_commands_are_there() -> None:
    """So are the words that follow `mailer calendar`."""
    known = {one.name or getattr(one.callback, "__name__", "") for one in app.registered_commands}
    named = set(re.findall(r"mailer calendar (\w+)", PAGE))
    assert named == known


def test_the_table_of_statuses_is_that_of_the_code() -> None:
    """It says what can be done to a cancelled entry."""
    rows = table("from")
    assert [cells[0].strip("| ") for cells in rows] == list(Status)
    for cells in rows:
        for action, shown in zip(Action, cells[1:], strict=True):
            step = TRANSITIONS.get((Status(cells[0].strip("| ")), action))
            assert shown.strip("| ") == (step.to.value if step else "refused")


def test_links_within_the_page_lead_somewhere() -> None:
    """A dead link in a manual is a question to someone."""
    files = {link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", PAGE)}
    assert all((ROOT / "docs" / file).is_file() for file in files if file)
