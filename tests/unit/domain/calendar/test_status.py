"""Acts on an entry of the calendar, in each status; and the changes that make a new version."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from mailer.domain.calendar.entry import (
    TRANSITIONS,
    Action,
    Entry,
    Kind,
    Status,
    action_of,
    created,
    differences,
    revised,
)
from mailer.errors import StateError

NOW = datetime(2023, 3, 1, 9, tzinfo=UTC)
ENTRY = created(
    Entry("day", Kind.OBSERVANCE, date(2023, 6, 27), "Europe/Zurich", {"en": "MSME Day"}),
    NOW,
    "lists.example.org",
)
RESULT = {
    Action.CONFIRM: Status.CONFIRMED,
    Action.DOUBT: Status.TENTATIVE,
    Action.CANCEL: Status.CANCELLED,
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", Action)
def test_each_action_in_each_status_leads_somewhere_or_is_refused_with_a_remedy(
    status: Status, action: Action
) -> None:
    """Nothing about an entry may depend on which order somebody thought of."""
    if (status, action) == (Status.CANCELLED, Action.CHANGE):
        with pytest.raises(StateError, match=r"Cannot change .* cancelled\. Say first"):
            TRANSITIONS.follow(status, action, "it")
    else:
        assert TRANSITIONS.follow(status, action, "it").to is RESULT.get(action, status)
        assert TRANSITIONS[status, action].reason


@pytest.mark.parametrize("before", Status)
@pytest.mark.parametrize("after", Status)
@pytest.mark.parametrize("moved", [False, True])
def test_two_versions_tell_what_was_done(before: Status, after: Status, moved: bool) -> None:
    """The action is read from the versions, so that an import and a command are judged alike."""
    old = replace(ENTRY, status=before)
    new = replace(old, status=after, start=date(2023, 6, 28) if moved else old.start)
    if before is not after:
        assert RESULT[action_of(old, new)] is after
    elif moved:
        assert action_of(old, new) is Action.CHANGE


def test_each_version_has_a_higher_sequence_and_keeps_its_name() -> None:
    """Readers' programs ignore what comes with a sequence they have seen (RFC 5546 2.1.4)."""
    later = NOW + timedelta(hours=1)
    moved = revised(ENTRY, replace(ENTRY, start=date(2023, 6, 28), uid="other@x", id="x"), later)
    assert (moved.id, moved.uid) == ("day", "day@lists.example.org")
    assert (moved.sequence, moved.changed_at, moved.created_at) == (1, later, NOW)
    far = revised(moved, replace(moved, title={"en": "The day"}, sequence=9), later)
    assert far.sequence == 9
    assert revised(far, replace(far, title={"en": "A day"}), later).sequence == 10


def test_the_same_again_is_no_new_version() -> None:
    """Importing a file twice must not tell readers anything."""
    assert revised(ENTRY, replace(ENTRY, sequence=4, changed_at=None), NOW) is ENTRY
    assert differences(
        ENTRY, replace(ENTRY, place={"en": "Online"}, url="https://example.org")
    ) == (
        "place",
        "url",
    )


def test_what_is_cancelled_is_changed_only_once_it_takes_place_again() -> None:
    """A time moved in a cancelled entry would be told to nobody, or told wrongly."""
    gone = revised(ENTRY, replace(ENTRY, status=Status.CANCELLED, reason={"en": "Flood"}), NOW)
    assert gone.reason == {"en": "Flood"}
    with pytest.raises(StateError):
        revised(gone, replace(gone, start=date(2023, 7, 1)), NOW)
    reworded = revised(gone, replace(gone, reason={"en": "A flood"}), NOW)
    assert (reworded.status, reworded.reason) == (Status.CANCELLED, {"en": "A flood"})
    back = revised(gone, replace(gone, status=Status.CONFIRMED, start=date(2023, 7, 1)), NOW)
    assert (back.status, back.reason, back.sequence) == (Status.CONFIRMED, {}, 2)
