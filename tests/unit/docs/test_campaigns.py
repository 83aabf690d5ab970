"""The secretariat's page about campaigns says what the code does."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from mailer.cli.campaigns.commands import app
from mailer.domain.campaigns.campaign import TRANSITIONS, Counts, State
from mailer.domain.campaigns.delivery import SkipReason
from support.places import ROOT

DOCS = (ROOT / "docs" / "campaigns.md").read_text(encoding="utf-8")


def words_under(heading: str) -> set[str]:
    """Return the first column of the table whose first heading that is."""
    _, _, after = DOCS.partition(f"| {heading} |")
    table = after.partition("\n\n")[0]
    return set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE))


@pytest.mark.docs
def test_the_diagram_shows_the_ways_between_the_states() -> None:
    """It is what a person plans by: an arrow too many promises what is then refused."""
    drawn = re.findall(r"^ +(\w+) --> (\w+): (\w+)$", DOCS, re.MULTILINE)
    ways = {
        (before.value, move.to.value, action.value)
        for (before, action), move in TRANSITIONS.items()
        if move.to is not before
    }
    assert len(drawn) == len(set(drawn))
    assert set(drawn) == ways


@pytest.mark.docs
def test_every_state_is_explained() -> None:
    """The word that a command shows is the word that is looked up."""
    assert words_under("state") == {state.value for state in State}


@pytest.mark.docs
def test_every_reason_for_a_skip_is_explained() -> None:
    """The list is closed, here as in the code."""
    assert words_under("skipped because") == {reason.value for reason in SkipReason}


@pytest.mark.docs
def test_every_column_of_the_status_is_explained() -> None:
    """A reader of the page must find each column by the name under which it is counted."""
    explained = words_under("word")
    assert explained >= {"planned", "accepted", "rejected", "skipped", "unknown", "outstanding"}
    assert explained <= {field.name for field in fields(Counts)}


@pytest.mark.docs
def test_every_command_is_listed_and_no_other() -> None:
    """A command that is nowhere written down does not exist for its users."""
    table = DOCS.partition("| command |")[2].partition("\n\n")[0]
    listed = set(re.findall(r"`mailer campaigns (\w+)", table))
    assert listed == {
        command.name or command.callback.__name__
        for command in app.registered_commands
        if command.callback
    }
