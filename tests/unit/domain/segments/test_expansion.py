"""Named segments are replaced by their rules, and no circle or heap of them gets far."""

from __future__ import annotations

import pytest

from mailer.domain.segments.expansion import DEEPEST_NAMES, expanded
from mailer.domain.segments.parsing import parse
from mailer.domain.segments.printing import printed
from mailer.domain.segments.tokens import RuleError


def test_the_rule_of_a_segment_stands_in_place_of_its_name() -> None:
    """What was meant by the name is what decides, also under `not` and within another segment."""
    segments = {
        "press": parse("tag:press or tag:radio"),
        "swiss": parse("country = CH and not segment:press"),
    }
    rule = expanded(parse("topic:bulletin and segment:swiss"), segments)
    assert printed(rule) == "topic:bulletin and country = CH and not (tag:press or tag:radio)"


@pytest.mark.parametrize(
    ("segments", "code"),
    [
        ({}, "unknown_segment"),
        ({"s1": "segment:s1"}, "segment.circle"),
        ({"s1": "segment:s2", "s2": "not (all or segment:s1)"}, "segment.circle"),
        ({f"s{n}": f"segment:s{n + 1}" for n in range(1, DEEPEST_NAMES + 2)}, "rule.size"),
        (
            {f"s{n}": " or ".join([f"segment:s{n + 1}"] * 20) for n in range(1, 4)}
            | {"s4": " or ".join(["all"] * 20)},
            "rule.size",
        ),
    ],
)
def test_what_cannot_be_expanded_is_refused(segments: dict[str, str], code: str) -> None:
    """Segments that speak of one another could keep a scheduler busy for ever."""
    rules = {name: parse(text) for name, text in segments.items()}
    with pytest.raises(RuleError) as caught:
        expanded(parse("bounced and segment:s1"), rules)
    (problem,) = caught.value.problems
    assert (problem.place, problem.code) == ("character 13", code)
