"""Long work that a program asked for, done by a worker: so far imports.

A job is done in the name of the token that asked for it, with the rights that the token has when it
is done. A worker may die over it: an import may be done again, and so it is.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.errors import InputError, MailerError, NotFoundError, StoreError
from mailer.services.access import acting, api_tokens, once
from mailer.services.access.acting import Recorder, act, acting_as
from mailer.services.subscriber_files.importing import ImportReport, Options, import_csv
from mailer.store.access import jobs
from mailer.store.server.connection import Store

MOST_ATTEMPTS: Final = 3
"""The number of workers that may die over a job before it is given up."""
IMPORT: Final = "import"


class JobLimitError(MailerError):
    """So much work waits already that the store has no room for more; nothing was done."""

    code = "job_limit"

    def __init__(self) -> None:
        """Say what can be done."""
        super().__init__(
            "Too many files wait to be worked on.",
            "Send it again when others are done, or without `Prefer: respond-async`.",
        )


@dataclass(frozen=True, slots=True)
class Job:
    """One job, as whoever asked for it sees it."""

    number: int
    kind: str
    state: str
    """`waiting`, `running`, `done` or `failed`."""
    done: int
    total: int
    """Of so many octets."""
    made: datetime
    ended: datetime | None
    result: Mapping[str, Any] | None
    error: Mapping[str, Any] | None


class Jobs:
    """Takes jobs, does them, and tells of them."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Set up with the store, the settings and a clock."""
        self._store, self._settings, self._clock = store, settings, clock

    @act("subscribers.import", "options")
    def put_import(self, file: Path, options: Mapping[str, Any]) -> int:
        """Have a file of subscribers imported later.

        Args:
            file: it is copied.
            options: as of `importing.Options`: `dry_run`, `language`, `topics`, `take_off`.

        Returns:
            the number of the job.

        Raises:
            JobLimitError: too much waits already.
        """
        if before := once.made():
            return int(before)
        actor = acting.current()
        now, octets = self._clock.now(), file.stat().st_size
        number = jobs.reserve(self._store, octets, now)
        if not number:
            raise JobLimitError
        fields = {
            "kind": IMPORT,
            "token": actor.identity if actor else "",
            "person": actor.person if actor else "",
            "arguments": json.dumps(dict(options)),
            "total": str(octets),
            "made": now.isoformat(timespec="seconds"),
        }
        try:
            jobs.write_file(self._store, number, file)
        except BaseException:
            with suppress(StoreError):
                jobs.give_up(self._store, number)
            raise
        jobs.add(self._store, number, fields, now, once.binding(str(number)))
        return number

    @act("jobs.show")
    def show(self, number: int) -> Job:
        """Return a job of the person who asks.

        Raises:
            NotFoundError: there is none, not any more, or it is somebody else's.
        """
        return self.added(number)

    def added(self, number: int) -> Job:
        """Return a job to whoever added it.

        Raises:
            NotFoundError: there is none, not any more, or it is somebody else's.
        """
        fields, actor = jobs.find(self._store, number), acting.current()
        if not fields or (actor is not None and fields["person"] != actor.person):
            raise NotFoundError("job", str(number))
        return Job(
            number,
            fields["kind"],
            fields["state"],
            int(fields.get("done", 0)),
            int(fields["total"]),
            datetime.fromisoformat(fields["made"]),
            datetime.fromisoformat(fields["ended"]) if "ended" in fields else None,
            json.loads(fields["result"]) if "result" in fields else None,
            json.loads(fields["error"]) if "error" in fields else None,
        )

    def sweep(self) -> int:
        """Have the jobs done whose worker died."""
        return jobs.enqueue_overdue(self._store, self._clock.now())

    def work(self, number: int) -> None:
        """Do a job, unless another worker is at it."""
        fields = jobs.take(self._store, number, self._clock.now())
        if not fields:
            return
        if int(fields["attempts"]) > MOST_ATTEMPTS:
            self._end(number, error={"code": "failed", "detail": "Several workers ended over it."})
            return
        try:
            self._end(number, result=self._do(number, fields))
        except StoreError:  # it is kept, and its turn comes again
            raise
        except MailerError as error:
            self._end(number, error=_told(error))

    def _do(self, number: int, fields: Mapping[str, str]) -> Mapping[str, Any]:
        actor = api_tokens.actor_of(self._store, fields["token"], "", self._clock.now())
        if actor is None:
            raise NotFoundError("API token", fields["token"])
        recorder = Recorder(self._store, self._settings, self._clock)
        with tempfile.TemporaryDirectory(prefix="mailer-job-") as folder:
            file = Path(folder) / "file"
            with file.open("wb") as content:
                content.writelines(jobs.read_file(self._store, number))
            with acting_as(actor, recorder):
                options = Options(
                    **json.loads(fields["arguments"]), refused_file=file.with_name("refused")
                )
                report = import_csv(
                    self._store,
                    self._settings,
                    self._clock,
                    file,
                    options,
                    progress=self._progress(number),
                )
        return facts_of(report)

    def _progress(self, number: int) -> Callable[[int, int], None]:
        def note(done: int, total: int) -> None:
            jobs.progress(self._store, number, done, total, self._clock.now())

        return note

    def _end(self, number: int, **told: Mapping[str, Any]) -> None:
        ended = self._clock.now().isoformat(timespec="seconds")
        fields = {"state": "failed" if "error" in told else "done", "ended": ended}
        jobs.end(
            self._store,
            number,
            fields | {name: json.dumps(value) for name, value in told.items()},
        )


def facts_of(report: ImportReport) -> dict[str, Any]:
    """Return what became of a file, as JSON has it."""
    names = ("dry_run", "added", "updated", "unchanged", "refused", "taken_off", "still_mailed")
    return {
        **{name: getattr(report, name) for name in names},
        "refusals": [one._asdict() for one in report.refusals],
        "unknown_columns": list(report.unknown_columns),
    }


def _told(error: MailerError) -> dict[str, Any]:
    told: dict[str, Any] = {"code": error.code, "detail": str(error)}
    if isinstance(error, InputError):
        told["errors"] = [
            {"field": one.place, "code": one.code, "detail": str(one)} for one in error.problems
        ]
    return told
