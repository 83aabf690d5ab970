"""Importing a file in four steps: sent, columns agreed to, tried, done.

Each step has its own address, and nothing is kept in the browser: the file waits in the spool for a
day, and what was chosen stands with the job that tries it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Request, Response

from mailer.content.language.words import first_upper
from mailer.content.rendering.service_mail import name_of
from mailer.errors import InputError
from mailer.services.operation.jobs import Job, JobLimitError
from mailer.services.subscriber_files.cells import check_consent
from mailer.services.subscriber_files.columns import Choices
from mailer.services.subscriber_files.mapping import IGNORED, UNDECIDED, choices_of, proposed
from mailer.services.subscriber_files.mapping import Mapping as Columns
from mailer.services.subscriber_files.spool import MOST_OCTETS, Kept
from mailer.web.console.notices import Notice
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, show
from mailer.web.console.subscribers.choosing import LIST, topic_name
from mailer.web.console.subscribers.ways import tabs_of
from mailer.web.console.subscribers.work import seen, show_job
from mailer.web.console.wrong import NOTHING, Wrong, made, wrong
from mailer.web.problems import PageError

IMPORT: Final = f"{LIST}/import"
_PIECE: Final = 256 * 1024
OF_COLUMN: Final = "column-"
"""What the fields begin with that say what a column is."""

router = APIRouter(route_class=ConsoleRoute)


class _Form(NamedTuple):
    """The second step, as it is filled in."""

    kept: Kept
    given: Mapping[str, Any]
    choices: Choices
    chosen: Sequence[str] = ()
    """What each column was said to be; empty: as `choices` have it."""


@router.get(IMPORT)
def begin(request: Request, visit: Here, _: SignedIn) -> Response:
    """Show the form that takes a file."""
    _admitted(visit)
    return _first_page(request, visit)


@router.post(IMPORT)
def send(request: Request, visit: Here, _: SignedIn) -> Response:
    """Keep a file, and lead to its columns."""
    _admitted(visit)
    file, say = visit.fields.file("file"), visit.site.say(visit.language)
    if file is None:
        problem = made([("file", say("console_subscribers.import.no_file"))])
        return _first_page(request, visit, problem)
    try:
        receiving = visit.site.spool.receive(_person(visit), file.name)
        while part := file.content.read(_PIECE):
            receiving.write(part)
        kept = receiving.keep()
    except InputError as error:
        return _first_page(request, visit, wrong(say, error))
    try:
        proposed(visit.site.settings, kept.path)
    except InputError as error:
        visit.site.spool.forget(kept)
        return _first_page(request, visit, wrong(say, error, {kept.name: "file"}))
    return lead(visit, f"{IMPORT}/{kept.id}")


@router.get(f"{IMPORT}/{{name}}")
def columns(request: Request, visit: Here, _: SignedIn, name: str, tried: int = 0) -> Response:
    """Show what each column would be, with samples, to be agreed to or changed."""
    kept, given = _kept(visit, name), {}
    if tried:
        given = dict(seen(visit, tried).arguments)
    choices = Choices(tuple(given.get("ignored", ())), dict(given.get("meant", {})))
    return _columns_page(request, visit, _Form(kept, given, choices))


@router.post(f"{IMPORT}/{{name}}")
def attempt(request: Request, visit: Here, _: SignedIn, name: str) -> Response:
    """Have a worker find out what importing the file so would do."""
    kept, site, fields = _kept(visit, name), visit.site, visit.fields
    given: dict[str, Any] = {
        "dry_run": True,
        "language": fields.one("language"),
        "topics": " ".join(fields.all("topics")),
        "take_off": fields.one("take_off") == "yes",
        "consent": " ".join(fields.one("consent").split()),
        "name": kept.name,
    }
    first = proposed(site.settings, kept.path)
    chosen = [fields.one(f"{OF_COLUMN}{one.place}") for one in first.columns]
    choices = Choices()
    try:
        choices = choices_of(first.columns, chosen)
        given |= {"ignored": list(choices.ignored), "meant": dict(choices.meant)}
        problem = _problems(visit, proposed(site.settings, kept.path, choices), given)
        if not problem:
            number = site.jobs.put_import(kept.path, given)
            return lead(visit, f"{IMPORT}/{kept.id}/{number}")
    except InputError as error:
        problem = _at_columns(visit, first, error)
    except JobLimitError:
        problem = made([("", site.say(visit.language)("console_subscribers.import.busy"))])
    return _columns_page(request, visit, _Form(kept, given, choices, chosen), problem)


@router.post(f"{IMPORT}/{{name}}/drop")
def drop(visit: Here, _: SignedIn, name: str) -> Response:
    """Delete a file that waits."""
    kept = _kept(visit, name)
    visit.site.spool.forget(kept)
    return lead(visit, IMPORT, Notice("console_subscribers.import.dropped", {"file": kept.name}))


@router.get(f"{IMPORT}/{{name}}/{{number:int}}")
def tried(request: Request, visit: Here, _: SignedIn, name: str, number: int) -> Response:
    """Show what importing would do, once that is known."""
    return show_job(request, visit, _of(visit, number), kept=_kept(visit, name))


@router.post(f"{IMPORT}/{{name}}/{{number:int}}")
def run(visit: Here, _: SignedIn, name: str, number: int) -> Response:
    """Import the file as it was tried; it is deleted here, as the worker has it."""
    kept, job, site = _kept(visit, name), _of(visit, number), visit.site
    if job.state != "done":
        raise PageError(409, "not_now")
    try:
        made_now = site.jobs.put_import(kept.path, {**job.arguments, "dry_run": False})
    except JobLimitError:
        told = Notice("console_subscribers.import.busy", kind="alert")
        return lead(visit, f"{IMPORT}/{name}/{number}", told)
    site.spool.forget(kept)
    return lead(visit, f"{LIST}/jobs/{made_now}")


def _of(visit: Visit, number: int) -> Job:
    """Return a job that tries an import.

    Raises:
        PageError: it is another.
    """
    job = seen(visit, number)
    if job.kind != "import" or not job.arguments.get("dry_run"):
        raise PageError(404, "not_there")
    return job


def _problems(visit: Visit, columns: Columns, given: Mapping[str, Any]) -> Wrong:
    """Word what keeps a file from being tried: its columns, or that consent is not spoken of."""
    say = visit.site.say(visit.language)
    found = list(_at_columns(visit, columns, InputError(columns.problems)).items)
    if not given["consent"]:
        found.append(("consent", say("console_subscribers.import.no_consent")))
    else:
        check_consent(given["consent"])
    return made(found)


def _at_columns(visit: Visit, columns: Columns, error: InputError) -> Wrong:
    """Word the problems of columns at the field of each that is named."""
    say = visit.site.say(visit.language)
    places = {one.name: f"{OF_COLUMN}{one.place}" for one in columns.columns}
    found: list[tuple[str, Any]] = []
    for problem in error.problems:
        worded = wrong(say, InputError([problem])).items[0][1]
        column = str(problem.facts.get("column", ""))
        field = problem.place if problem.place == "consent" else places.get(column, "")
        found.append((field, worded))
    return made(found)


def _first_page(request: Request, visit: Visit, problem: Wrong = NOTHING) -> Response:
    return show(
        request,
        visit,
        "subscribers/import.html.j2",
        status=422 if problem else 200,
        wrong=problem,
        most=MOST_OCTETS // 2**20,
        tabs=tabs_of(visit),
    )


def _columns_page(
    request: Request,
    visit: Visit,
    form: _Form,
    problem: Wrong = NOTHING,
) -> Response:
    settings, kept = visit.site.settings, form.kept
    found = proposed(settings, kept.path, form.choices)
    codes = [(code, first_upper(name_of(code, visit.language))) for code in settings.languages]
    return show(
        request,
        visit,
        "subscribers/columns.html.j2",
        status=422 if problem else 200,
        wrong=problem,
        kept=kept,
        columns=found.columns,
        chosen=form.chosen or [_choice(one, form.choices) for one in found.columns],
        options=_meanings(visit, found),
        given=form.given,
        readable=codes,
        topics=[(one, topic_name(visit, one), "") for one in settings.topics],
        default=settings.topics.default,
        field=OF_COLUMN,
    )


def _choice(column: Any, choices: Choices) -> str:
    if column.unclear:
        return UNDECIDED
    return IGNORED if column.name in choices.ignored and not column.meaning else column.meaning


def _meanings(visit: Visit, found: Columns) -> list[tuple[str, str]]:
    say = visit.site.say(visit.language)
    attributes = visit.site.settings.attributes
    options = [
        (UNDECIDED, str(say("console_subscribers.meaning.undecided"))),
        ("", str(say("console_subscribers.meaning.left_out"))),
        (IGNORED, str(say("console_subscribers.meaning.ignored"))),
    ]
    for one in found.meanings:
        kind, _, name = one.partition(":")
        if name:
            label = attributes[name].labels.get(visit.language) or name
            options.append((one, str(say("console_subscribers.meaning.attribute", name=label))))
        else:
            key = kind.replace("-", "_")
            options.append((one, str(say(f"console_subscribers.meaning.{key}"))))
    return options


def _kept(visit: Visit, name: str) -> Kept:
    _admitted(visit)
    return visit.site.spool.find(name, _person(visit))


def _admitted(visit: Visit) -> None:
    """Let only those see and send files who may import.

    Raises:
        PageError: 403.
    """
    if not visit.may("subscribers.import"):
        raise PageError(403, "not_allowed")


def _person(visit: Visit) -> str:
    return visit.signed.actor.person if visit.signed else ""
