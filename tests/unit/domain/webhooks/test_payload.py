"""What is sent of an event."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.events import Event
from mailer.domain.webhooks.payload import body

NOW = datetime(2023, 4, 12, 7, 0, tzinfo=UTC)


def test_an_event_is_sent_with_type_instant_and_fields() -> None:
    """The three members that the Standard Webhooks specification proposes."""
    event = Event("campaign.paused", NOW, {"campaign": 7, "reason": "un été"})
    assert body(event.flat()).decode() == (
        '{"type":"campaign.paused","timestamp":"2023-04-12T07:00:00.000+00:00",'
        '"data":{"campaign":"7","reason":"un été"}}'
    )


@given(st.dictionaries(st.text(), st.text()))
def test_any_fields_come_back_as_they_were(fields: dict[str, str]) -> None:
    """A log may hold what a later version wrote."""
    told = json.loads(body({**fields, "type": "t", "at": "now"}))
    assert told["data"] == {n: v for n, v in fields.items() if n not in {"type", "at"}}
