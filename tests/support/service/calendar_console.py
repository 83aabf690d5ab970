"""Somebody at the console's calendar: three readers, a meeting, and the forms of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from mailer.domain.access.rights import Role
from mailer.services.calendar.entries import Calendar
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.store.calendar import entries as calendar
from mailer.store.server.connection import Store
from support.service.console import Browser, add_user
from support.service.small_calendar import SmallCalendar
from support.service.small_campaign import SmallService
from support.service.web_service import WebService

PATH: Final = "/console/calendar"
FORM: Final[dict[str, Any]] = {
    "title_en": "Spring meeting",
    "title_fr": "Réunion de printemps",
    "place_en": "Room A",
    "start_date": "2023-04-26",
    "start_time": "14:00",
    "end_time": "16:00",
    "zone": "Europe/Zurich",
    "kind": "meeting",
    "status": "confirmed",
    "repeats": "once",
    "interval": "1",
    "ends": "never",
    "topics": ["bulletin"],
    "remind": "usual",
    "listed": "yes",
}
"""What the form of a new meeting sends."""


class CalendarConsole:
    """The console, with its calendar."""

    def __init__(self, store: Store, data_dir: Path, role: Role = Role.OWNER) -> None:
        """Sign a user in."""
        self.web = WebService(store, data_dir)
        self.store, self.clock = store, self.web.clock
        self.small = SmallService(store, self.web.settings)
        self.small.clock = self.clock
        self.small.campaigns = Campaigns(store, self.web.settings, self.clock)
        for name in ("ana", "luc", "eva"):
            self.small.subscribe(f"{name}@example.org")
        self.browser = Browser(self.web)
        self.browser.sign_in(add_user(self.web, role=role).address)

    @property
    def calendar(self) -> Calendar:
        """The use cases."""
        return Calendar(self.store, self.web.settings, self.clock)

    def other(self, role: Role) -> Browser:
        """Sign somebody else in."""
        browser = Browser(self.web, client="192.0.2.99")
        browser.sign_in(add_user(self.web, f"{role.value}@example.org", role).address)
        return browser

    def add(self, **changes: Any) -> httpx.Response:
        """Send the form of a new meeting."""
        return self.browser.press(f"{PATH}/new", **FORM | changes)

    def change(self, entry: str, **changes: Any) -> httpx.Response:
        """Send the form of a meeting at its page."""
        return self.browser.press(f"{entry}/edit", **FORM | {"sequence": "0"} | changes)

    def tell(self, name: str = "spring-meeting-2023") -> None:
        """Let readers be reminded of a meeting, two weeks before."""
        start = calendar.get(self.store, name).starts_at()
        small = SmallCalendar(self.small)
        (number,) = small.go_to(start - timedelta(days=14, minutes=-1))
        small.accept_all(number)
