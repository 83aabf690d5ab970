"""Words for all that the doctor can find."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailer.cli.operation import doctor_words as words
from mailer.content.language.web_words import web_words_for
from mailer.domain.deliverability import codes as table
from mailer.domain.deliverability.codes import CODES, SECTIONS, found
from mailer.domain.deliverability.finding import State, worst

MAILER = Path(table.__file__).parents[2]


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_every_finding_says_what_was_seen_and_what_to_do(language: str) -> None:
    """A red line without a remedy is a riddle at night."""
    say = web_words_for(language)
    for code, state in CODES.items():
        key = code.replace(".", "_")
        assert say.has(f"console_doctor.found.{key}"), code
        assert say.has(f"console_doctor.do.{key}") or state is State.GOOD, code
    for section, checks in SECTIONS.items():
        assert say.has(f"console_doctor.sections.{section}")
        assert all(say.has(f"console_doctor.checks.{check}") for check in checks)


def test_words_are_of_findings_that_there_are() -> None:
    """And every finding is made somewhere: else nobody sees it."""
    known = {code.replace(".", "_") for code in CODES}
    texts = web_words_for("en").texts
    worded = {key.split(".", 2)[2] for key in texts if key.startswith("console_doctor.found.")}
    assert worded == known
    made = "".join(file.read_text("utf-8") for file in MAILER.rglob("*.py") if file.stem != "codes")
    computed = {f"spf.{one}" for one in ("pass", "fail", "softfail", "neutral")}
    assert [code for code in CODES if f'"{code}"' not in made and code not in computed] == []


def test_strangers_words_stay_on_one_line_and_have_an_end() -> None:
    """A relay or a record may say anything, also what a terminal takes for commands."""
    one = found("relay.away", relay="smtp://x:25", why="a\x1b[2J\nb{relay}" + "c" * 5000)
    assert one.facts["why"] == "a [2J b{relay}" + "c" * 285 + "…"
    assert words.seen(one).startswith("smtp://x:25 cannot be reached: a [2J b{relay}ccc")
    assert re.search(r"firewall", words.do(one))
    assert words.do(found("mx.good", domain="x", hosts="y")) == ""


def test_the_worst_state_is_that_of_the_whole() -> None:
    """What could not be looked up is no reason to call something bad."""
    good, unknown = found("mx.good"), found("mx.unknown")
    warning, bad = found("relay.expires"), found("mx.none")
    assert worst([]) is State.GOOD
    assert worst([good, unknown]) is State.UNKNOWN
    assert worst([unknown, warning, good]) is State.WARNING
    assert worst([warning, bad]) is State.BAD
