"""Events: a closed list of types, whose fields never hide what every event has."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailer.domain.events import EVENT_TYPES, Event

RESERVED = frozenset({"id", "type", "at"})
"""The fields that every event has besides its own; a field of that name would take its place."""
AT = datetime(2023, 4, 12, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_no_field_hides_the_events_own(kind: str) -> None:
    """An event told at the wrong time would be a lie in the audit log."""
    fields: dict[str, str | int] = dict.fromkeys(EVENT_TYPES[kind], "x")
    assert not RESERVED & set(fields)
    flat = Event(kind, AT, fields).flat()
    assert (flat["type"], flat["at"]) == (kind, "2023-04-12T07:00:00.000+00:00")
    assert flat.keys() - RESERVED == fields.keys()


def test_what_the_table_does_not_list_is_refused() -> None:
    """The documentation is made from the table: an event beside it would be known to nobody."""
    with pytest.raises(ValueError, match="no event type"):
        Event("campaign.exploded", AT)
    with pytest.raises(ValueError, match="no field colour"):
        Event("campaign.resumed", AT, {"campaign": 1, "colour": "red"})
