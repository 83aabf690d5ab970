"""What somebody asks to change in a look: parts, and single entries of tables within them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

TABLES: Final[Mapping[str, int]] = {
    "institution": 1,
    "short_name": 1,
    "list_title": 1,
    "sender_name": 1,
    "imprint": 1,
    "postal_address": 1,
    "privacy_url": 1,
    "texts": 2,
    "names": 2,
}
"""Parts that are tables, and how deep; what a change says of an entry leaves the others be."""


def applied(document: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with what is wanted in it; neither argument is changed.

    Args:
        document: as it is.
        wanted: parts. None takes a part, or an entry of a table, back to what the settings say.
    """
    after = dict(document)
    for part, value in wanted.items():
        merged = _merged(after.get(part), value, TABLES.get(part, 0))
        if merged is None or merged in ("", {}, []):
            after.pop(part, None)
        else:
            after[part] = merged
    return after


def _merged(before: Any, value: Any, depth: int) -> Any:
    if not depth or not isinstance(value, Mapping):
        return value
    if isinstance(before, str):  # one text for all languages
        before = {"": before}
    after = dict(before) if isinstance(before, Mapping) else {}
    for key, one in value.items():
        merged = _merged(after.get(key), one, depth - 1)
        if merged is None or merged in ("", {}, []):
            after.pop(key, None)
        else:
            after[key] = merged
    return after


def places(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a document by place, such as `sender_name.fr` and `texts.en.x.y`."""
    return dict(_places(document, "", None))


def _places(value: Mapping[str, Any], prefix: str, depth: int | None) -> Iterator[tuple[str, Any]]:
    for key, one in value.items():
        place = f"{prefix}.{key}" if prefix and key else prefix or str(key)
        left = TABLES.get(key, 0) if depth is None else depth - 1
        if left and isinstance(one, Mapping):
            yield from _places(one, place, left)
        else:
            yield place, one


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return, by place, what was and what is; None: nothing was said over the settings there."""
    old, new = places(before), places(after)
    return {
        place: (old.get(place), new.get(place))
        for place in dict.fromkeys((*old, *new))
        if _canonical(old.get(place)) != _canonical(new.get(place))
    }


def _canonical(value: Any) -> Any:
    """Tell apart also what differs by order alone: topics are shown in theirs."""
    if isinstance(value, Mapping):
        return [(key, _canonical(one)) for key, one in value.items()]
    return [*map(_canonical, value)] if isinstance(value, list | tuple) else value
