"""Entries of the calendar as text: JSON, with what is as usual left out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from mailer.domain.calendar.entry import Entry, Kind, Recurrence, Status
from mailer.domain.calendar.offset import Offset

_TEXTS: Final = ("title", "place", "city", "description", "registration", "reason")
_LINES: Final = ("url", "online", "uid", "rule")
_WORDS: Final = ("topics", "tags")
_INSTANTS: Final = ("created_at", "changed_at")


def to_text(entry: Entry) -> str:
    """Write an entry; the same entry gives the same text."""
    return json.dumps(_fields(entry), ensure_ascii=False, sort_keys=True)


def from_text(text: str | bytes) -> Entry:
    """Read an entry as `to_text` wrote it, now or in an earlier release."""
    return _entry(json.loads(text))


def _fields(entry: Entry) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": entry.id,
        "kind": entry.kind.value,
        "start": entry.start.isoformat(),
        "end": _written(entry.end),
        "zone": entry.zone,
        "listed": entry.listed,
        "remind": None if entry.remind is None else [str(one) for one in entry.remind],
        "status": entry.status.value,
        "sequence": entry.sequence,
        "invite": entry.invite,
        "occurrence": _written(entry.occurrence),
        **{name: dict(getattr(entry, name)) for name in _TEXTS},
        **{name: getattr(entry, name) for name in _LINES},
        **{name: list(getattr(entry, name)) for name in _WORDS},
        **{name: _written(getattr(entry, name)) for name in _INSTANTS},
    }
    if entry.recurrence is not None:
        found["recurrence"] = {
            "rules": list(entry.recurrence.rules),
            "added": [one.isoformat() for one in entry.recurrence.added],
            "left_out": [one.isoformat() for one in entry.recurrence.left_out],
            "overrides": [_fields(one) for one in entry.recurrence.overrides],
        }
    return {name: value for name, value in found.items() if _tells(name, value)}


def _tells(name: str, value: object) -> bool:
    """Tell whether a value is to be written: no reminders at all is one, no topics is none."""
    return value is not None and (name == "remind" or value not in ("", {}, []))


def _entry(fields: Mapping[str, Any]) -> Entry:
    others: dict[str, Any] = {name: fields.get(name, {}) for name in _TEXTS}
    others |= {name: fields.get(name, "") for name in _LINES}
    others |= {name: tuple(fields.get(name, ())) for name in _WORDS}
    remind, start = fields.get("remind"), _read(fields["start"])
    assert start is not None  # noqa: S101 - for the type checker: an entry always has one
    return Entry(
        id=fields["id"],
        kind=Kind(fields["kind"]),
        start=start,
        end=_read(fields.get("end")),
        zone=fields["zone"],
        listed=fields["listed"],
        remind=None if remind is None else tuple(map(Offset.parse, remind)),
        status=Status(fields["status"]),
        sequence=fields["sequence"],
        invite=fields["invite"],
        occurrence=_read(fields.get("occurrence")),
        recurrence=_recurrence(fields.get("recurrence")),
        created_at=_instant(fields.get("created_at")),
        changed_at=_instant(fields.get("changed_at")),
        **others,
    )


def _recurrence(fields: Mapping[str, Any] | None) -> Recurrence | None:
    if fields is None:
        return None
    return Recurrence(
        rules=tuple(fields["rules"]),
        added=tuple(one for text in fields["added"] if (one := _read(text))),
        left_out=tuple(one for text in fields["left_out"] if (one := _read(text))),
        overrides=tuple(map(_entry, fields["overrides"])),
    )


def _written(at: datetime | date | None) -> str | None:
    return None if at is None else at.isoformat()


def _read(text: str | None) -> datetime | date | None:
    if text is None:
        return None
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
