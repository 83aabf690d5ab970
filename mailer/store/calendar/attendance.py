"""Keeps who comes: for each entry its answers, their count, and a bitmap of who gave each.

An answer holds the reader's number and no address, so that erasing a reader leaves nobody's name
behind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from mailer.domain.calendar.attendance import Answer, Attendance, Verdict
from mailer.domain.events import Event
from mailer.store import events, keys
from mailer.store.fields import AnswerField
from mailer.store.server.connection import Store

Tally = Mapping[str, Mapping[Attendance, Mapping[str, int]]]
"""Occurrence (empty for an entry that does not repeat) -> answer -> language -> how many."""
_ALONE: Final = "-"


def put(
    store: Store, entry: str, answer: Answer, event: Event, pipe: Any | None = None
) -> Verdict | None:
    """Write an answer down, with its event, unless a newer one is known.

    Args:
        store: the open store.
        entry: the entry's id.
        answer: what the reader answers.
        event: tells of it, if it is new or changed.
        pipe: a transaction already in MULTI; then the verdict comes with its results.

    Returns:
        What the answer was beside the one known before.
    """
    occurrence = answer.occurrence or _ALONE
    said = store.scripts.run(
        "answer",
        keys={
            "answers": keys.answers(entry),
            "tally": keys.answer_tally(entry),
            "times": keys.answered_times(entry),
            "events": keys.EVENTS,
        },
        args={
            "subscriber": answer.subscriber,
            "occurrence": occurrence,
            "answer_json": _text(answer),
            "answered": keys.answered_bits(entry, ""),
            "event_json": events.for_script(event),
        },
        pipe=pipe,
    )
    if pipe is not None:
        return None
    store.durable()
    return Verdict(said.decode())


def get(store: Store, entry: str, subscriber: int, occurrence: str = "") -> Answer | None:
    """Return a reader's answer, if there is one."""
    field = f"{subscriber} {occurrence or _ALONE}"
    text = store.redis.hget(keys.answers(entry), field)
    return _parse(field, text) if text else None


def of_subscriber(store: Store, subscriber: int, most: int = 200) -> dict[str, list[Attendance]]:
    """Return a reader's answers by entry; those of occurrences are put together.

    Args:
        store: the open store.
        subscriber: the reader's number.
        most: entries looked at, those that end last first.
    """
    found = store.redis.zrange(keys.CALENDAR_ENDS, 0, most - 1, desc=True)
    entries = [one.decode() for one in found]
    pipe = store.redis.pipeline(transaction=False)
    for entry in entries:
        for one in Attendance:
            pipe.getbit(keys.answered_bits(entry, one), subscriber)
    bits = iter(pipe.execute())
    said = {entry: [one for one in Attendance if next(bits)] for entry in entries}
    return {entry: ones for entry, ones in said.items() if ones}


def each(store: Store, entry: str) -> Iterator[Answer]:
    """Yield all answers about an entry, in no order; memory stays the same however many."""
    for field, text in store.redis.hscan_iter(keys.answers(entry), count=1000):
        yield _parse(field.decode(), text)


def tally(store: Store, entry: str) -> Tally:
    """Count the answers about an entry."""
    found: dict[str, dict[Attendance, dict[str, int]]] = {}
    for field, count in sorted(store.redis.hgetall(keys.answer_tally(entry)).items()):
        occurrence, attendance, language = field.decode().split(" ")
        if int(count):
            which = found.setdefault("" if occurrence == _ALONE else occurrence, {})
            which.setdefault(Attendance(attendance), {})[language] = int(count)
    return found


def _text(answer: Answer) -> str:
    return json.dumps(
        {
            AnswerField.ATTENDANCE: answer.attendance.value,
            AnswerField.LANGUAGE: answer.language,
            AnswerField.SEQUENCE: answer.sequence,
            AnswerField.STAMP: answer.stamp.timestamp(),
            AnswerField.AT: answer.at.timestamp(),
            AnswerField.HOW: answer.how,
        }
    )


def _parse(field: str, text: bytes) -> Answer:
    subscriber, occurrence = field.split(" ")
    fields = json.loads(text)
    return Answer(
        subscriber=int(subscriber),
        attendance=Attendance(fields[AnswerField.ATTENDANCE]),
        language=fields[AnswerField.LANGUAGE],
        sequence=fields[AnswerField.SEQUENCE],
        stamp=datetime.fromtimestamp(fields[AnswerField.STAMP], UTC),
        at=datetime.fromtimestamp(fields[AnswerField.AT], UTC),
        how=fields[AnswerField.HOW],
        occurrence="" if occurrence == _ALONE else occurrence,
    )
