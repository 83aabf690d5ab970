"""Bitmaps find those of whom a rule holds: by every rule, and after whatever happens to readers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.domain.calendar.attendance import Attendance
from mailer.domain.segments.evaluation import holds
from mailer.domain.segments.parsing import parse
from mailer.domain.segments.printing import printed
from mailer.domain.segments.rule import Rule
from mailer.domain.subscribers.attributes import Attribute, Kind
from mailer.services.segments import rules as using
from mailer.services.segments.preview import each, page, preview
from mailer.store import keys
from mailer.store.segments import bitmaps
from mailer.store.server.connection import Store
from support.samples.rules import ATTRIBUTES, CHOICES, VALUES, rules
from support.service.segment_service import SegmentService


@pytest.fixture
def service(store: Store, tmp_path: Path) -> SegmentService:
    """A service with some readers of every kind."""
    service = SegmentService(store, tmp_path)
    service.populate()
    return service


def found(service: SegmentService, rule: Rule) -> set[int]:
    """Find subscribers by bitmaps."""
    wanted = using.bitmap(service.store, service.settings, rule)
    (value,) = bitmaps.of_now(service.store, wanted)
    return set(bitmaps.numbers_in(value))


def test_bitmaps_agree_with_what_is_known_of_each_reader(service: SegmentService) -> None:
    """Who is mailed is decided by bitmaps; what a rule means is said by the plain evaluation."""
    facts = service.facts()
    sizes = set()

    @settings(max_examples=400)
    @given(rules)
    def check(rule: Rule) -> None:
        expected = {number for number, one in facts.items() if holds(rule, one, ATTRIBUTES)}
        sizes.add(len(expected))
        assert found(service, rule) == expected, printed(rule)

    check()
    assert len(sizes) > 20  # the readers differ enough for rules to tell them apart


TERMS = (
    *("bounced", "joined > 2023-04-13", "joined <= 2023-04-12", "has:country", "country = CH"),
    *("fee > 7", "fee = -3", "has:city", "city = bern", "since < 2000-01-01", "tag:press"),
    *('answered:"not"', 'answered:"not":yes', 'answered:"not":no', 'answered:"not":maybe'),
)


@pytest.mark.parametrize("text", TERMS)
def test_each_of_the_terms_that_changes_decide_is_about_some_readers(
    service: SegmentService, text: str
) -> None:
    """A term that holds of nobody, or of everybody, would prove nothing below."""
    service.answer(1, "not", Attendance.ACCEPTED)
    service.answer(2, "not", Attendance.TENTATIVE)
    assert 0 < len(found(service, parse(text))) < len(service.facts())


_numbers = st.integers(1, 4)
_values = st.fixed_dictionaries(
    {},
    optional={name: st.sampled_from([*VALUES[name], "-"]) for name in VALUES},
)
_actions = st.one_of(
    st.builds(lambda n, v: lambda s: s.put(n, attributes=v), _numbers, _values),
    st.builds(lambda n: lambda s: s.bounce(n), _numbers),
    st.builds(lambda n: lambda s: s.vouch(n), _numbers),
    st.builds(
        lambda n, a, o: lambda s: s.answer(n, "not", a, o),
        _numbers,
        st.sampled_from(Attendance),
        st.sampled_from(["", "2023-05-01", "2023-06-01"]),
    ),
    st.builds(lambda d: lambda s: s.clock.advance(timedelta(days=d)), st.integers(0, 3)),
)


@settings(max_examples=60)
@given(st.lists(_actions, max_size=15))
def test_whatever_happens_bitmaps_say_what_records_say(
    store: Store, tmp_path: Path, actions: list[Callable[[SegmentService], object]]
) -> None:
    """Index and record are one commit: a reader who moved must not get what the old place gets."""
    store.redis.flushall()
    service = SegmentService(store, tmp_path)
    for number in (1, 2, 3):
        service.put(number, tags="press")
    for action in actions:
        action(service)
        facts = service.facts()
        for text in TERMS:
            rule = parse(text)
            expected = {number for number, one in facts.items() if holds(rule, one, ATTRIBUTES)}
            assert found(service, rule) == expected, text


def test_nothing_of_an_erased_reader_is_left_in_any_bitmap(service: SegmentService) -> None:
    """A number that once meant a person with a fee of 12.50 in Bern is personal data (erasure)."""
    number = service.put(
        1, attributes={"country": "CH", "city": "Bern", "fee": "12.5", "since": "2000-01-01"}
    )
    service.bounce(number)

    def bits() -> set[str]:
        names = [name.decode() for name in service.store.redis.scan_iter(f"{keys.BITS}*")]
        return {name for name in names if service.store.redis.getbit(name, number)}

    assert len(bits()) > 20
    service.erase(1)
    assert bits() == set()


def test_a_preview_counts_those_who_would_be_mailed_by_language(service: SegmentService) -> None:
    """The secretariat sees the size of what it is about to do (law 18)."""
    seen = preview(service.store, service.settings, "bounced or has:fee")
    facts = service.facts()
    rule = parse("bounced or has:fee")
    members = [one for one in facts.values() if holds(rule, one, ATTRIBUTES)]
    active = [one for one in members if one.status == "active"]
    assert (seen.members, seen.planned) == (len(members), len(active))
    assert dict(seen.by_language) == {
        code: len([one for one in active if one.language == code])
        for code in {one.language for one in active}
    }
    assert [*seen.by_language.values()] == sorted(seen.by_language.values(), reverse=True)


def test_suppressed_readers_are_counted_as_members_only(service: SegmentService) -> None:
    """Whom nothing is sent to must not make a sending look larger than it is."""
    before = preview(service.store, service.settings, "all")
    service.store.redis.setbit(keys.SUPPRESSED, 1, 1)
    after = preview(service.store, service.settings, "all")
    assert (after.members, after.planned) == (before.members, before.planned - 1)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_pages_together_are_all_members_in_order(service: SegmentService, size: int) -> None:
    """A list that is looked through page by page misses nobody and shows nobody twice."""
    text = "has:country and not country = CH"
    listed, after = [], 0
    while True:
        shown = page(service.store, service.settings, text, after=after, size=size)
        listed += [one.number for one in shown.subscribers]
        if not (after := shown.after):
            break
    assert listed == [one.number for one in each(service.store, service.settings, text)]
    assert set(listed) == found(service, parse(text))
    assert all(number not in listed for number in (13, 26, 39))


def test_a_choice_written_otherwise_finds_the_same_readers(service: SegmentService) -> None:
    """People write ch, and mean CH."""
    assert found(service, parse("country = ch")) == found(service, parse(f"country = {CHOICES[0]}"))


def test_values_of_an_attribute_that_has_another_kind_now_are_found_once_set_again(
    service: SegmentService, tmp_path: Path
) -> None:
    """Marks of the old kind would be misread; the same value must be no reason to leave them."""
    assert found(service, parse("city = Bern"))
    chosen = ATTRIBUTES | {"city": Attribute("city", Kind.CHOICE, ("Bern", "Genève"))}
    later = SegmentService(service.store, tmp_path, attributes=chosen)
    assert found(later, parse("has:city")) == set()
    later.clock.advance(timedelta(days=1))
    number = later.put(17, attributes={"city": "bern"})
    assert found(later, parse("city = Bern")) == {number} == found(later, parse("has:city"))
    assert number not in found(service, parse("has:city"))
