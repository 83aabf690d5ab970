"""The places of the console: what its navigation shows, and who may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mailer.domain.access.acts import ACTS
from mailer.services.access.signing_in.sessions import Signed


@dataclass(frozen=True, slots=True)
class Area:
    """One place of the navigation."""

    name: str
    """Its word is `console_frame.area_<name>`."""
    path: str
    act: str
    """What a user must be allowed to do there, to be led there."""
    key: str
    """The letter that leads there after `g`."""


AREAS: Final = (
    Area("home", "/console", "", "h"),
    Area("editions", "/console/editions", "editions.list", "e"),
    Area("campaigns", "/console/campaigns", "campaigns.list", "c"),
    Area("subscribers", "/console/subscribers", "subscribers.list", "r"),
    Area("calendar", "/console/calendar", "calendar.list", "k"),
    Area("inbox", "/console/inbox", "inbound.list", "i"),
    Area("settings", "/console/settings", "look.words", "s"),
    Area("operation", "/console/operation", "settings.show", "o"),
)
"""All of them, in the order in which they are shown."""
FIRST: Final = 4
"""The areas that stand in the bar of narrow screens; the others are behind a button."""


def may(signed: Signed | None, act: str) -> bool:
    """Tell whether a user may ask for an act, by its name; a recent proof may be needed besides."""
    if signed is None:
        return False
    right = ACTS[act].right
    return right is None or right in signed.actor.rights


def seen_by(signed: Signed | None, paths: frozenset[str]) -> Sequence[Area]:
    """List the areas that a user may see; `paths` are those that have pages."""
    return [
        area for area in AREAS if area.path in paths and (not area.act or may(signed, area.act))
    ]


def area_of(path: str) -> str:
    """Return the name of the area that a page belongs to; empty: to none of them."""
    fit = [area for area in AREAS if path == area.path or path.startswith(f"{area.path}/")]
    best = max(fit, key=lambda area: len(area.path), default=None)
    if best is None or (best.name == "home" and path != best.path):
        return ""
    return best.name
