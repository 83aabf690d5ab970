"""How drafts, files and revisions are written down: as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from mailer.domain.drafts import translation
from mailer.domain.drafts.draft import Change, Draft, File, Made, Published, Revision


def draft_to_text(draft: Draft) -> str:
    """Write a draft."""
    told = {
        "number": draft.number,
        "slug": draft.slug,
        "date": draft.date,
        "season": dict(draft.season),
        "languages": list(draft.languages),
        "source": draft.source,
        "begun": _plain(draft.begun),
        "changed": _plain(draft.changed),
        "edits": draft.edits,
        "origin": draft.origin,
        "published": _plain(draft.published),
        "removed": _plain(draft.removed),
        "tracks": {code: translation.to_plain(parts) for code, parts in draft.tracks.items()},
        "alts": {path: dict(texts) for path, texts in draft.alts.items()},
    }
    return json.dumps(told, ensure_ascii=False)


def draft_from_text(text: bytes) -> Draft:
    """Read a draft."""
    told = json.loads(text)
    published, tracks = told["published"], told["tracks"]
    return Draft(
        **{
            **told,
            "languages": tuple(told["languages"]),
            "begun": _change(told["begun"]),
            "changed": _change(told["changed"]),
            "published": Published(**_dated(published)) if published else None,
            "removed": _change(told["removed"]) if told["removed"] else None,
            "tracks": {code: translation.from_plain(rows) for code, rows in tracks.items()},
        }
    )


def file_to_text(file: File) -> str:
    """Write a file's state, without its path."""
    return json.dumps({"last": file.last, **_revision(file.revision)}, ensure_ascii=False)


def file_from_text(path: str, text: bytes) -> File:
    """Read a file's state."""
    told = json.loads(text)
    last = told.pop("last")
    return File(path, _read(told), last)


def revision_to_text(revision: Revision) -> str:
    """Write a revision."""
    return json.dumps(_revision(revision), ensure_ascii=False)


def revision_from_text(text: bytes) -> Revision:
    """Read a revision."""
    return _read(json.loads(text))


def _revision(revision: Revision) -> dict[str, Any]:
    return {**asdict(revision), "at": revision.at.isoformat(), "made": revision.made.value}


def _read(told: dict[str, Any]) -> Revision:
    return Revision(**{**_dated(told), "made": Made(told["made"])})


def _plain(one: Change | Published | None) -> dict[str, Any] | None:
    return {**asdict(one), "at": one.at.isoformat()} if one else None


def _change(told: dict[str, Any]) -> Change:
    return Change(**_dated(told))


def _dated(told: dict[str, Any]) -> dict[str, Any]:
    return {**told, "at": datetime.fromisoformat(told["at"])}
