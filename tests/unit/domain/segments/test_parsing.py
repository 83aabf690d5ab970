"""Audience rules are read as they are written, written as they are read, and refused with a place."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.calendar.attendance import Attendance
from mailer.domain.segments.parsing import parse
from mailer.domain.segments.printing import printed
from mailer.domain.segments.rule import (
    DEEPEST,
    LONGEST,
    MOST_AMONG,
    MOST_TERMS,
    All,
    Answered,
    Any,
    Being,
    Bounced,
    Compared,
    Everybody,
    Had,
    Joined,
    Not,
    Operator,
    Rule,
    Subject,
)
from mailer.domain.segments.tokens import RuleError
from support.samples.rules import rules

A, B, C = (Being(Subject.TAG, name) for name in "abc")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("all", Everybody()),
        ("bounced", Bounced()),
        ("topic:bulletin", Being(Subject.TOPIC, "bulletin")),
        ("LANG : fr", Being(Subject.LANGUAGE, "fr")),
        ("lang:pt-BR", Being(Subject.LANGUAGE, "pt-BR")),
        ('tag:"two words"', Being(Subject.TAG, "two words")),
        ("has:country", Being(Subject.HAS, "country")),
        ("segment:press", Being(Subject.SEGMENT, "press")),
        ("had:12", Had(12)),
        ("had:spring-2023", Had(0, "spring-2023")),
        ('had:"2023"', Had(0, "2023")),
        ("answered:meeting-x", Answered("meeting-x")),
        ("answered:meeting-x:Yes", Answered("meeting-x", Attendance.ACCEPTED)),
        ("answered:meeting-x:no", Answered("meeting-x", Attendance.DECLINED)),
        ("answered:meeting-x:maybe", Answered("meeting-x", Attendance.TENTATIVE)),
        ("joined > 2026-01-01", Joined(Operator.MORE, date(2026, 1, 1))),
        ("joined before 2026-01-01", Joined(Operator.LESS, date(2026, 1, 1))),
        ('country = "CH"', Compared("country", Operator.EQUAL, ("CH",))),
        ("Country!=CH", Compared("country", Operator.OTHER, ("CH",))),
        ("fee <= -12.5", Compared("fee", Operator.AT_MOST, ("-12.5",))),
        ("since after 2000-01-01", Compared("since", Operator.MORE, ("2000-01-01",))),
        ('c in (CH, "or", CH)', Compared("c", Operator.AMONG, ("CH", "or"))),
        (r'c = "a \"b\" \\"', Compared("c", Operator.EQUAL, ('a "b" \\',))),
        ("tag:a and tag:b or tag:c", Any((All((A, B)), C))),
        ("tag:a and (tag:b or tag:c)", All((A, Any((B, C))))),
        ("tag:a and (tag:b and tag:c)", All((A, B, C))),
        ("(tag:a or tag:b) or tag:c", Any((A, B, C))),
        ("not tag:a and tag:b", All((Not(A), B))),
        ("NOT not (tag:a)", Not(Not(A))),
    ],
)
def test_a_rule_is_read_as_it_is_meant(text: str, rule: Rule) -> None:
    """A rule decides who is mailed: `and` binds closer than `or`, and `not` closest."""
    assert parse(text) == rule
    assert parse(printed(rule)) == rule


def test_the_example_of_the_documentation_is_printed_as_it_is_written() -> None:
    """What is shown is what was written, where it was written plainly."""
    text = (
        "topic:bulletin and (lang:fr or tag:press) and not had:12 and joined > 2026-01-01"
        ' and country = CH and name_of_city = "São Paulo" and bounced and answered:meeting-x:yes'
    )
    assert printed(parse(text)) == text


@given(rules)
def test_what_is_printed_reads_back_as_the_same_rule(rule: Rule) -> None:
    """A campaign keeps its rule as text: nobody may be won or lost by writing it down."""
    text = printed(rule)
    assert parse(text) == rule
    assert printed(parse(text)) == text


@given(st.text(max_size=80) | st.text('()=<>:,"\\ andortg1-', max_size=80))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    """Rules come by the API too: nothing that somebody writes may fail in another way."""
    refused: list[str] = []
    rule: Rule | None = None
    try:
        rule = parse(text)
    except RuleError as error:
        refused = [problem.place for problem in error.problems]
    if rule is None:
        assert len(refused) == 1
        assert refused[0].startswith("character ")
    else:
        assert parse(printed(rule)) == rule


@pytest.mark.parametrize(
    ("text", "place", "said", "code"),
    [
        ("", 1, "is empty", "rule.empty"),
        ("  ", 1, "is empty", "rule.empty"),
        ("topic:bulletin and", 19, "the rule ends where a term", "rule.syntax"),
        ("topic bulletin", 7, '"bulletin" where ":" is expected', "rule.syntax"),
        ("topic:", 7, "the rule ends where a value is expected", "rule.syntax"),
        ("tag:and", 5, '"and" where a value is expected', "rule.syntax"),
        ("colour:red", 1, '"colour" is nothing that ":" can follow', "rule.syntax"),
        ("bounced bounced", 9, "where and, or, or the end is expected", "rule.syntax"),
        ("(bounced", 9, "the rule ends where and, or, or ) is expected", "rule.syntax"),
        ("bounced)", 8, '")" where and, or, or the end', "rule.syntax"),
        ("country CH", 9, '"CH" where =, !=', "rule.syntax"),
        ("country in CH", 12, 'where "(" is expected', "rule.syntax"),
        ("country in (CH FR)", 16, 'where "," or ")" is expected', "rule.syntax"),
        ("joined in (2026-01-01)", 8, "where =, !=, <", "rule.syntax"),
        ("joined > 2026-02-30", 10, "is no day", "rule.value"),
        ("had:0", 5, "is the number of no campaign", "rule.value"),
        ("answered:x:perhaps", 12, "where yes, maybe or no is expected", "rule.syntax"),
        ("before = 3", 1, "where a term", "rule.syntax"),
        ("tag:a & tag:b", 7, "& means nothing here", "rule.character"),
        ('tag:"a', 5, "does not end", "rule.character"),
        ("tag:a\x00", 6, "U+0000 means nothing", "rule.character"),
    ],
)
def test_a_fault_is_named_with_its_place_and_what_was_expected(
    text: str, place: int, said: str, code: str
) -> None:
    """The secretariat is to mend its rule, and a program to tell one fault from another."""
    with pytest.raises(RuleError) as caught:
        parse(text)
    (problem,) = caught.value.problems
    assert (problem.place, problem.code) == (f"character {place}", code)
    assert said in problem.text


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("(" * DEEPEST + "all" + ")" * DEEPEST, True),
        ("(" * (DEEPEST + 1) + "all" + ")" * (DEEPEST + 1), False),
        ("not " * (DEEPEST + 1) + "all", False),
        (" or ".join(["all"] * MOST_TERMS), True),
        (" or ".join(["all"] * (MOST_TERMS + 1)), False),
        (f"c in ({','.join(map(str, range(MOST_AMONG)))})", True),
        (f"c in ({','.join(map(str, range(MOST_AMONG + 1)))})", False),
        ("all".ljust(LONGEST), True),
        ("all".ljust(LONGEST + 1), False),
        ("(" * LONGEST, False),
    ],
)
def test_a_rule_has_bounds(text: str, *, fits: bool) -> None:
    """A rule costs the store work, and reading it a stack: neither may be as much as one likes."""
    if fits:
        parse(text)
        return
    with pytest.raises(RuleError) as caught:
        parse(text)
    assert caught.value.problems[0].code == "rule.size"
