"""Refusals of a relay that are taken to be about us, and the outcomes in that case."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.bounces.refusal import Stage
from mailer.domain.campaigns.delivery import Attempt, Outcome, accepted, deferred, rejected, unknown
from mailer.relay.breaker import FEW_REFUSALS, MOST_REFUSALS, Breaker
from mailer.relay.envelope import Envelope

DENIED = rejected(550, "5.7.1", "<reader@example.org>: denied by our policy")
NO_SUCH = rejected(550, "5.1.1", "no such mailbox")
OURS = rejected(554, "", "Sending suspended for this account")
VAGUE = rejected(554, "", "Transaction failed")
FINE = accepted()


def envelope(number: int) -> Envelope:
    """Make an envelope that is told from others by its number."""
    return Envelope(number, "", f"r{number}@example.org", b"", 0)


def tell(breaker: Breaker, one: Envelope, attempt: Attempt) -> list[tuple[Envelope, Attempt]]:
    """Hand an envelope over, and tell how it ended."""
    breaker.hand(one)
    if attempt.outcome is Outcome.ACCEPTED:
        return [*breaker.accept(one), (one, attempt)]
    return breaker.hear(one, attempt)


def judged(attempts: list[Attempt], breaker: Breaker) -> dict[int, list[Attempt]]:
    """Tell a breaker of attempts, one envelope each; returns what was settled, by number."""
    settled: dict[int, list[Attempt]] = {}
    for number, attempt in enumerate(attempts):
        for one, end in tell(breaker, envelope(number), attempt):
            settled.setdefault(one.number, []).append(end)
    return settled


def test_a_relay_that_refuses_everything_burns_nobody() -> None:
    """A whole list rejected within seconds could not be sent again."""
    breaker = Breaker()
    settled = judged([DENIED] * (MOST_REFUSALS + 5), breaker)
    assert breaker.open
    assert {end.outcome for ends in settled.values() for end in ends} == {Outcome.DEFERRED}
    assert not any(end.counts for ends in settled.values() for end in ends)
    assert len(settled) == MOST_REFUSALS + 5


def test_the_reason_is_the_relays_without_any_address() -> None:
    """It is shown, logged and written to the event log, where no address belongs."""
    breaker = Breaker()
    judged([DENIED] * MOST_REFUSALS, breaker)
    assert "550 5.7.1" in breaker.reason
    assert "denied by our policy" in breaker.reason
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
    (end,) = judged([accepted(), said, accepted()], Breaker())[1]
    assert (end.outcome, end.code, end.counts) == (Outcome.DEFERRED, code, False)


def test_what_is_surely_ours_is_never_the_last_word_even_among_accepted_mail() -> None:
    """A limit lets some mail through; the first refusal costs nothing, later ones are tries."""
    breaker, one = Breaker(), envelope(1)
    assert tell(breaker, one, OURS) == []
    ((_, end),) = [pair for pair in tell(breaker, envelope(2), FINE) if pair[0] is one]
    assert (end.outcome, end.counts) == (Outcome.DEFERRED, False)
    assert tell(breaker, one, OURS) == []
    ((_, end),) = [pair for pair in tell(breaker, envelope(3), FINE) if pair[0] is one]
    assert (end.outcome, end.counts) == (Outcome.DEFERRED, True)


@pytest.mark.parametrize("stage", [Stage.LOGIN, Stage.MAIL])
def test_a_refusal_before_rcpt_is_never_held_back_and_never_stands(stage: Stage) -> None:
    """Nobody was named: there is nothing to wait for, and three are enough to stop."""
    breaker = Breaker()
    for number in range(1, FEW_REFUSALS + 1):
        assert not breaker.open
        ((_, end),) = tell(breaker, envelope(number), replace(NO_SUCH, stage=stage))
        assert (end.outcome, end.counts) == (Outcome.DEFERRED, False)
    assert breaker.open


@pytest.mark.parametrize("same", [NO_SUCH, VAGUE, DENIED, OURS])
def test_the_same_said_to_many_in_a_row_is_ours_whatever_the_words(same: Attempt) -> None:
    """An account's suspension may be worded like a dead mailbox."""
    breaker = Breaker()
    settled = judged([FINE, *[same] * MOST_REFUSALS], breaker)
    assert breaker.open
    ends = [settled[number][0] for number in range(1, MOST_REFUSALS + 1)]
    assert {(end.outcome, end.counts) for end in ends} == {(Outcome.DEFERRED, False)}


def test_the_setting_says_how_many() -> None:
    """An operator of an old list allows for more."""
    breaker = Breaker(15)
    judged([NO_SUCH] * 14, breaker)
    assert not breaker.open
    judged([NO_SUCH] * 15, breaker)
    assert breaker.open


def test_texts_that_name_each_recipient_are_the_same() -> None:
    """Numbers, ids and addresses differ, though the relay says one thing."""
    breaker = Breaker()
    for number in range(MOST_REFUSALS):
        text = f"<r{number}@example.org>: no such user r{number} (qid 4Fab{number}Cd)"
        tell(breaker, envelope(number), rejected(550, "5.1.1", text))
    assert breaker.open


def test_dead_addresses_among_others_never_open_it() -> None:
    """An old list has many addresses that are gone, but not ten in a row."""
    breaker = Breaker()
    attempts = ([NO_SUCH] * (MOST_REFUSALS - 1) + [FINE]) * 12
    settled = judged(attempts, breaker)
    assert not breaker.open
    assert all(settled[number] == [attempt] for number, attempt in enumerate(attempts))


def test_dead_addresses_in_a_row_are_rejected_once_the_relay_has_proved_itself() -> None:
    """Twelve in a row are put back once; after others were accepted they are believed."""
    breaker, dead = Breaker(), [envelope(number) for number in range(12)]
    put_back = [pair for one in dead for pair in tell(breaker, one, NO_SUCH)]
    assert len(put_back) == 12
    assert breaker.open
    tell(breaker, envelope(100), FINE)
    assert not breaker.open
    assert [tell(breaker, one, NO_SUCH) for one in dead] == [[(one, NO_SUCH)] for one in dead]


def test_dead_addresses_alone_are_tries_that_end_some_day() -> None:
    """Nothing is left that could prove the relay; to wait for ever would be no end."""
    breaker, dead = Breaker(), [envelope(number) for number in range(12)]
    for one in dead:
        tell(breaker, one, NO_SUCH)
    ends = [end for one in dead for _, end in tell(breaker, one, NO_SUCH)]
    assert {(end.outcome, end.counts) for end in ends} == {(Outcome.DEFERRED, True)}


def test_what_is_surely_ours_waits_for_ever_where_many_hear_it() -> None:
    """A suspended account costs no reader, however long it takes to mend."""
    breaker, some = Breaker(), [envelope(number) for number in range(12)]
    for _ in range(20):
        ends = [end for one in some for _, end in tell(breaker, one, OURS)]
    assert {(end.outcome, end.counts) for end in ends} == {(Outcome.DEFERRED, False)}


def test_mail_that_was_under_way_proves_nothing() -> None:
    """A relay refuses what is new, and still takes what it had agreed to."""
    breaker, early = Breaker(), envelope(1)
    breaker.hand(early)
    assert tell(breaker, envelope(2), NO_SUCH) == []
    assert breaker.accept(early) == []
    assert breaker.held == 1
    assert [one.number for one, _ in tell(breaker, envelope(3), FINE)] == [2, 3]


def test_mail_that_was_under_way_does_not_close_it() -> None:
    """Otherwise the whole list would run into it again."""
    breaker, early = Breaker(), envelope(100)
    breaker.hand(early)
    judged([DENIED] * MOST_REFUSALS, breaker)
    assert breaker.accept(early) == []
    assert breaker.open


@pytest.mark.parametrize(
    ("few", "opens"),
    [
        ([OURS], True),
        ([DENIED] * FEW_REFUSALS, True),
        ([VAGUE] * FEW_REFUSALS, True),
        ([DENIED] * (FEW_REFUSALS - 1), False),
        ([VAGUE], False),
        ([NO_SUCH] * FEW_REFUSALS, False),
        ([replace(NO_SUCH, stage=Stage.DOT)] * FEW_REFUSALS, True),
        ([rejected(550, "", "account disabled")] * FEW_REFUSALS, True),
        ([rejected(550, "", "account disabled")], False),
        ([deferred(451, "4.7.1", "greylisted")] * 5, False),
    ],
)
@pytest.mark.parametrize("proven", [True, False])
def test_the_last_few_refusals_are_judged_by_their_words(
    few: list[Attempt], opens: bool, proven: bool
) -> None:
    """The end of a list must not be burnt; a reader's own refusal must not hold it up."""
    breaker = Breaker()
    judged([FINE] * proven + few, breaker)
    assert breaker.held == len(few)
    ends = {(attempt.outcome, attempt.counts) for _, attempt in breaker.let_go()}
    assert ends == ({(Outcome.DEFERRED, False)} if opens else {(few[0].outcome, True)})
    assert breaker.open is opens


def test_a_stop_takes_nothing_at_its_word() -> None:
    """There would be more to learn; what was not judged goes again."""
    breaker = Breaker()
    judged([NO_SUCH, VAGUE], breaker)
    ends = {(end.outcome, end.counts) for _, end in breaker.let_go(stopping=True)}
    assert ends == {(Outcome.DEFERRED, False)}
    assert not breaker.open


def test_words_that_stopped_everything_once_get_the_benefit_of_the_doubt() -> None:
    """A message already under way hears the old refusal after the relay has recovered."""
    breaker = Breaker()
    judged([VAGUE] * MOST_REFUSALS, breaker)
    tell(breaker, envelope(100), FINE)
    late = envelope(101)
    assert tell(breaker, late, VAGUE) == []
    ((_, end),) = [pair for pair in tell(breaker, envelope(102), FINE) if pair[0] is late]
    assert (end.outcome, end.counts) == (Outcome.DEFERRED, False)


@pytest.mark.parametrize(
    "attempt", [deferred(0, "", "the relay closed the connection"), unknown("blocked?")]
)
def test_what_is_no_reply_is_passed_on(attempt: Attempt) -> None:
    """A lost connection says nothing of whom the relay likes."""
    one = envelope(1)
    assert tell(Breaker(), one, attempt) == [(one, attempt)]


def test_accepted_mail_closes_it() -> None:
    """It goes on by itself, and starts counting anew."""
    breaker = Breaker()
    judged([DENIED] * MOST_REFUSALS, breaker)
    judged([FINE], breaker)
    assert not breaker.open
    assert tell(breaker, envelope(100), DENIED) == []


@given(st.lists(st.sampled_from([DENIED, NO_SUCH, OURS, FINE, deferred(451, "4.3.0", "later")])))
def test_every_attempt_is_settled_once_and_few_are_ever_burnt(attempts: list[Attempt]) -> None:
    """Law 2 in any order of answers; and no more rejections in a row than the rule allows."""
    breaker = Breaker()
    settled = judged(attempts, breaker)
    for one, end in breaker.let_go():
        settled.setdefault(one.number, []).append(end)
    assert Counter({number: len(ends) for number, ends in settled.items()}) == Counter(
        range(len(attempts))
    )
    run = 0
    for number, said in enumerate(attempts):
        end = settled[number][0]
        run = 0 if said is FINE else run + (end is NO_SUCH)
        assert run < MOST_REFUSALS
        assert not (said is OURS and end.outcome is Outcome.REJECTED)
