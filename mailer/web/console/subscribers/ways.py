"""The ways between the pages on readers: tabs, what the palette offers, what waits."""

from __future__ import annotations

from mailer.web.console.badges import COUNTERS
from mailer.web.console.finding import DOINGS
from mailer.web.console.route import Visit
from mailer.web.console.subscribers.choosing import LIST


def tabs_of(visit: Visit) -> list[tuple[str, str, int | None]]:
    """Return the tabs of the pages on readers: address, words and number."""
    say = visit.site.say(visit.language)

    def tab(path: str, key: str, count: int | None = None) -> tuple[str, str, int | None]:
        return f"{LIST}{path}", str(say(f"console_subscribers.tab.{key}")), count

    found = [tab("", "list"), tab("/segments", "segments")]
    found.append(tab("/waiting", "waiting", _waiting(visit) or None))
    if visit.may("subscribers.import"):
        found.append(tab("/import", "import"))
    found.append(tab("/suppressed", "suppressed"))
    return found


def _waiting(visit: Visit) -> int:
    return visit.site.moderation.count() if visit.may("subscribers.waiting") else 0


COUNTERS["subscribers"] = _waiting
DOINGS.extend(
    [
        ("console_subscribers.add.title", f"{LIST}/add", "subscribers.add"),
        ("console_subscribers.import.title", f"{LIST}/import", "subscribers.import"),
        ("console_subscribers.segments.new", f"{LIST}/segments/new", "segments.define"),
    ]
)
