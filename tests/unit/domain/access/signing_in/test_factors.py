"""Codes, recovery codes and passwords: what is taken, once, and what is not."""

from __future__ import annotations

from datetime import UTC, datetime

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.access.signing_in.browser import name_of
from mailer.domain.access.signing_in.factors import (
    LONGEST_NAME,
    Password,
    draw_recovery,
    matching_step,
    name_or,
    normalised,
    problem_of,
    recovery_digest,
    spent,
)
from mailer.domain.access.signing_in.sealing import key_for, seal, unseal

SEED, KEY = "JBSWY3DPEHPK3PXP" * 2, key_for(b"secret", "code")
NOW = datetime(2026, 4, 26, 9, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30


def code(step: int) -> str:
    """Return what the app shows in a time step."""
    return pyotp.TOTP(SEED).at(step * 30)


@pytest.mark.parametrize(("drift", "taken"), [(-2, 0), (-1, 1), (0, 1), (1, 1), (2, 0)])
def test_a_clock_may_be_wrong_by_half_a_minute(drift: int, taken: int) -> None:
    """RFC 6238 section 5.2: phones' clocks are nearly right."""
    found = matching_step(SEED, code(STEP + drift), NOW, 0)
    assert found == (STEP + drift if taken else None)


def test_a_code_is_taken_once() -> None:
    """Neither it nor an older one counts again."""
    assert matching_step(SEED, code(STEP), NOW, STEP) is None
    assert matching_step(SEED, code(STEP - 1), NOW, STEP) is None
    assert matching_step(SEED, code(STEP + 1), NOW, STEP) == STEP + 1


@given(st.text(max_size=12))
def test_no_text_makes_it_fail(text: str) -> None:
    """It comes from a form."""
    assert matching_step(SEED, text, NOW, STEP + 1) is None


def test_recovery_codes_are_spent_one_by_one() -> None:
    """Each counts once; the others stay."""
    codes = draw_recovery()
    password = Password("", "", 0, tuple(recovery_digest(KEY, one) for one in codes))
    less = spent(password, KEY, codes[4].upper().replace("-", " "))
    assert less is not None
    assert len(less.recovery) == len(codes) - 1
    assert spent(less, KEY, codes[4]) is None
    assert spent(less, KEY, codes[5]) is not None


def test_what_is_stored_of_a_recovery_code_depends_on_the_key() -> None:
    """Fifty bits could be tried by whoever has the store alone."""
    assert recovery_digest(KEY, "a") != recovery_digest(key_for(b"other", "code"), "a")


@pytest.mark.parametrize(
    ("password", "repeated", "wrong"),
    [
        ("x" * 11, "x" * 11, "password_short"),
        ("x" * 12, "x" * 12, ""),
        ("x" * 200, "x" * 200, ""),
        ("x" * 201, "x" * 201, "password_long"),
        ("x" * 12, "y" * 12, "password_differs"),
        ("ADA@example.org", "ADA@example.org", "password_own"),
    ],
)
def test_a_password_is_long_and_not_ones_own_name(password: str, repeated: str, wrong: str) -> None:
    """Nothing else is asked of it."""
    found = problem_of(password, repeated, ("Ada", "ada@example.org"))
    assert (found.code if found else "") == wrong


def test_a_password_is_the_same_on_every_keyboard() -> None:
    """One writes é as one sign, another as two."""
    assert normalised("e\u0301te\u0301") == normalised("\u00e9t\u00e9")


@given(st.text(max_size=100), st.text(max_size=20))
def test_what_is_sealed_is_read_for_the_same_thing_alone(text: str, bound: str) -> None:
    """A sealed seed put into another user's record opens nothing."""
    sealed = seal(KEY, text, bound)
    assert unseal(KEY, sealed, bound) == text
    assert unseal(KEY, sealed, f"{bound}x") is None
    assert unseal(key_for(b"other", "code"), sealed, bound) is None


@given(st.text(max_size=100))
def test_what_was_not_sealed_is_nothing(text: str) -> None:
    """It comes from a form."""
    assert unseal(KEY, text, "") is None


@given(st.text(max_size=200))
def test_a_name_can_be_shown(given_: str) -> None:
    """It stands in a list, and was typed by somebody."""
    name = name_or(given_, "Passkey")
    assert name.isprintable()
    assert 1 <= len(name) <= LONGEST_NAME


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox, Linux",
        ),
        (
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
                " Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
            ),
            "Edge, Windows",
        ),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
                " (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
            ),
            "Safari, iPhone",
        ),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_a_browser_is_named_in_our_own_words(agent: str, name: str) -> None:
    """A user knows their session by it, and a stranger's text is never shown."""
    assert name_of(agent) == name
