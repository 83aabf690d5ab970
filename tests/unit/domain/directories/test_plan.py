"""What follows from a directory: every status, and the laws, over histories of both sides."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.directories.member import Member, filled, from_json, merged
from mailer.domain.directories.plan import Act, Kept, Known, Plan, Refusal, Wanted, allowed, plan
from mailer.domain.subscribers.subscriber import MOVED_IN, TRANSITIONS, Action, Status, Subscriber

NOW = datetime(2023, 4, 1, tzinfo=UTC)
DEFAULTS = Member("en", "bulletin")
OWN = '{"at": "2023-04-01", "how": "web"}'


def reader(
    number: int = 1,
    status: Status = Status.ACTIVE,
    directory: str = "staff",
    consent: str = "",
    said: Member = DEFAULTS,
) -> Subscriber:
    """Make a reader as a directory brought one in."""
    return Subscriber(
        number,
        f"reader{number}@example.org",
        "en",
        status,
        NOW,
        NOW,
        "sync" if directory else "import",
        topics=("bulletin",),
        consent=consent,
        directory=directory,
        directory_said=said.as_json() if directory else "",
    )


def key(number: int) -> str:
    """Return an address."""
    return f"reader{number}@example.org"


def made(
    wanted: Mapping[str, Member],
    here: Mapping[str, Subscriber],
    *,
    suppressed: frozenset[str] = frozenset(),
    most: float = 100,
) -> Plan:
    """Plan for a directory that holds these, and a list that holds those."""
    known = {
        address: Known(address, here.get(address), address in suppressed)
        for address in {*here, *suppressed}
    }
    owned = [
        one for one in known.values() if one.subscriber and one.subscriber.directory == "staff"
    ]
    rows = [Wanted(address, address, member) for address, member in wanted.items()]
    return plan("staff", rows, known, owned, most_removals=most, defaults=DEFAULTS)


def carried_out(found: Plan, here: Mapping[str, Subscriber]) -> dict[str, Subscriber]:
    """Do what a plan says, as the service does."""
    after = dict(here)
    for step in found.steps:
        before = after.get(step.key)
        if step.act is Act.REMOVE:
            assert before is not None
            moved = TRANSITIONS.follow(before.status, Action.WITHDRAW, "it").to
            after[step.key] = replace(before, status=moved)
            continue
        base = before or replace(reader(len(after) + 100), address=step.address)
        status = Status.ACTIVE
        if before:
            vouched = step.act is Act.RETURN
            status = (
                TRANSITIONS.follow(before.status, Action.VOUCH, "it").to
                if vouched
                else before.status
            )
        after[step.key] = replace(
            base,
            status=status,
            language=step.has.language,
            topics=tuple(step.has.topics.split()),
            tags=tuple(step.has.tags.split()),
            name=step.has.name,
            directory="staff",
            directory_said=step.says.as_json(),
        )
    return after


CASES = list(itertools.product(Status, ["staff", "other", ""], ["", OWN, f"{MOVED_IN}}}"]))


@pytest.mark.parametrize(("status", "directory", "consent"), CASES)
@pytest.mark.parametrize("holds", [True, False])
def test_every_reader_is_decided(status: Status, directory: str, consent: str, holds: bool) -> None:
    """The whole product: what is done about a reader, whom the directory holds or does not."""
    one = reader(1, status, directory, consent)
    rows = {key(1): Member(name="Ann")} if holds else {key(2): Member()}
    acts = [step.act for step in made(rows, {key(1): one}).steps if step.key == key(1)]
    theirs = directory == "staff" and consent != OWN
    if holds and theirs and status is Status.ACTIVE:
        assert acts == [Act.CHANGE]
    elif holds and theirs and status is Status.WITHDRAWN:
        assert acts == [Act.RETURN]
    elif not holds and theirs and status is Status.ACTIVE:
        assert acts == [Act.REMOVE]
    else:
        assert acts == []


@pytest.mark.parametrize("status", [Status.UNSUBSCRIBED, Status.SUSPENDED, Status.COMPLAINED])
def test_law_7_whoever_left_bounced_or_complained_is_kept_out_with_a_reason(
    status: Status,
) -> None:
    """The directory does not know that they left; the list does."""
    found = made({key(1): Member()}, {key(1): reader(status=status)})
    assert not found.steps
    assert sum(found.kept.values()) == 1


def test_an_erased_person_is_not_added_again() -> None:
    """All that is left of them is the suppressed address, and it holds for directories too."""
    found = made({key(1): Member()}, {}, suppressed=frozenset({key(1)}))
    assert (found.steps, found.kept) == ((), {Kept.COMPLAINED: 1})


def test_somebody_new_gets_what_the_directory_says_and_the_defaults() -> None:
    """An attribute that is empty is filled in; what it says one day takes its place."""
    found = made({key(1): Member(name="Ann")}, {})
    (step,) = found.steps
    assert (step.act, step.has) == (Act.ADD, Member("en", "bulletin", "", "Ann"))
    here = carried_out(found, {})
    (later,) = made({key(1): Member("fr", name="Ann")}, here).steps
    assert (later.act, later.has.language) == (Act.CHANGE, "fr")


def test_a_choice_of_the_readers_own_is_not_undone() -> None:
    """Who chose Spanish stays with it, though the directory says English each night, or French."""
    here = {key(1): replace(reader(), language="es")}
    assert not made({key(1): Member("en", "bulletin")}, here).steps
    found = made({key(1): Member("fr", "bulletin")}, here)
    after = carried_out(found, here)
    assert after[key(1)].language == "es"
    assert not made({key(1): Member("fr", "bulletin")}, after).steps


@pytest.mark.parametrize(
    ("owned", "gone", "most", "refusal"),
    [
        (100, 5, 5, None),
        (100, 6, 5, Refusal.LIMIT),
        (100, 6, 10, None),
        (10, 1, 5, None),
        (10, 2, 5, Refusal.LIMIT),
        (1, 1, 5, None),
        (100, 100, 100, None),
        (100, 1, 0, None),
        (100, 2, 0, Refusal.LIMIT),
    ],
)
def test_the_limit_on_removals(owned: int, gone: int, most: float, refusal: Refusal | None) -> None:
    """A filter with a slip in it must not take hundreds off the list; one person may always go."""
    here = {key(n): reader(n) for n in range(owned)}
    rows = {key(n): DEFAULTS for n in range(gone, owned)} or {key(5000): Member()}
    found = made(rows, here, most=most)
    assert found.refusal is refusal
    assert len(found.of(Act.REMOVE)) == gone


def test_an_empty_directory_changes_nothing_whatever_the_limit() -> None:
    """A server that answers nothing is broken more often than it is empty."""
    assert made({}, {key(1): reader()}, most=100).refusal is Refusal.EMPTY
    assert made({}, {}, most=100).refusal is Refusal.EMPTY


def test_who_subscribed_by_themselves_stays_when_the_directory_forgets_them() -> None:
    """They came by it, and confirmed since: the wish is their own."""
    found = made({key(2): Member()}, {key(1): reader(consent=OWN)})
    assert [step.act for step in found.steps] == [Act.ADD]
    assert found.kept == {Kept.STAYS: 1}


WORDS = st.sampled_from(["", "en", "fr", "es"])
MEMBERS = st.builds(
    Member,
    language=WORDS,
    topics=st.sampled_from(["", "bulletin", "meetings", "bulletin meetings"]),
    tags=st.sampled_from(["", "board"]),
    name=st.sampled_from(["", "Ann", "Ann Reader"]),
)
HERE = st.builds(
    reader,
    st.just(1),
    st.sampled_from(Status),
    st.sampled_from(["staff", "other", ""]),
    st.sampled_from(["", OWN]),
    MEMBERS,
)
NUMBERS = st.integers(0, 7)


@given(
    st.dictionaries(NUMBERS.map(key), MEMBERS, max_size=8),
    st.dictionaries(NUMBERS.map(key), HERE, max_size=8),
)
def test_what_was_done_is_not_planned_again(
    wanted: dict[str, Member], here: dict[str, Subscriber]
) -> None:
    """Idempotent: a second run after the first, or after a crash in it, finds nothing to do."""
    after = carried_out(made(wanted, here), here)
    assert not made(wanted, after).steps


@given(
    st.lists(st.dictionaries(NUMBERS.map(key), MEMBERS, min_size=1, max_size=8), max_size=4),
    st.dictionaries(NUMBERS.map(key), HERE, max_size=8),
)
def test_the_laws_hold_over_any_history(
    nights: list[dict[str, Member]], here: dict[str, Subscriber]
) -> None:
    """Nobody who left is put back; nobody who came by themselves is touched; sums add up."""
    now = here
    for wanted in nights:
        found = made(wanted, now)
        told = found.unchanged + sum(found.kept.values()) - found.kept.get(Kept.STAYS, 0)
        assert told + len(found.of(Act.ADD, Act.RETURN, Act.CHANGE)) == len(wanted)
        now = carried_out(found, now)
    for address, before in here.items():
        after = now[address]
        gone = {Status.UNSUBSCRIBED, Status.SUSPENDED, Status.COMPLAINED, Status.PENDING}
        if before.status in gone or before.directory != "staff" or before.is_by_own_wish:
            assert after == before


@given(MEMBERS, MEMBERS, MEMBERS)
def test_merging_takes_only_what_the_directory_changed(
    said: Member, says: Member, now: Member
) -> None:
    """A field changes only from what the directory said before, or from nothing."""
    has = merged(said, says, now)
    for field in ("language", "topics", "tags", "name"):
        before, after = getattr(now, field), getattr(has, field)
        if before != after:
            assert after == getattr(says, field) != getattr(said, field)
            assert before in {getattr(said, field), ""}


@given(MEMBERS)
def test_what_was_said_is_remembered(member: Member) -> None:
    """It is kept as JSON with each such reader."""
    assert from_json(member.as_json()) == member
    assert filled(member, Member()) == member


@given(st.text())
def test_any_memory_is_read(text: str) -> None:
    """A record that cannot be read says nothing, and stops nobody's mail."""
    assert isinstance(from_json(text), Member)


@given(st.integers(0, 10**7), st.floats(0, 100))
def test_one_may_always_go_and_never_more_than_there_are(owned: int, most: float) -> None:
    """The limit is a share of whom the directory brought in."""
    assert 1 <= allowed(owned, most) <= max(1, owned)
