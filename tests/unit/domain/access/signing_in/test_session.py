"""When a session is good, and when its person must prove themselves again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailer.domain.access.rights import Role
from mailer.domain.access.signing_in.challenge import Challenge, Purpose, Way
from mailer.domain.access.signing_in.session import IDLE, LONGEST, PROOF, Session
from mailer.domain.access.user import Action, Standing, User, after, with_role

NOW = datetime(2026, 4, 26, 9, tzinfo=UTC)
ADA = User(1, "ada@example.org", "Ada", Role.SENDER, Standing.ACTIVE, "en", NOW)
SESSION = Session(
    "d" * 64,
    "0123456789abcdef",
    1,
    0,
    begun=NOW,
    seen=NOW,
    proved_at=NOW,
    way=Way.LINK,
    network="192.0.2.0/24",
    browser="Firefox, Linux",
)


def test_it_is_good_for_its_user_as_they_were() -> None:
    """A change of role or standing takes effect in open browsers at once."""
    assert SESSION.stands(ADA, NOW)
    assert not SESSION.stands(with_role(ADA, Role.OWNER), NOW)
    assert not SESSION.stands(with_role(ADA, Role.READER), NOW)
    assert not SESSION.stands(after(ADA, Action.DISABLE), NOW)
    assert not SESSION.stands(after(after(ADA, Action.DISABLE), Action.ENABLE), NOW)
    assert not SESSION.stands(replace(ADA, number=2), NOW)
    assert not SESSION.stands(replace(ADA, epoch=1), NOW)


@pytest.mark.parametrize(
    ("unused", "good"), [(IDLE - timedelta(seconds=1), True), (IDLE, False), (LONGEST, False)]
)
def test_it_ends_when_nobody_uses_it(unused: timedelta, good: bool) -> None:
    """A browser that was left open is of no use the next day."""
    assert SESSION.stands(ADA, NOW + unused) is good


def test_it_ends_after_a_week_however_much_it_is_used() -> None:
    """A cookie that was copied is not good for ever."""
    used = replace(SESSION, seen=NOW + LONGEST - timedelta(seconds=1))
    assert used.stands(ADA, NOW + LONGEST - timedelta(seconds=1))
    assert not used.stands(ADA, NOW + LONGEST)
    assert used.lasts(NOW + LONGEST - timedelta(hours=1)) == timedelta(hours=1)


@pytest.mark.parametrize(
    ("later", "proved"),
    [
        (timedelta(), True),
        (PROOF - timedelta(seconds=1), True),
        (PROOF, False),
        (-timedelta(seconds=1), False),
    ],
)
def test_a_proof_holds_for_ten_minutes(later: timedelta, proved: bool) -> None:
    """And not at all where a clock was set back: it would hold for as long as that."""
    assert SESSION.proved(NOW + later) is proved


def test_another_proof_changes_the_secret_and_not_the_week() -> None:
    """A session cannot be kept for ever by proofs."""
    later = NOW + timedelta(days=1)
    again = SESSION.proven("e" * 64, later, Way.PASSKEY, 0, later)
    assert (again.digest, again.id, again.begun) == ("e" * 64, SESSION.id, NOW)
    assert again.proved(later)


def test_a_challenge_that_nobody_asked_for_fits_no_browser() -> None:
    """An invitation signs nobody in, whatever a browser sends."""
    challenge = Challenge(Purpose.INVITATION, "", NOW)
    assert not challenge.fits("")
    assert not challenge.fits("0" * 64)
