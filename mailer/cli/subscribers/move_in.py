"""`mailer move-in`: lists of readers from other programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from mailer.cli.main import settings_of
from mailer.cli.subscribers.views import printable, readers
from mailer.cli.terminal import ask, clock_of, is_asked, store_of

if TYPE_CHECKING:
    from mailer.services.moving_in.moving import Choices, Export
    from mailer.services.moving_in.report import Ended, MoveReport

app = typer.Typer()

MOST_LISTED: Final = 30
"""Languages, lists and tags that are shown of each."""


@app.command()
def move_in(  # noqa: PLR0917  # typer calls it, by name
    ctx: typer.Context,
    program: Annotated[
        str,
        typer.Argument(
            metavar="PROGRAM", help="listmonk, mailman, sympa, mailchimp, ghost or phplist."
        ),
    ],
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="What it exported.")],
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="LIST=TOPIC", help="The topic for a list or tag; -: none."),
    ] = None,
    language: Annotated[
        str, typer.Option(metavar="CODE", help="Language of readers who have none there.")
    ] = "",
    topics: Annotated[
        list[str] | None,
        typer.Option("--topics", "--topic", metavar="TOPICS", help="If the export has no lists."),
    ] = None,
    status: Annotated[
        str,
        typer.Option("--as", metavar="STATUS", help="All of them left, bounced, are blocked, …"),
    ] = "",
    no_tags: Annotated[bool, typer.Option("--no-tags", help="Leave tags and labels out.")] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write what became of each row (CSV).")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do it without asking; needed in scripts.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Move a list of readers in from another program. Nobody is mailed.

    Shows first what the export holds and what would become of it, and asks; without a terminal
    nothing changes without --yes. Each list there becomes a topic here, as --map says.

    Readers who may be mailed there are put on the list, with what is known of their consent. Those
    who left, complained, were blocked, or whose mail came back, are kept as such. Those who had not
    confirmed are left out. Nobody is put back who left here, and nothing changes for those who
    subscribed here by themselves.
    """
    from mailer.services.moving_in.moving import Choices, read, survey

    settings = settings_of(ctx)
    choices = Choices(
        tuple(mapping or ()), language, " ".join(topics or ()), status, keeps_tags=not no_tags
    )
    export = read(settings, program, files, choices)
    if not as_json:
        show_survey(survey(export))
    if export.unmapped and is_asked():
        choices = _asked_for_lists(export, choices, settings.topics)
        export = read(settings, program, files, choices)
    _run(ctx, export, report, yes=yes, as_json=as_json)


def _run(
    ctx: typer.Context, export: Export, path: Path | None, *, yes: bool, as_json: bool
) -> None:
    from mailer.services.moving_in.moving import move
    from mailer.services.moving_in.written import RowsFile

    settings = settings_of(ctx)
    clock = clock_of(settings)
    with store_of(settings) as store, ExitStack() as stack:
        plan = move(store, settings, clock, export, dry_run=True)
        asked = not yes and plan.changes
        if asked and not is_asked():
            _show(plan, as_json=as_json)
        elif asked:
            show_outcomes(plan)
        if not yes and (plan.changes or not is_asked()):
            size = f"{readers(plan.changes)} of the export would be added, changed or kept as gone"
            ask("Move them in?", size=size, otherwise="Nothing was changed.", yes=not plan.changes)
        tell = stack.enter_context(RowsFile(path)).write if path else lambda _ended: None
        done = move(store, settings, clock, export, dry_run=False, tell=tell)
    _show(done, as_json=as_json)
    if path and not as_json:
        typer.echo(f"What became of each row is in {path}, which only you can read.")


def _show(report: MoveReport, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(report_facts(report), ensure_ascii=False))
    else:
        show_outcomes(report)


def _asked_for_lists(export: Export, choices: Choices, topics: Any) -> Choices:
    """Ask which topic each list becomes of which nobody has said it."""
    known = [*topics]
    typer.echo(f"\nWhich topic does each list become? One of {', '.join(known)}, or - for none.")
    said = []
    for name in export.unmapped:
        topic = ""
        while topic not in {*known, "-"}:
            topic = typer.prompt(f"  {printable(name)}").strip()
        said.append(f"{name}={topic}")
    return replace(choices, mapping=(*choices.mapping, *said))


def show_survey(report: MoveReport) -> None:
    """Tell what an export holds."""
    typer.echo(f"The export holds {report.rows:,} rows.")
    _show_counts("status there", report.statuses)
    _show_counts("language", {name or "(none)": n for name, n in report.languages.items()})
    lists = {
        f"{name} -> {_shown(report.topics.get(name, '?'))}": count
        for name, count in report.lists.items()
    }
    _show_counts("list -> topic here", lists)
    _show_counts("tag", report.tags)
    if report.attributes:
        names = ", ".join(printable(name) for name in report.attributes)
        typer.echo(f"Known there, and not moved in: {names}.")
    if report.aside:
        typer.echo(f"Not read: {', '.join(map(printable, report.aside))}.")


def _shown(topic: str) -> str:
    return "left out" if topic == "-" else topic


def _show_counts(title: str, counts: Any) -> None:
    if not counts:
        return
    typer.echo(title)
    for name, number in list(counts.items())[:MOST_LISTED]:
        typer.echo(f"  {printable(name):<40}{number:>12,}")
    if len(counts) > MOST_LISTED:
        typer.echo(f"  and {len(counts) - MOST_LISTED:,} more")


def show_outcomes(report: MoveReport) -> None:
    """Tell what became of the rows, or would."""
    typer.echo("What would become of them" if report.dry_run else "What became of them")
    for (outcome, reason), count in report.reasons.most_common():
        if not reason.startswith("the same address as "):
            typer.echo(f"  {count:>12,}  {outcome.value}: {printable(reason, 200)}")
    for told in _sums(report):
        typer.echo(told)
    for ended in report.shown:
        place, _, reason = ended
        who = printable(place.written) or "(no address)"
        typer.echo(f"  {printable(place.file)}, row {place.row}: {who}: {printable(reason, 200)}")
    typer.echo("Nothing was changed yet." if report.dry_run else "Nobody was mailed.")


def _sums(report: MoveReport) -> Iterator[str]:
    from mailer.services.moving_in.report import Outcome

    if together := report.counts[Outcome.TOGETHER]:
        yield f"  {together:>12,}  about an address of an earlier row: taken together with it"
    even = "in all" if report.balanced else "in all, WHICH IS NOT THE NUMBER OF ROWS: report this"
    yield f"  {report.counts.total():>12,}  {even}"
    if report.lost_languages:
        names = ", ".join(printable(name) for name in list(report.lost_languages)[:MOST_LISTED])
        yield f"Languages that you do not have, so that --language counts: {names}."
    if report.lost_tags:
        names = ", ".join(printable(name) for name in list(report.lost_tags)[:MOST_LISTED])
        yield f"Tags that cannot be tags here, or beyond the 20 of one reader: {names}."
    if report.lost_names:
        yield f"Names that cannot be used, and were left out: {report.lost_names:,}."


def report_facts(report: MoveReport) -> dict[str, Any]:
    """Return what became of an export, for JSON."""
    return {
        "program": report.program,
        "dry_run": report.dry_run,
        "rows": report.rows,
        "balanced": report.balanced,
        "statuses": dict(report.statuses),
        "languages": dict(report.languages),
        "lists": dict(report.lists),
        "topics": dict(report.topics),
        "tags": dict(report.tags),
        "attributes": dict(report.attributes),
        "lost_languages": dict(report.lost_languages),
        "lost_tags": dict(report.lost_tags),
        "lost_names": report.lost_names,
        "not_read": list(report.aside),
        "outcomes": {outcome.value: count for outcome, count in report.counts.items()},
        "reasons": [
            {"outcome": outcome.value, "reason": reason, "rows": count}
            for (outcome, reason), count in report.reasons.most_common()
            if not reason.startswith("the same address as ")
        ],
        "shown": [_facts(one) for one in report.shown],
    }


def _facts(ended: Ended) -> dict[str, Any]:
    return {**ended.place._asdict(), "outcome": ended.outcome.value, "reason": ended.reason}
