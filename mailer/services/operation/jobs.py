"""Long work that somebody asked for, done by a worker: imports, and what is done to many readers.

A job is done in the name of the token or the user that asked for it, with the rights that they have
when it is done; whoever must prove their person for it did so when they asked. A worker may die
over it: what jobs do may be done again, and so it is.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.access.actor import Actor, Kind
from mailer.domain.access.user import Standing
from mailer.errors import InputError, MailerError, NotFoundError, StoreError
from mailer.services.access import acting, api_tokens, once
from mailer.services.access.acting import Recorder, act, acting_as
from mailer.services.subscriber_files.cells import check_consent
from mailer.services.subscriber_files.columns import Choices
from mailer.services.subscriber_files.importing import (
    ImportReport,
    Options,
    import_csv,
)
from mailer.services.subscriber_files.spool import safe_name
from mailer.services.subscriptions.bulk import Bulk, Deed, Tally
from mailer.services.subscriptions.listing import Listing
from mailer.store.access import jobs, users
from mailer.store.segments import bitmaps
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
    """Of so many: octets of an import's file, else readers."""
    made: datetime
    ended: datetime | None
    result: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    arguments: Mapping[str, Any]
    """What it was asked for with."""


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
            options: as of `importing.Options`: `dry_run`, `language`, `topics`, `take_off`,
                `consent`; what `ignored` and `meant` columns are; and the file's `name`.

        Returns:
            the number of the job.

        Raises:
            JobLimitError: too much waits already.
            InputError: what is said about consent cannot be.
        """
        check_consent(str(options.get("consent", "")))
        octets = file.stat().st_size
        return self._put(
            IMPORT, options, octets, lambda one: jobs.write_file(self._store, one, file)
        )

    @act("subscribers.change", "tags")
    def put_tagging(self, members: int, tags: Mapping[str, list[str]]) -> int:
        """Have tags given to readers, and taken from them, later.

        Args:
            members: whom, as a value of `Bulk.members`.
            tags: to `add`, and to `remove`.

        Returns:
            the number of the job.

        Raises:
            JobLimitError: too much waits already.
        """
        return self._put_many(Deed.TAG, members, tags)

    @act("subscribers.remove", "reason")
    def put_removing(self, members: int, reason: str) -> int:
        """Have readers taken off the list later; as `put_tagging`."""
        return self._put_many(Deed.REMOVE, members, {"reason": reason})

    @act("subscribers.suppress", "reason")
    def put_suppressing(self, members: int, reason: str) -> int:
        """Have readers suppressed later; as `put_tagging`."""
        return self._put_many(Deed.SUPPRESS, members, {"reason": reason})

    @act("subscribers.erase", "reason")
    def put_erasing(self, members: int, reason: str) -> int:
        """Have readers erased later; as `put_tagging`."""
        return self._put_many(Deed.ERASE, members, {"reason": reason})

    def _put_many(self, deed: Deed, members: int, arguments: Mapping[str, Any]) -> int:
        octets = bitmaps.octets_of(members)

        def keep(number: int) -> None:
            jobs.write_octets(self._store, number, octets)

        return self._put(deed.value, arguments, len(octets), keep, total=members.bit_count())

    def _put(
        self,
        kind: str,
        arguments: Mapping[str, Any],
        octets: int,
        keep: Callable[[int], None],
        *,
        total: int | None = None,
    ) -> int:
        if before := once.made():
            return int(before)
        actor, now = acting.current(), self._clock.now()
        number = jobs.reserve(self._store, octets, now)
        if not number:
            raise JobLimitError
        is_user = actor is not None and actor.kind is Kind.USER
        fields = {
            "kind": kind,
            "user" if is_user else "token": actor.identity if actor else "",
            "person": actor.person if actor else "",
            "arguments": json.dumps(dict(arguments)),
            "total": str(octets if total is None else total),
            "octets": str(octets),
            "made": now.isoformat(timespec="seconds"),
        }
        try:
            keep(number)
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
            json.loads(fields["arguments"]),
        )

    @act("jobs.show")
    def refused(self, number: int) -> Iterator[bytes]:
        """Return the lines that an import of the person who asks refused: CSV, piece by piece.

        Raises:
            NotFoundError: there is no such job, or it is somebody else's.
        """
        self.added(number)
        return jobs.read_refused(self._store, number)

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
        actor = self._actor(fields)
        recorder = Recorder(self._store, self._settings, self._clock)
        arguments = json.loads(fields["arguments"])
        with acting_as(actor, recorder):
            if fields["kind"] == IMPORT:
                return self._import(number, arguments)
            return asdict(self._act_on_many(number, Deed(fields["kind"]), arguments))

    def _actor(self, fields: Mapping[str, str]) -> Actor:
        """Return who asked for a job, with the rights that they have now.

        Raises:
            NotFoundError: their token is over, or they may not act any more.
        """
        if "user" in fields:
            user = users.get(self._store, int(fields["user"]))
            if user is None or user.standing is Standing.DISABLED:
                raise NotFoundError("user", fields["user"])
            return user.actor("console", "", proved=True)
        actor = api_tokens.actor_of(self._store, fields["token"], "", self._clock.now())
        if actor is None:
            raise NotFoundError("API token", fields["token"])
        return actor

    def _import(self, number: int, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        with tempfile.TemporaryDirectory(prefix="mailer-job-") as folder:
            name = safe_name(str(arguments.get("name", "file")))
            file = Path(folder) / "given" / name
            file.parent.mkdir()
            with file.open("wb") as content:
                content.writelines(jobs.read_file(self._store, number))
            options = replace(options_of(arguments), refused_file=Path(folder) / "refused")
            report = import_csv(
                self._store,
                self._settings,
                self._clock,
                file,
                options,
                progress=self._progress(number),
            )
            whole = True
            if report.refused_file:
                whole = jobs.write_refused(self._store, number, report.refused_file)
        return facts_of(report) | {"all_refused": whole}

    def _act_on_many(self, number: int, deed: Deed, arguments: Mapping[str, Any]) -> Tally:
        octets = b"".join(jobs.read_file(self._store, number))
        members, progress = int.from_bytes(octets, "little"), self._progress(number)
        if not members:  # it waited for longer than its file is kept
            raise NotFoundError("job", str(number))
        bulk = Bulk(self._store, self._settings, self._clock, Listing(self._store, self._settings))
        match deed:
            case Deed.TAG:
                return bulk.tag(members, arguments["add"], arguments["remove"], progress)
            case Deed.REMOVE:
                return bulk.remove(members, arguments["reason"], progress)
            case Deed.SUPPRESS:
                return bulk.suppress(members, arguments["reason"], progress)
            case Deed.ERASE:
                return bulk.erase(members, arguments["reason"], progress)

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


def options_of(arguments: Mapping[str, Any]) -> Options:
    """Return the options of an import that was asked for."""
    return Options(
        dry_run=bool(arguments.get("dry_run", False)),
        language=str(arguments.get("language", "")),
        topics=str(arguments.get("topics", "")),
        choices=Choices(tuple(arguments.get("ignored", ())), dict(arguments.get("meant", {}))),
        take_off=bool(arguments.get("take_off", False)),
        consent=str(arguments.get("consent", "")),
    )


def facts_of(report: ImportReport) -> dict[str, Any]:
    """Return what became of a file, as JSON has it."""
    names = ("dry_run", "added", "updated", "unchanged", "refused", "taken_off", "still_mailed")
    return {
        **{name: getattr(report, name) for name in names},
        "not_mailed": {verdict.value: count for verdict, count in report.not_mailed.items()},
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
