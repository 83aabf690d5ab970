"""A calendar file that was sent by a form: first looked at, then taken in.

upload -> kept for an hour -> what would be added, changed, left out, told -> taken in
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import IO, Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.campaigns.size import Expected
from mailer.errors import InputError
from mailer.message.icalendar.ics_read import LARGEST
from mailer.services.access import acting
from mailer.services.calendar.entries import Calendar, Report
from mailer.services.calendar.importing import Options, import_data
from mailer.services.calendar.planning import Planning, together
from mailer.services.campaigns.sizes import agree
from mailer.store.calendar import uploads
from mailer.store.server.connection import Store

LONGEST_NAME: Final = 100
_UNNAMED: Final = "calendar"


@dataclass(frozen=True, slots=True)
class Looked:
    """What would become of a file."""

    token: str
    """By which it is taken in."""
    name: str
    """A stranger's text, without what is no sign."""
    report: Report
    told: Mapping[str, Mapping[str, int]]
    """Id of a changed entry -> readers who would be told of its change, by language."""

    @property
    def readers(self) -> int:
        """Return how many messages would leave."""
        return sum(self.by_language.values())

    @property
    def by_language(self) -> Mapping[str, int]:
        """Return them by the language of delivery, most first."""
        return together(self.told.values())


class Uploads:
    """The use cases; all of them are part of importing."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Set up with the store, the settings and a clock."""
        self._store, self._settings, self._clock = store, settings, clock

    def keep(self, name: str, content: IO[bytes]) -> str:
        """Keep a file for an hour; returns its token.

        Raises:
            NotAllowedError: whoever acts may not import.
            InputError: it is empty or too large.
        """
        acting.allowed("calendar.import")
        data = content.read(LARGEST + 1)
        if not data:
            raise InputError.of("file", "the file is empty", "choose another", code="file.empty")
        if len(data) > LARGEST:
            said = f"the file is larger than {LARGEST // 1_000_000} MB"
            raise InputError.of("file", said, "take a part of it", code="file.too_large")
        token = secrets.token_urlsafe(12)
        uploads.keep(self._store, _person(), token, _called(name), data)
        return token

    def look(self, token: str, options: Options) -> Looked | None:
        """Tell what would become of a file, also of its good part where something is refused.

        None: it is not kept any more.

        Raises:
            InputError: an option is wrong.
        """
        acting.allowed("calendar.import")
        found = uploads.get(self._store, _person(), token)
        if found is None:
            return None
        name, data = found
        tried = replace(options, partly=True, dry_run=True)
        calendar = Calendar(self._store, self._settings, self._clock)
        report = import_data(calendar, self._settings, data, tried, name)
        return Looked(token, name, report, self._told(report))

    def take_in(self, token: str, options: Options, expected: Expected) -> Report | None:
        """Take a file in; None: it is not kept any more.

        Args:
            token: the file's.
            options: what it does not say itself.
            expected: how many readers whoever asks has seen that would be told (law 18).

        Raises:
            InputError: an option is wrong.
            OtherSizeError: another number would be told; nothing was done.
        """
        looked = self.look(token, options)
        found = uploads.get(self._store, _person(), token)
        if looked is None or found is None:
            return None
        agree(expected, looked.readers)
        calendar = Calendar(self._store, self._settings, self._clock)
        report = import_data(calendar, self._settings, found[1], options, found[0])
        if report.done:
            uploads.drop(self._store, _person())
        return report

    def _told(self, report: Report) -> dict[str, Mapping[str, int]]:
        planning = Planning(self._store, self._settings, self._clock)
        found = dict[str, Mapping[str, int]]()
        for change in report.changes:
            notices = planning.notices(change.after) if change.before is not None else ()
            if notices:
                found[change.after.id] = together(one.by_language for one in notices)
        return found


def _person() -> str:
    actor = acting.current()
    return actor.person if actor else ""


def _called(name: str) -> str:
    """Return a file's name without folders and without what is no sign."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable())[-LONGEST_NAME:] or _UNNAMED
