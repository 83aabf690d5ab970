"""The settings in force: those of the file, with what users said over them.

A process keeps its settings. Once a second at most it asks the store whether the look is another by
now (one GET), and then goes on with other settings: frozen ones, too. A campaign goes on with the
look that it began with.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Lock, Thread
from typing import Final

from mailer import log
from mailer.config import Settings
from mailer.content.rendering import service_mail
from mailer.domain.look.look import PLAIN, Look
from mailer.domain.look.reading import Ground, read
from mailer.errors import Problem, StoreError
from mailer.store import look as looks
from mailer.store.look import Version
from mailer.store.server.connection import Store

EVERY_SECONDS: Final = 1.0
"""The time between two looks whether it is another."""

_log = log.get_logger(__name__)


def ground_of(settings: Settings) -> Ground:
    """Return what a look is laid over: the settings without any, and our own words."""
    under = settings.under
    return Ground(under.languages, under.topics, service_mail.originals)


def look_of(store: Store, settings: Settings, version: Version) -> Look:
    """Read a version, with its logo; a part that cannot be read any more is left out, and logged.

    Such a part is one of another version of this service, or one that the settings forbid by now.
    """
    if not version.document:
        return replace(PLAIN, revision=version.revision) if version.revision else PLAIN
    problems: list[Problem] = []
    found = read(version.document, ground_of(settings), problems.append, version.revision)
    for one in problems:
        _log.warning("look.unreadable", message=f"A part of the look is left out: {one}")
    if found.logo is None:
        return found
    data = looks.picture(store, found.logo.digest)
    return replace(found, logo=replace(found.logo, data=data) if data else None)


def settings_of(store: Store, settings: Settings) -> Settings:
    """Return the settings with the look in force over them."""
    return settings.with_look(look_of(store, settings, looks.current(store)))


def settings_at(store: Store, settings: Settings, revision: int) -> Settings:
    """Return the settings with a former version of the look over them.

    Args:
        store: the open store.
        settings: with any look over them, or none.
        revision: as a campaign noted it when it began.
    """
    if settings.look.revision == revision:
        return settings
    version = looks.version(store, revision)
    if version is None:  # those of open campaigns are kept
        _log.warning("look.gone", message=f"Version {revision} of the look is not kept any more.")
        return settings
    return settings.with_look(look_of(store, settings, version))


def adopt(store: Store, settings: Settings) -> None:
    """Lay the look in force over the settings of a command, which has them to itself."""
    settings.adopt(look_of(store, settings, looks.current(store)))


class Live:
    """The settings in force in one process; may be used by several threads."""

    def __init__(
        self, store: Store, settings: Settings, timer: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with the settings as they are given; `refresh` looks."""
        self._store, self._timer = store, timer
        self._lock = Lock()
        self._mark = ""
        self._next = float("-inf")
        self.settings: Settings = settings
        """Those in force, as of the last look."""

    @property
    def is_due(self) -> bool:
        """Tell whether the last look is so long ago that another is due."""
        return self._timer() >= self._next

    def refresh(self, *, now: bool = False) -> Settings:
        """Look whether the look is another, if that is due, and return the settings in force.

        While the store is away they stay as they are.

        Args:
            now: look in any case: somebody has just changed it.
        """
        if not (now or self.is_due):
            return self.settings
        with self._lock:
            if now or self.is_due:
                self._next = self._timer() + EVERY_SECONDS
                try:
                    self._look()
                except StoreError as error:
                    _log.debug("look.away", message=f"The look could not be asked for: {error}")
        return self.settings

    @contextmanager
    def followed(self, use: Callable[[Settings], None]) -> Iterator[None]:
        """Look again and again during a `with` block, and hand on settings that are others.

        For a process that nobody asks anything of in between: `use` is called in a thread.
        """
        over = Event()

        def follow() -> None:
            known = self.settings
            while not over.wait(EVERY_SECONDS):
                if (found := self.refresh()) is not known:
                    known = found
                    use(found)

        thread = Thread(target=follow, name="look", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _look(self) -> None:
        mark = looks.mark(self._store)
        if mark != self._mark:
            self.settings = settings_of(self._store, self.settings)
            self._mark = mark
