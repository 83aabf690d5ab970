"""JSON as interfaces of programs answer it: a list of entries, somewhere inside."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mailer.services.moving_in.formats.tables import text_of
from mailer.services.moving_in.sources import Part


def entries(part: Part, way: Sequence[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the entries of a list, with their place from 1; what is no entry comes as an empty one.

    Args:
        part: the file.
        way: the names that lead to the list; those that are not there are passed over.

    Raises:
        InputError: it is no JSON, or holds no list.
    """
    try:
        found = json.loads(text_of(part))
    except (ValueError, RecursionError):
        raise part.refuse("is not JSON", "export it again") from None
    for name in way:
        if isinstance(found, dict) and name in found:
            found = found[name]
    if not isinstance(found, list):
        raise part.refuse("holds no list of readers", "is it an export of that program?")
    for place, one in enumerate(found, 1):
        yield place, one if isinstance(one, dict) else {}


def text(value: Any) -> str:
    """Return a value as text; what is none, a list or a table is empty."""
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return str(value).lower() if isinstance(value, bool) else ""
    return str(value).strip()


def plain(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Write attributes as text; lists and tables stay JSON."""
    written = {name: _written(value) for name, value in attributes.items()}
    return {name: value for name, value in written.items() if value}


def _written(value: Any) -> str:
    nested = isinstance(value, dict | list)
    return json.dumps(value, ensure_ascii=False) if nested else text(value)
