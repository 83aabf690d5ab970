"""The page about transactional mail and the code must agree: it is what programs are written by."""

from __future__ import annotations

import re

import pytest

from mailer.config import Settings
from mailer.content.transactional import dialect, source
from mailer.domain.subscribers.subscriber import Status
from mailer.domain.transactional import variable
from mailer.domain.transactional.refusal import Refusal, refusals
from mailer.domain.transactional.variable import Kind
from support.places import ROOT
from support.samples.registration import FOLDER

PAGE = (ROOT / "docs" / "transactional.md").read_text(encoding="utf-8")
TEXT = " ".join(PAGE.split())

pytestmark = pytest.mark.docs


def shown(language: str) -> str:
    """Return the first example in a language."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def test_the_example_is_the_one_that_the_tests_send() -> None:
    """It is there to be copied."""
    assert shown("toml") == (FOLDER / "template.toml").read_text(encoding="utf-8")
    assert shown("markdown") == (FOLDER / "en.md").read_text(encoding="utf-8")


def test_every_type_filter_and_block_is_listed() -> None:
    """What is not listed is guessed at."""
    types = PAGE.partition("| type | in JSON |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", types, re.MULTILINE) == list(Kind)
    filters = TEXT.partition("- Filters: ")[2].partition(". ")[0]
    assert tuple(re.findall(r"`(\w+)", filters)) == dialect.FILTERS
    blocks = TEXT.partition("Blocks are ")[2].partition(";")[0]
    assert set(re.findall(r"`(\w+)`", blocks)) == source.BLOCKS
    assert all(f"`loop.{fact}`" in TEXT for fact in dialect.LOOP)


def test_the_bounds_are_those_of_the_code() -> None:
    """Whoever is refused looks here for how much is allowed."""
    assert f"{variable.LONGEST_TEXT:,} characters" in TEXT
    assert f"up to {variable.MOST_ITEMS} items" in TEXT
    bounds = (
        f"({dialect.LONGEST:,} characters, {dialect.MOST_STEPS:,} steps of loops, "
        f"{dialect.MOST_TAGS} values, conditions and loops)"
    )
    assert bounds in TEXT
    fields = Settings.model_fields
    assert f"`mail_per_address` ({fields['mail_per_address'].default} in 24 hours;" in TEXT
    assert f"`mail_per_token` ({fields['mail_per_token'].default} an hour," in TEXT


def test_who_gets_it_is_as_the_table_of_refusals_says() -> None:
    """An institution plans by it."""
    rows = re.findall(r"^\| (.+?) \| (yes|no: `[a-z-]+`) \| (.+?) \|$", PAGE, re.MULTILINE)
    told: dict[str, tuple[str, str]] = {}
    for who, without, with_topic in rows:
        for status in re.findall(r"`(\w+)`", who) or [who]:
            told[status] = (without, with_topic)
    assert told.pop("suppressed address") == (f"no: `{Refusal.SUPPRESSED}`",) * 2
    assert told.pop("nobody we know")[1] == f"no: `{refusals(topic=True)['']}`"
    assert told[Status.ACTIVE][1].endswith(f"else `{Refusal.NOT_SUBSCRIBED}`")
    assert set(told) == {status.value for status in Status}
    for status, (without, with_topic) in told.items():
        reason = refusals(topic=False).get(status)
        assert without == (f"no: `{reason}`" if reason else "yes")
        if reason := refusals(topic=True).get(status):
            assert with_topic == f"no: `{reason}`"
