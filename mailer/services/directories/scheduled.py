"""Keeps the list in step with directories by itself, at the times that the settings name."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final

from mailer import log
from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.directories.schedule import last_due
from mailer.domain.events import Event
from mailer.domain.settings.directory import Directory
from mailer.errors import InputError, MailerError, StoreError
from mailer.services.directories.people import DirectoryError
from mailer.services.directories.syncing import DirectoryBusyError, carry_out, prepare
from mailer.services.service_mail.alerts import tell_of_directory
from mailer.store import events, queue
from mailer.store.queue import QueueName
from mailer.store.server.connection import Store
from mailer.store.subscribers import directories

JOB: Final = "sync_directories"
AGAIN_SECONDS: Final = 1800
"""An attempt that ended without a word, with its process or the store, is made again after that
time: a directory that kills whoever reads it must not be read every two seconds."""

_log = log.get_logger(__name__)


class ScheduledSyncs:
    """What the scheduler's tick asks for, and the job that does it."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store, self._settings, self._clock = store, settings, clock

    def enqueue_due(self) -> None:
        """Ask a worker that sends for the work, if any directory is due.

        Not one that is kept free for what is urgent: a directory may take minutes to answer.
        """
        if self._settings.sync and self._due():
            queue.enqueue_once(self._store, QueueName.CAMPAIGNS, JOB)

    def run(self) -> None:
        """Look at each directory that is due. What fails is told, and tried at the next time."""
        for directory, due in self._due():
            token, attempt = secrets.token_hex(8), _attempt(directory)
            if not directories.claim(self._store, attempt, token, AGAIN_SECONDS):
                continue
            try:
                self._one(directory)
            except DirectoryBusyError:
                continue  # a person is at it: later
            except StoreError:
                raise
            except MailerError as error:
                self._refused(directory, error)
            directories.note_done(self._store, directory.name, due)
            directories.release(self._store, attempt, token)

    def _due(self) -> list[tuple[Directory, datetime]]:
        """List the directories that are due; one that has just been named awaits its next time."""
        now, found = self._clock.now(), []
        for directory in self._settings.sync.values():
            if directory.every is None:
                continue
            due = last_due(now, directory.every, directory.at)
            done = directories.last_done(self._store, directory.name)
            if done is None:
                directories.note_done(self._store, directory.name, due)
            elif done < due and not directories.is_claimed(self._store, _attempt(directory)):
                found.append((directory, due))
        return found

    def _one(self, directory: Directory) -> None:
        prepared = prepare(self._store, self._settings, directory)
        done = carry_out(self._store, self._clock, directory.name, prepared)
        _log.info(
            "directory.synced",
            message="The list is in step with a directory.",
            directory=directory.name,
            added=done.added,
            changed=done.changed,
            removed=done.removed,
            left_out=prepared.people.left_out.total(),
        )

    def _refused(self, directory: Directory, error: MailerError) -> None:
        reason = error.code
        if isinstance(error, DirectoryError | InputError):
            reason = "unreachable" if isinstance(error, DirectoryError) else "unreadable"
        told: dict[str, str | int] = {"directory": directory.name, "reason": reason}
        events.record(self._store, Event("directory.refused", self._clock.now(), told))
        _log.error(
            "directory.refused",
            message="The list was not kept in step with a directory.",
            directory=directory.name,
            reason=str(error),
        )
        tell_of_directory(self._store, self._settings, self._clock, directory.name, str(error))


def _attempt(directory: Directory) -> str:
    return f"{directory.name}/attempt"
