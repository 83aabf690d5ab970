"""The policy of bounces: the whole product of status and severity, limits, days, and what is stale."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.bounces.policy import (
    Effect,
    Mark,
    Policy,
    Said,
    after,
    date_of,
    day_of,
    decisive,
    of_refusal,
    of_report,
    read,
    score,
)
from mailer.domain.campaigns.delivery import accepted, deferred, rejected
from mailer.domain.inbound.kinds import Action, Bounce, Reason, Severity
from mailer.domain.subscribers.subscriber import Status

TODAY = 19459
MAIL_COMES = {Status.PENDING, Status.ACTIVE, Status.WITHDRAWN}

severities = st.sampled_from(Severity)
policies = st.builds(Policy, st.integers(1, 4), st.integers(1, 7), st.integers(1, 40))
days = st.integers(TODAY - 60, TODAY)
marks = st.frozensets(st.builds(Mark, days, st.sampled_from("hs")), max_size=8)


def said(severity: Severity, *, delayed: bool = False) -> Said:
    """Return what something says of a delivery."""
    return Said(severity, Reason.UNDETERMINED, delayed=delayed)


def effects(*severities: Severity, policy: Policy = Policy(), gap: int = 1) -> list[str]:  # noqa: B008
    """Return what comes of bounces, so many days apart."""
    status, kept, found = Status.ACTIVE, tuple[Mark, ...](), []
    for number, severity in enumerate(severities):
        today = TODAY + number * gap
        effect, status, kept, _ = after(
            policy, status, kept, said(severity), day=today, today=today
        )
        found.append(effect.value)
    return found


@pytest.mark.parametrize(
    ("status", "severity", "delayed"), list(itertools.product(Status, Severity, [False, True]))
)
def test_every_status_and_severity_is_decided(
    status: Status, severity: Severity, delayed: bool
) -> None:
    """A pair that nobody thought of would be met first with a real reader."""
    verdict = after(Policy(), status, (), said(severity, delayed=delayed), day=TODAY, today=TODAY)
    if delayed or severity is Severity.SENDER:  # cases 56 and 59
        assert verdict == (Effect.NONE, status, (), 0)
    elif status not in MAIL_COMES:
        assert verdict == (Effect.LATE, status, (), 0)
    elif severity is Severity.HARD:
        assert verdict == (Effect.SUSPENDED, Status.SUSPENDED, (Mark(TODAY, "h"),), 5)
    else:
        assert verdict == (Effect.COUNTED, status, (Mark(TODAY, "s"),), 1)


def test_one_hard_bounce_is_enough_unless_more_are_asked_for() -> None:
    """An address that does not exist is not mailed again and again."""
    assert effects(Severity.HARD) == ["suspended"]
    assert effects(*[Severity.HARD] * 3, policy=Policy(hard_limit=3)) == [
        *("counted", "counted", "suspended")
    ]


def test_five_soft_bounces_on_as_many_days_are_enough() -> None:
    """A mailbox that is full for weeks reaches nobody (case 58)."""
    assert effects(*[Severity.SOFT] * 6) == [*["counted"] * 4, "suspended", "late"]


def test_one_day_counts_once() -> None:
    """A day on which much is sent must not cost a reader the list."""
    assert effects(*[Severity.SOFT] * 6, gap=0) == ["counted", *["repeated"] * 5]


def test_soft_bounces_grow_stale() -> None:
    """A mailbox that is full once a month works."""
    assert effects(*[Severity.SOFT] * 8, gap=8) == ["counted"] * 8
    assert effects(*[Severity.SOFT] * 5, gap=7)[-1] == "suspended"


def test_where_nothing_tells_why_it_counts_as_soft() -> None:
    """An address from which all comes back for good reaches nobody, whatever the reason is."""
    assert effects(*[Severity.UNDETERMINED] * 5)[-1] == "suspended"


def test_what_is_about_us_never_counts() -> None:
    """Case 59: a block list must not empty the list."""
    assert set(effects(*[Severity.SENDER] * 50, policy=Policy(1, 1, 365))) == {"none"}


@given(policies, marks, severities)
def test_an_older_mail_than_the_reader_s_word_is_ignored(
    policy: Policy, kept: frozenset[Mark], severity: Severity
) -> None:
    """Case 63: who confirmed again has shown that the address works."""
    verdict = after(policy, Status.ACTIVE, kept, said(severity), day=TODAY, today=TODAY, again=True)
    assert verdict.effect in {Effect.STALE, Effect.NONE}
    assert verdict.status is Status.ACTIVE
    assert set(verdict.marks) == kept


@given(policies, marks, severities, days)
def test_the_same_bounce_twice_counts_once(
    policy: Policy, kept: frozenset[Mark], severity: Severity, day: int
) -> None:
    """A report is read again by `requeue`, and a chunk is repeated after a crash."""
    first = after(policy, Status.ACTIVE, kept, said(severity), day=day, today=TODAY)
    again = after(policy, first.status, first.marks, said(severity), day=day, today=TODAY)
    assert (again.status, again.marks, again.units) == (first.status, first.marks, first.units)
    assert again.effect is not Effect.COUNTED or first.effect is Effect.COUNTED


@given(policies, marks, severities, days)
def test_nobody_is_suspended_below_the_limit_or_spared_above_it(
    policy: Policy, kept: frozenset[Mark], severity: Severity, day: int
) -> None:
    """The score that is shown is the score that decides."""
    verdict = after(policy, Status.ACTIVE, kept, said(severity), day=day, today=TODAY)
    assert verdict.units == score(policy, verdict.marks, TODAY)
    assert (verdict.effect is Effect.SUSPENDED) == (verdict.status is Status.SUSPENDED)
    if verdict.effect in {Effect.SUSPENDED, Effect.COUNTED}:
        assert (verdict.units >= policy.limit) == (verdict.effect is Effect.SUSPENDED)


@given(policies, marks, st.integers(0, 100))
def test_a_score_only_falls_while_nothing_comes_back(
    policy: Policy, kept: frozenset[Mark], later: int
) -> None:
    """Time heals, and after the days that are set it has healed all."""
    assert score(policy, kept, TODAY + later) <= score(policy, kept, TODAY)
    assert score(policy, kept, TODAY + policy.stale_days) == 0


def test_of_several_addresses_behind_one_the_mildest_decides() -> None:
    """Case 62: as long as one of those that a reader forwards to may work, so may the reader."""
    hard, soft = said(Severity.HARD), said(Severity.SOFT)
    late, ours = said(Severity.SOFT, delayed=True), said(Severity.SENDER)
    assert decisive([hard, soft]) == soft
    assert decisive([hard, ours, soft]) == ours
    assert decisive([hard, late]) == late
    assert decisive([]) is None


@pytest.mark.parametrize(
    ("code", "enhanced", "text", "severity"),
    [
        (550, "5.1.1", "User unknown", Severity.HARD),
        (550, "", "No such user here", Severity.HARD),
        (450, "4.1.1", "User unknown (tried 14 times in 48 hours)", Severity.SOFT),
        (452, "4.2.2", "Mailbox full (tried 14 times in 48 hours)", Severity.SOFT),
        (552, "5.2.2", "Mailbox full", Severity.SOFT),
        (554, "5.7.1", "Your IP is on a block list", Severity.SENDER),
        (550, "", "Go away", Severity.UNDETERMINED),
    ],
)
def test_a_relay_s_refusal_is_judged_like_a_report(
    code: int, enhanced: str, text: str, severity: Severity
) -> None:
    """A refusal at once or a report that comes back later says the same about the address."""
    found = of_refusal(rejected(code, enhanced, text))
    assert found is not None
    assert found.severity is severity


def test_what_says_nothing_about_the_reader_is_not_judged() -> None:
    """A relay of ours that was away for two days is no fault of a reader's."""
    assert of_refusal(rejected(0, "", "connection refused (tried 14 times)")) is None
    assert of_refusal(accepted()) is None
    assert of_refusal(deferred(450, "4.1.1", "User unknown")) is None


def test_a_report_is_taken_over_with_its_delay() -> None:
    """Case 56: a delay is soft and counts nothing."""
    bounce = Bounce("a@b", Action.DELAYED, "4.4.1", Severity.SOFT, Reason.NETWORK, "x" * 999, "")
    found = of_report(bounce)
    assert (found.delayed, found.letter, len(found.words)) == (True, "", 300)


@given(st.lists(st.builds(Mark, st.integers(0, 99_999), st.sampled_from("hs")), unique=True))
def test_marks_are_read_as_they_are_written(kept: list[Mark]) -> None:
    """They live as text beside the subscriber."""
    assert read(" ".join(f"{one.day}{one.letter}" for one in kept)) == tuple(sorted(kept))


@given(st.text())
def test_any_text_is_read_as_marks(text: str) -> None:
    """A damaged record must not stop the mail."""
    assert all(one.letter in "hs" for one in read(text))


def test_a_day_s_number_is_its_date() -> None:
    """A day's number must be shown as a date."""
    instant = datetime(2023, 4, 12, 23, 59, tzinfo=UTC)
    assert day_of(instant) == TODAY
    assert date_of(TODAY) == date(2023, 4, 12)
