"""Writes `edition.toml`, for whoever fills in a form in place of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from mailer.content.parsing.manifest import EPOCH, read_manifest

_DELETE: Final = "\x7f"
_PREHEADER: Final = re.compile(r"^([ \t]*preheader[ \t]*=).*$", re.MULTILINE)
_FRONT: Final = re.compile(r"\s*\+\+\+[ \t]*\n(.*?)^\+\+\+", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Facts:
    """The contents of `edition.toml`, as far as they can be read."""

    slug: str
    day: date | None
    season: Mapping[str, str]
    subject: Mapping[str, str]
    fallback: tuple[str, ...]
    accent: str = ""
    accent_dark: str = ""


def read_facts(text: str) -> Facts:
    """Read what a manifest says; what it does not, or wrongly, is empty."""
    manifest, _ = read_manifest("edition.toml", text, [])
    day = None if manifest.day == EPOCH else manifest.day
    return Facts(
        manifest.slug,
        day,
        manifest.season,
        manifest.subject,
        manifest.fallback,
        manifest.accent,
        manifest.accent_dark,
    )


def written(facts: Facts) -> str:
    """Write a manifest; one value a line, so that two people's changes can be merged."""
    lines = [f"slug = {quoted(facts.slug)}"]
    lines += [f"date = {facts.day.isoformat()}"] if facts.day else []
    lines += [f"fallback = [{', '.join(map(quoted, facts.fallback))}]"] if facts.fallback else []
    for key, colour in (("accent", facts.accent), ("accent_dark", facts.accent_dark)):
        lines += [f"{key} = {quoted(colour)}"] if colour else []
    for key, texts in (("season", facts.season), ("subject", facts.subject)):
        lines += ["", f"[{key}]"]
        lines += [f"{code} = {quoted(text)}" for code, text in texts.items()]
    return "\n".join(lines) + "\n"


def without_preheader(text: str) -> str:
    """Empty the line that an inbox shows, in the front matter of a text that is used again."""
    front = _FRONT.match(text)
    if front is None:
        return text
    emptied = _PREHEADER.sub(r'\1 ""', text[: front.end()])
    return emptied + text[front.end() :]


def quoted(value: str) -> str:
    """Write a basic string of TOML: as JSON does, and DEL escaped too."""
    return json.dumps(value, ensure_ascii=False).replace(_DELETE, "\\u007f")
