"""Display of a campaign: every number stands where people look for it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from mailer.cli.campaigns import live
from mailer.domain.campaigns.campaign import Campaign, Counts, State
from mailer.domain.campaigns.hold import Code, Hold, limit_facts
from mailer.domain.campaigns.rate_limit import parse_rate_limit
from mailer.services.campaigns.status import Status

CAMPAIGN = Campaign(
    7, State.SENDING, "spring-2023", "bulletin", datetime(2023, 4, 12, tzinfo=UTC), tags=("press",)
)
COUNTS = Counts(
    planned=1300,
    planned_at_start=1300,
    accepted=1000,
    rejected=2,
    skipped=3,
    unknown=1,
    outstanding=294,
    deferred=4,
    resent=1,
    by_language={
        "en": {"planned": 1000, "accepted": 800, "rejected": 2},
        "fr": {"planned": 300, "accepted": 200, "skipped": 3, "unknown": 1},
    },
    by_skip_reason={"inactive": 3, "gone": 0},
)


def drawn(status: Status, width: int = 80) -> str:
    """Return what is shown on a screen of that width, without colours."""
    console = Console(width=width, file=io.StringIO(), highlight=False)
    with console.capture() as capture:
        console.print(live.view(status))
    return capture.get()


def test_the_view_shows_speed_and_remaining_time() -> None:
    """A progress bar must tell whether to wait for it or to go to lunch."""
    shown = drawn(Status(CAMPAIGN, COUNTS, 10.0))
    assert "Campaign 7  spring-2023 to bulletin (press)  sending" in shown
    assert "77 %  10 a second  29 s left" in shown


def test_the_table_has_each_language_and_the_totals() -> None:
    """A language that fails as a whole must not hide in a sum."""
    rows = [line.split() for line in drawn(Status(CAMPAIGN, COUNTS, 1.0)).splitlines()]
    assert ["en", "1,000", "800", "2", "·", "·", "198"] in rows
    assert ["fr", "300", "200", "·", "3", "1", "96"] in rows
    assert ["all", "1,300", "1,000", "2", "3", "1", "294"] in rows


def test_the_view_explains_what_the_table_only_counts() -> None:
    """Skipped and deferred raise the question why."""
    shown = drawn(Status(CAMPAIGN, COUNTS, 1.0))
    assert "Skipped: 3 inactive." in shown
    assert "4 of those outstanding wait for another try." in shown
    assert "1 sent again, for the answer to the first try was lost." in shown


def test_the_view_fits_a_narrow_screen() -> None:
    """Eighty columns is what a terminal opens with."""
    assert max(map(len, drawn(Status(CAMPAIGN, COUNTS, 1.0)).splitlines())) <= 80


def test_only_deferred_deliveries_left_is_no_speed() -> None:
    """`0 s left` for hours would be a lie."""
    waiting = replace(COUNTS, accepted=1290, outstanding=4)
    assert "the rest waits for another try" in drawn(Status(CAMPAIGN, waiting, 0.0))


def test_without_a_rate_no_time_is_guessed() -> None:
    """In its first second a campaign has no speed to reckon with."""
    assert "time left not known yet" in live.line(Status(CAMPAIGN, COUNTS, 0.0))


def test_books_that_balance_say_so_in_one_line() -> None:
    """Law 2 is what the secretariat can check with a finger."""
    assert live.balance(COUNTS) == (
        "Planned 1,300 = 1,000 accepted + 2 rejected + 3 skipped + 1 unknown + 294 outstanding:"
        " the books balance."
    )


def test_books_that_do_not_balance_cry_out() -> None:
    """A wrong sum is an error that a person must see."""
    said = live.balance(replace(COUNTS, accepted=999))
    assert "Planned 1,300 ≠ 999 accepted" in said
    assert "THE BOOKS DO NOT BALANCE" in said


@pytest.mark.parametrize("state", [State.PAUSED, State.HELD])
def test_a_campaign_that_stands_still_says_why(state: State) -> None:
    """Without the reason nobody knows whether to resume it."""
    stopped = replace(CAMPAIGN, state=state, reason="the relay is down")
    assert f"{state}: the relay is down" in drawn(Status(stopped, COUNTS, 0.0))


def test_what_holds_a_campaign_back_is_said_in_sentences() -> None:
    """`still sending` without a reason makes people call."""
    limit = parse_rate_limit("600 a minute to gmail.com")
    hold = Hold(Code.LIMIT, {"readers": 3, **limit_facts(limit)})
    status = Status(CAMPAIGN, COUNTS, 1.0, (hold,), throttled=3)
    shown = drawn(status)
    assert "Held back: 3 waiting for gmail.com: 600 a minute." in shown
    assert "1 of those outstanding waits for another try." in shown
    assert "held back: 3 waiting for gmail.com: 600 a minute" in live.line(status)


def test_a_campaign_that_nobody_paused_says_that_it_goes_on_by_itself() -> None:
    """Otherwise a user would resume a campaign that needs nothing."""
    waits = replace(CAMPAIGN, state=State.SENDING, reason="relay refuses all mail: 550 5.7.1 No")
    status = Status(waits, COUNTS, 0.0, (Hold(Code.NO_RELAY, {"reason": waits.reason}),))
    shown = drawn(status)
    assert "paused by itself" in shown
    assert "Held back: relay refuses all mail: 550 5.7.1 No." in shown
    assert "goes on by itself as soon as that is over" in shown
    assert ": paused by itself; " in live.line(status)


NOTHING = Counts(planned=0, accepted=0, rejected=0, skipped=0, unknown=0, outstanding=0)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (State.DRAFT, "`mailer campaigns send 7` starts it"),
        (State.SCHEDULED, "Wednesday 12 April 2023 at 09:00 Europe/Zurich (07:00 UTC)"),
        (State.HELD, "It waits for you"),
    ],
)
def test_a_campaign_that_has_not_begun_says_what_comes_next(state: State, said: str) -> None:
    """A row of zeros would look like a failure."""
    at = datetime(2023, 4, 12, 7, tzinfo=UTC)
    campaign = replace(CAMPAIGN, state=state, scheduled_at=at, zone="Europe/Zurich")
    assert said in " ".join(drawn(Status(campaign, NOTHING, 0.0)).split())


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (3600, "60 min"), (5400, "1 h 30 min")],
)
def test_lengths_of_time_are_said_as_people_say_them(seconds: float, said: str) -> None:
    """`5400.0` is for programs."""
    assert live.span(seconds) == said


def watched(screen: Console) -> list[float]:
    """Watch a campaign that ends at the third look; returns the pauses made."""
    sent = replace(COUNTS, accepted=1294, outstanding=0, deferred=0)
    looks: Iterator[Status] = iter(
        [
            Status(CAMPAIGN, COUNTS, 1.0),
            Status(CAMPAIGN, COUNTS, 1.0),
            Status(replace(CAMPAIGN, state=State.SENT), sent, 0.0),
        ]
    )
    slept: list[float] = []
    ended = live.watch(lambda: next(looks), screen, sleep=slept.append)
    assert ended.campaign.state is State.SENT
    return slept


def test_watching_in_a_pipe_writes_a_line_now_and_then() -> None:
    """A log of a thousand equal lines hides the one that differs."""
    file = io.StringIO()
    assert watched(Console(file=file, width=80)) == [live.LOOK_SECONDS] * 2
    lines = file.getvalue().splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("Campaign 7: sending; 1,006 of 1,300 (1,000 accepted, 2 rejected")
    assert lines[1].startswith("Campaign 7: sent; 1,300 of 1,300")


def test_watching_on_a_screen_ends_with_the_last_state() -> None:
    """The last state must stay on the screen for a user who comes back later."""
    file = io.StringIO()
    watched(Console(file=file, width=80, force_terminal=True))
    last = file.getvalue().rpartition("Campaign 7")[2]
    assert "sent" in last
    assert "0 outstanding: the books balance." in " ".join(last.split())
