"""A rule that speaks of what does not exist is refused, with all that is wrong at once."""

from __future__ import annotations

import pytest
from hypothesis import given

from mailer.domain.segments.parsing import parse
from mailer.domain.segments.rule import Rule
from mailer.domain.segments.tokens import RuleError
from mailer.domain.segments.validation import check, problems
from support.samples.rules import KNOWN, rules


@given(rules)
def test_a_rule_of_what_exists_has_no_problems(rule: Rule) -> None:
    """Whoever writes a good rule is not kept from using it."""
    assert problems(rule, KNOWN) == []


@pytest.mark.parametrize(
    ("text", "said", "code"),
    [
        ("topic:buletin", 'did you mean "bulletin"?', "unknown_topic"),
        ("tag:nobody", "use one of größe, press", "unknown_tag"),
        ("lang:de", "there is no language", "unknown_language"),
        ("status:asleep", "there is no status", "unknown_status"),
        ("segment:x", "there is none yet", "unknown_segment"),
        ("has:height", "there is no attribute", "unknown_attribute"),
        ("height > 3", "there is no attribute", "unknown_attribute"),
        ("had:3", "there is no campaign 3", "unknown_campaign"),
        ("had:spring-2032", 'did you mean "spring-2023"?', "unknown_edition"),
        ("answered:meeting-y", 'did you mean "meeting-x"?', "unknown_entry"),
        ("country = DE", "is no choice for country", "rule.value"),
        ("country > CH", "country is a choice, which > cannot compare", "rule.operator"),
        ("city < Bern", "city is a text, which < cannot compare", "rule.operator"),
        ('city = ""', "use has:city", "rule.value"),
        ("fee = much", "is no number for fee", "rule.value"),
        ("since > yesterday", "is no date for since", "rule.value"),
    ],
)
def test_what_does_not_exist_is_named_with_a_remedy(text: str, said: str, code: str) -> None:
    """A misspelt topic would give an empty audience, and nobody would know why."""
    (problem,) = problems(parse(text), KNOWN)
    assert problem.code == code
    assert said in str(problem)


def test_all_problems_are_told_at_once_each_with_its_place() -> None:
    """A rule with three mistakes is mended in one go."""
    with pytest.raises(RuleError) as caught:
        check(parse("topic:x or not (lang:de and fee = much)"), KNOWN)
    places = [problem.place for problem in caught.value.problems]
    assert places == ["character 1", "character 17", "character 29"]
