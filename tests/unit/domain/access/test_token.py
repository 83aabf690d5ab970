"""Tokens: what we signed is read back, and nothing else is ever believed."""

from __future__ import annotations

import re
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.access.token import LARGEST_NUMBER, Purpose, Signer, suppression_hash

SIGNER = Signer(b"a secret of thirty-two octets ...")
PURPOSES = st.sampled_from(Purpose)
NUMBERS = st.lists(st.integers(0, LARGEST_NUMBER), min_size=1, max_size=3)


@given(PURPOSES, NUMBERS)
def test_a_token_is_read_back_as_the_numbers_it_was_made_of(
    purpose: Purpose, numbers: list[int]
) -> None:
    """A link in a mail must find its subscriber, years later and without a table of tokens."""
    assert SIGNER.verify(purpose, SIGNER.sign(purpose, *numbers)) == tuple(numbers)


@given(PURPOSES, NUMBERS)
def test_a_token_survives_what_mail_systems_and_people_do_to_it(
    purpose: Purpose, numbers: list[int]
) -> None:
    """Some relays change the case of a local part, and O for 0 is what a person types."""
    token = SIGNER.sign(purpose, *numbers)
    mistyped = token.upper().replace("0", "O").replace("1", "I")
    assert SIGNER.verify(purpose, mistyped) == tuple(numbers)


@given(PURPOSES, NUMBERS)
def test_a_token_holds_only_what_urls_and_local_parts_allow(
    purpose: Purpose, numbers: list[int]
) -> None:
    """Anything else would need quoting somewhere, and be lost where it is quoted wrongly."""
    assert re.fullmatch("[0-9a-z][0-9a-z-]*", SIGNER.sign(purpose, *numbers))


@given(PURPOSES, NUMBERS, st.data())
def test_a_token_with_one_character_changed_is_refused(
    purpose: Purpose, numbers: list[int], data: st.DataObject
) -> None:
    """A neighbour's subscription must not be one digit away."""
    token = SIGNER.sign(purpose, *numbers)
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("0123456789abcdefghjkmnpqrstvwxyz-"))
    changed = token[:at] + letter + token[at + 1 :]
    assert (SIGNER.verify(purpose, changed) is None) == (changed != token)


@given(st.text() | st.from_regex(r"[0-9a-f]{1,4}-[0-9a-f]{1,4}-[0-9a-z]{16}", fullmatch=True))
def test_what_we_did_not_sign_is_refused_without_an_error(token: str) -> None:
    """Tokens come from strangers, who send anything."""
    assert all(SIGNER.verify(purpose, token) is None for purpose in Purpose)


@pytest.mark.parametrize(("made_for", "used_for"), [*permutations(Purpose, 2)])
def test_a_token_is_worthless_for_another_purpose(made_for: Purpose, used_for: Purpose) -> None:
    """A stranger who is shown a Message-ID must not be able to unsubscribe its reader with it."""
    assert SIGNER.verify(used_for, SIGNER.sign(made_for, 7, 12)) is None


def test_a_token_of_another_installation_is_refused() -> None:
    """The secret is all that stands between a stranger and the list."""
    other = Signer(b"another secret of that same size.")
    assert SIGNER.verify(Purpose.LEAVE, other.sign(Purpose.LEAVE, 7, 12)) is None


def test_a_number_is_written_in_one_way_only() -> None:
    """Two spellings of one token would pass a check for its having been used."""
    token = SIGNER.sign(Purpose.CONFIRM, 7)
    assert SIGNER.verify(Purpose.CONFIRM, f"0{token}") is None


def test_tokens_in_old_mail_stay_valid() -> None:
    """The form is pinned: readers keep mails for years and leave by the link in them."""
    assert SIGNER.sign(Purpose.LEAVE, 1234567, 42) == "12d687-2a-6cqwyrp47swnam9g"
    assert SIGNER.verify(Purpose.LEAVE, "12d687-2a-6cqwyrp47swnam9g") == (1234567, 42)


@pytest.mark.parametrize("numbers", [(), (-1,), (1, -1), (LARGEST_NUMBER + 1,)])
def test_what_is_no_number_of_ours_is_not_signed(numbers: tuple[int, ...]) -> None:
    """A signature over a nonsense number would be believed later."""
    with pytest.raises(ValueError, match="needs one number"):
        SIGNER.sign(Purpose.BOUNCE, *numbers)


def test_a_key_that_can_be_guessed_is_refused() -> None:
    """An empty secret file would otherwise make every token forgeable."""
    with pytest.raises(ValueError, match="too short"):
        Signer(b"short")


def test_a_suppressed_address_is_known_again_and_not_told() -> None:
    """Law 7 must hold after the person was erased; the hash is pinned, because it is stored."""
    name = suppression_hash(b"k" * 32, "ana@example.org")
    assert name == "100c89483217e1299acfd20ef5c7b7b07f2445e94baa40b97c2755f02beb3621"
    assert "ana" not in name


def test_suppression_hashes_of_two_installations_cannot_be_compared() -> None:
    """A person who copies a store must not find out which addresses another one suppresses."""
    ours, theirs = (suppression_hash(key * 32, "ana@example.org") for key in (b"k", b"l"))
    assert ours != theirs
