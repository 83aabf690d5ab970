"""When a relay's refusals are taken to be about us, and what becomes of them then."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.delivery import Attempt, Outcome, accepted, deferred, rejected, unknown
from mailer.relay.breaker import FEW_REFUSALS, MOST_REFUSALS, Breaker, refuses_us
from mailer.relay.envelope import Envelope

DENIED = rejected(550, "5.7.1", "<reader@example.org>: relay access denied")
NO_SUCH = rejected(550, "5.1.1", "no such mailbox")
FINE = accepted()


def envelope(number: int) -> Envelope:
    """Make an envelope that is told from others by its number."""
    return Envelope(number, "", "reader@example.org", b"", 0)


def judged(attempts: list[Attempt], breaker: Breaker) -> dict[int, list[Attempt]]:
    """Tell a breaker of attempts, one envelope each; returns what was settled, by number."""
    settled: dict[int, list[Attempt]] = {}
    for number, attempt in enumerate(attempts):
        if attempt.outcome is Outcome.ACCEPTED:
            now = [*breaker.accept(), (envelope(number), attempt)]
        else:
            now = breaker.hear(envelope(number), attempt)
        for one, end in now:
            settled.setdefault(one.number, []).append(end)
    return settled


@pytest.mark.parametrize(
    ("attempt", "about_us"),
    [
        (rejected(550, "5.7.1", "relay access denied"), True),
        (deferred(450, "4.7.1", "greylisted"), True),
        (rejected(554, "5.5.1", "protocol error"), True),
        (rejected(0, "5.3.4", "larger than the relay takes"), True),
        (deferred(452, "4.3.1", "no space"), True),
        (rejected(553, "5.1.8", "sender's domain does not exist"), True),
        (rejected(550, "5.1.1", "no such mailbox"), False),
        (rejected(550, "5.2.1", "mailbox disabled by policy"), False),
        (deferred(452, "4.2.2", "mailbox full"), False),
        (rejected(530, "", "log in first"), True),
        (rejected(550, "", "Relaying denied"), True),
        (rejected(550, "", "User unknown"), False),
        (deferred(0, "", "the relay closed the connection"), False),
        (unknown("the answer was lost; blocked?"), False),
    ],
)
def test_refusals_of_us_are_told_from_those_of_a_reader(attempt: Attempt, about_us: bool) -> None:
    """The one is mended by us and spares the list; the other is a reader's address."""
    assert refuses_us(attempt) is about_us


def test_a_relay_that_refuses_everything_burns_nobody() -> None:
    """A whole list rejected within seconds could not be sent again."""
    breaker = Breaker()
    settled = judged([DENIED] * (MOST_REFUSALS + 5), breaker)
    assert breaker.open
    assert {end.outcome for ends in settled.values() for end in ends} == {Outcome.DEFERRED}
    assert len(settled) == MOST_REFUSALS + 5


def test_the_reason_is_the_relays_without_any_address() -> None:
    """It is shown, logged and written to the event log, where no address belongs."""
    breaker = Breaker()
    judged([DENIED] * MOST_REFUSALS, breaker)
    assert "550 5.7.1" in breaker.reason
    assert "relay access denied" in breaker.reason
    assert "@" not in breaker.reason


def test_a_refusal_among_accepted_mail_stands() -> None:
    """One reader whose system wants nothing of us is rejected like any other."""
    breaker = Breaker()
    settled = judged([DENIED, DENIED, FINE, DENIED, FINE], breaker)
    assert not breaker.open
    assert [settled[number][0] for number in range(5)] == [DENIED, DENIED, FINE, DENIED, FINE]


@pytest.mark.parametrize("code", [500, 502, 503, 504])
def test_a_relay_that_does_not_understand_us_costs_no_reader(code: int) -> None:
    """A confused relay, even for a single message: that one is tried again (RFC 5321 4.2.4)."""
    said = rejected(code, "5.5.1", "bad sequence of commands")
    settled = judged([accepted(), said, accepted()], Breaker())
    assert settled[1] == [deferred(code, "5.5.1", "bad sequence of commands")]


def test_what_is_plainly_a_readers_fault_never_opens_it() -> None:
    """An old list has runs of addresses that are gone."""
    breaker = Breaker()
    settled = judged([NO_SUCH] * 100, breaker)
    assert not breaker.open
    assert all(ends == [NO_SUCH] for ends in settled.values())


@pytest.mark.parametrize("proven", [True, False])
def test_the_last_few_refusals_are_judged_by_whether_the_relay_ever_took_mail(
    proven: bool,
) -> None:
    """A short list must not be burnt by a relay that was set up wrongly, either."""
    breaker = Breaker()
    judged([FINE] * proven + [DENIED] * FEW_REFUSALS, breaker)
    assert breaker.held == FEW_REFUSALS
    ends = {attempt.outcome for _, attempt in breaker.let_go()}
    assert ends == {Outcome.REJECTED if proven else Outcome.DEFERRED}
    assert breaker.open is not proven


def test_accepted_mail_closes_it() -> None:
    """It goes on by itself, and starts counting anew."""
    breaker = Breaker()
    judged([DENIED] * MOST_REFUSALS, breaker)
    judged([FINE], breaker)
    assert not breaker.open
    assert breaker.hear(envelope(1), DENIED) == []


@given(st.lists(st.sampled_from([DENIED, NO_SUCH, FINE, deferred(451, "4.3.0", "later")])))
def test_every_attempt_is_settled_once_and_few_are_ever_burnt(attempts: list[Attempt]) -> None:
    """Law 2 in any order of answers; and no more rejections of us than the rule allows."""
    breaker = Breaker()
    settled = judged(attempts, breaker)
    for one, end in breaker.let_go():
        settled.setdefault(one.number, []).append(end)
    assert Counter({number: len(ends) for number, ends in settled.items()}) == Counter(
        range(len(attempts))
    )
    run = 0
    for number in range(len(attempts)):
        end = settled[number][0]
        run = 0 if end is FINE else run + (end is DENIED)
        assert run < MOST_REFUSALS
