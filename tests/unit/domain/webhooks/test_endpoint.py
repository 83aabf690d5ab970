"""What an endpoint wants, and where it stands whatever happens in whatever order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailer.domain.events import EVENT_TYPES
from mailer.domain.webhooks.endpoint import (
    LONGEST_NOTE,
    ROTATION,
    TRANSITIONS,
    Action,
    Endpoint,
    State,
    parse_note,
    parse_types,
)
from mailer.errors import InputError

NOW = datetime(2023, 4, 12, 7, 0, tzinfo=UTC)
ENDPOINT = Endpoint("wh0123456789ab", "https://hooks.example.org/", ("campaign.*",), NOW)
LED = {
    Action.PAUSE: dict.fromkeys(State, State.PAUSED),
    Action.RESUME: dict.fromkeys(State, State.ACTIVE),
    Action.GIVE_UP: {
        State.ACTIVE: State.STOPPED,
        State.PAUSED: State.PAUSED,
        State.STOPPED: State.STOPPED,
    },
}
LED[Action.GONE] = LED[Action.GIVE_UP]


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("state", State)
def test_every_action_leads_somewhere_from_every_state(state: State, action: Action) -> None:
    """Attempts end late; what a person decided stays decided."""
    before = replace(ENDPOINT, state=state, reason="earlier", by="ana", changed=NOW)
    after = before.after(action, NOW + timedelta(days=1), by="ben", reason="because")
    assert after.state is LED[action][state]
    if after.state is state:
        assert after is before
    elif after.state is State.ACTIVE:
        assert (after.reason, after.by) == ("", "")
    else:
        assert (after.reason, after.by) == ("because", "ben")
    if after is not before:
        assert after.changed == NOW + timedelta(days=1)


def test_every_row_has_its_reason() -> None:
    """A pause without one is told of in the table's words."""
    assert all(move.reason for move in TRANSITIONS.values())
    assert ENDPOINT.after(Action.GONE, NOW).reason == TRANSITIONS[State.ACTIVE, Action.GONE].reason


@pytest.mark.parametrize(
    ("wanted", "kind", "fits"),
    [
        ("*", "campaign.finished", True),
        ("campaign.*", "campaign.finished", True),
        ("campaign.*", "campaigns.finished", False),
        ("campaign.finished", "campaign.finished", True),
        ("campaign.finished", "campaign.finished.late", False),
        ("campaign.finished", "campaign.started", False),
        ("*", "webhook.stopped", False),
    ],
)
def test_an_endpoint_wants_what_its_types_say(wanted: str, kind: str, fits: bool) -> None:
    """And never news about web hooks: each failure would make more of them."""
    assert replace(ENDPOINT, types=(wanted,)).wants(kind) is fits


def test_no_endpoint_can_want_what_is_told_of_web_hooks() -> None:
    """Whatever is added to the table later."""
    own = [kind for kind in EVENT_TYPES if kind.startswith("webhook.")]
    assert own
    assert not any(replace(ENDPOINT, types=("*",)).wants(kind) for kind in own)


def test_types_are_read_with_all_their_problems() -> None:
    """Who misspelt two should not learn of them one after the other."""
    assert parse_types([" Campaign.* ", "campaign.*", "subscriber.left", ""]) == (
        "campaign.*",
        "subscriber.left",
    )
    with pytest.raises(InputError) as caught:
        parse_types(["campaign.ended", "nothing.*", "webhook.*", "*"])
    assert [one.code for one in caught.value.problems] == ["webhook.unknown_event"] * 3
    with pytest.raises(InputError, match="no type of events"):
        parse_types([" "])


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_every_type_of_event_can_be_asked_for(kind: str) -> None:
    """But those about web hooks."""
    if kind.startswith("webhook."):
        with pytest.raises(InputError, match="by mail"):
            parse_types([kind])
    else:
        assert parse_types([kind]) == (kind,)


def test_the_old_secret_signs_beside_the_new_one_for_a_day() -> None:
    """Receivers change theirs when it suits them, and lose nothing meanwhile."""
    assert ENDPOINT.secrets(NOW) == (1,)
    rotated = replace(ENDPOINT, secret=2, rotated=NOW)
    assert rotated.secrets(NOW) == (2, 1)
    assert rotated.secrets(NOW + ROTATION - timedelta(seconds=1)) == (2, 1)
    assert rotated.secrets(NOW + ROTATION) == (2,)


@pytest.mark.parametrize("text", ["x" * (LONGEST_NOTE + 1), "a\u202eb"])
def test_a_note_is_short_and_can_be_seen(text: str) -> None:
    """It is shown on terminals and in pages."""
    assert parse_note("  for  the\nCRM ") == "for the CRM"
    with pytest.raises(InputError):
        parse_note(text)
