"""The drawings in the documents are those of the code: floors, and the tables of states."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import pytest

from mailer.domain.calendar import entry
from mailer.domain.campaigns.delivery import Outcome
from mailer.domain.inbound.received import NEXT, MailState
from mailer.domain.subscribers import subscriber
from mailer.domain.webhooks import endpoint
from mailer.store import outbox
from support.places import ROOT

pytestmark = pytest.mark.docs

ARCHITECTURE: Final = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
STATES: Final = (ROOT / "docs" / "states.md").read_text(encoding="utf-8")
Way = tuple[str, str, str]
"""From, to, and by what."""


def drawing(page: str, heading: str) -> list[str]:
    """Return the lines of the drawing under a heading, without its first."""
    _, found, after = page.partition(f"\n## {heading}\n")
    assert found, heading
    block = re.search(
        r"^```mermaid\n(.*?)^```$", after.partition("\n## ")[0], re.DOTALL | re.MULTILINE
    )
    assert block, heading
    return block[1].splitlines()[1:]


def floors() -> list[str]:
    """Draw the floors as import-linter is told of them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(
        one for one in settings["tool"]["importlinter"]["contracts"] if one["type"] == "layers"
    )
    layers = [
        layer.replace(" | ", " · ").replace(" : ", " with ").replace("mailer.", "")
        for layer in contract["layers"]
    ]
    nodes = [f'    floor{number}["{layer}"]' for number, layer in enumerate(layers)]
    arrows = [f"    floor{number} --> floor{number + 1}" for number in range(len(layers) - 1)]
    return nodes + arrows


def states(ways: Iterable[Way]) -> list[str]:
    """Draw the ways from one state to another; those that lead nowhere else are left out."""
    labels: dict[tuple[str, str], list[str]] = {}
    for before, after, by in ways:
        if before != after:
            labels.setdefault((before, after), []).append(by)
    return [
        f"    {before} --> {after}" + (f": {', '.join(by)}" if any(by) else "")
        for (before, after), by in labels.items()
    ]


def subscribers() -> list[str]:
    """Draw how a subscriber's status changes."""
    begin = [("[*]", status.value, action.value) for action, status in subscriber.FIRST.items()]
    table = subscriber.TRANSITIONS.items()
    return states([*begin, *((was.value, m.to.value, by.value) for (was, by), m in table)])


def entries() -> list[str]:
    """Draw how the status of a calendar entry changes."""
    table = entry.TRANSITIONS.items()
    return states((was.value, step.to.value, by.value) for (was, by), step in table)


def endpoints() -> list[str]:
    """Draw how the state of an endpoint of web hooks changes."""
    table = endpoint.TRANSITIONS.items()
    return states((was.value, move.to.value, by.value) for (was, by), move in table)


def inbound_mails() -> list[str]:
    """Draw where a mail that came in may go, in the order of the enumeration."""
    return states((was.value, to.value, "") for was in NEXT for to in MailState if to in NEXT[was])


@pytest.mark.parametrize(
    ("page", "heading", "drawn"),
    [
        (ARCHITECTURE, "The floors", floors()),
        (STATES, "Subscribers", subscribers()),
        (STATES, "Calendar entries", entries()),
        (STATES, "Inbound mail", inbound_mails()),
        (STATES, "Web hooks", endpoints()),
    ],
    ids=["floors", "subscribers", "entries", "inbound mail", "web hooks"],
)
def test_a_drawing_shows_what_the_code_does(page: str, heading: str, drawn: list[str]) -> None:
    """A developer who plans by it must not be misled; the difference says what to write there."""
    assert drawing(page, heading) == drawn


@pytest.mark.parametrize(
    ("heading", "centre", "kind"),
    [("Deliveries", "claimed", Outcome), ("Service mails", "claimed", outbox.State)],
)
def test_what_may_follow_a_claim_is_drawn(heading: str, centre: str, kind: type[StrEnum]) -> None:
    """An end that is missing there is one that nobody looks for."""
    ways = [
        re.fullmatch(r" +(\S+) --> (\S+?)(?:: (.+))?", line) for line in drawing(STATES, heading)
    ]
    drawn = {way[3] or way[2] for way in ways if way and way[1] == centre}
    others = {"queued", "claimed"}
    assert drawn - others == {one.value for one in kind} - others
