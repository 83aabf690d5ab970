"""`mailer subscribers sync`: the list kept in step with a directory."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailer.cli.main import settings_of
from mailer.cli.subscribers.views import printable, readers
from mailer.cli.terminal import ask, clock_of, is_asked, store_of

if TYPE_CHECKING:
    from mailer.config import Settings
    from mailer.domain.settings.directory import Directory
    from mailer.services.directories.syncing import Done, Prepared


def sync(  # noqa: PLR0917  # typer calls it, by name
    ctx: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="[NAME|FILE]", help="A [sync.NAME] of the settings, or a CSV.")
    ] = "",
    ldap: Annotated[
        str, typer.Option(metavar="URL", help="Ask this server instead: ldaps://…")
    ] = "",
    base: Annotated[str, typer.Option(metavar="DN", help="The entry below which people are.")] = "",
    search: Annotated[
        str, typer.Option("--filter", metavar="FILTER", help="Entries to take, such as (mail=*).")
    ] = "",
    name: Annotated[str, typer.Option(help="Name of the directory here; of a file: its own.")] = "",
    limit: Annotated[
        float | None,
        typer.Option(metavar="PERCENT", min=0, max=100, help="How many may be taken off at once."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask; needed in scripts.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Keep the list in step with a directory. Nobody is mailed.

    Shows what would change, and asks; without a terminal nothing changes without --yes.

    Adds the people in the directory, changes readers whom it changed, and takes off those whom it
    brought in and does not hold any more. Readers who subscribed by themselves are never taken off
    or changed; those who left here are never brought back. If more would be taken off than the
    limit allows (5 %, unless the settings say otherwise), or the directory is empty, nothing is
    done.
    """
    from mailer.services.directories.syncing import carry_out, prepare

    settings = settings_of(ctx)
    directory = _directory(settings, source, name, {"source": ldap, "base": base, "filter": search})
    with store_of(settings) as store:
        prepared = prepare(store, settings, directory, most_removals=limit)
        plan = prepared.plan
        if prepared.refusal or not plan.steps:
            _show(prepared, None, as_json=as_json)
            raise typer.Exit(1 if prepared.refusal else 0)
        if not yes:
            if is_asked():
                show_plan(prepared)
            size = f"{directory.name} would change {readers(len(plan.steps))}"
            ask("Do it?", size=size, otherwise="Nothing was changed.", yes=False)
        done = carry_out(store, clock_of(settings), directory.name, prepared)
    _show(prepared, done, as_json=as_json)


def _directory(settings: Settings, source: str, name: str, asked: dict[str, str]) -> Directory:
    """Find the directory that is meant, or make one of the options.

    Raises:
        InputError: neither is possible.
    """
    from mailer.domain.settings.directory import directory
    from mailer.domain.settings.setting import SettingError
    from mailer.errors import InputError, Problem

    if source in settings.sync and not asked["source"]:
        return settings.sync[source]
    if bool(source) == bool(asked["source"]):
        known = ", ".join(settings.sync) or "none yet"
        text = "give one of these: a name of the settings, a CSV file, or --ldap URL"
        raise InputError([Problem("", f"{text} (names: {known})", code="missing")])
    table = {"source": source}
    own = re.sub(r"[^a-z0-9]+", "-", Path(source).stem.lower()).strip("-") or "file"
    if asked["source"]:
        table, own = {field: value for field, value in asked.items() if value}, "ldap"
    try:
        return directory(name or own, table)
    except SettingError as error:
        raise InputError(
            [Problem(p.place, p.text, p.remedy, code=p.code) for p in error.problems]
        ) from None


def _show(prepared: Prepared, done: Done | None, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(facts_of(prepared, done), ensure_ascii=False))
        return
    show_plan(prepared)
    if done is None:
        typer.echo("Nothing was changed.")
        return
    told = f"Done: {done.added:,} added, {done.changed:,} changed, {done.removed:,} taken off."
    typer.echo(f"{told} Nobody was mailed.")
    if done.otherwise:
        typer.echo(f"{readers(done.otherwise)} changed in the meantime: left to the next time.")


def show_plan(prepared: Prepared) -> None:
    """Tell what follows from a directory."""
    from mailer.domain.directories.plan import Act

    plan, people = prepared.plan, prepared.people
    held = f"{len(people.wanted):,} with an address that can be mailed"
    typer.echo(f"The directory {prepared.directory.name} holds {people.entries:,} entries, {held}.")
    lines = [
        (len(plan.of(Act.ADD)), "to add"),
        (len(plan.of(Act.RETURN)), "to bring back, because the directory has them again"),
        (len(plan.of(Act.CHANGE)), "to change"),
        (len(plan.of(Act.REMOVE)), f"to take off, of {plan.owned:,} whom it brought in"),
        (plan.unchanged, "are as they should be"),
        *((count, kept.value) for kept, count in plan.kept.items()),
        *((count, f"cannot be readers: {why}") for why, count in people.left_out.most_common()),
        *((count, f"times ignored: {what}") for what, count in people.ignored.most_common(10)),
    ]
    for count, what in lines:
        typer.echo(f"  {count:>8,}  {printable(what, 200)}")
    for one in people.shown:
        typer.echo(f"    {printable(one.place)}: {printable(one.reason, 200)}")
    if prepared.refusal:
        typer.echo(f"Not done: {printable(prepared.refusal, 400)}.")
        typer.echo("If that is meant, say how many may go: --limit PERCENT")


def facts_of(prepared: Prepared, done: Done | None) -> dict[str, Any]:
    """Return what followed from a directory, for JSON."""
    from dataclasses import asdict

    from mailer.domain.directories.plan import Act

    plan, people = prepared.plan, prepared.people
    return {
        "directory": prepared.directory.name,
        "entries": people.entries,
        "wanted": len(people.wanted),
        "plan": {act.value: len(plan.of(act)) for act in Act},
        "unchanged": plan.unchanged,
        "owned": plan.owned,
        "kept": {kept.name.lower(): count for kept, count in plan.kept.items()},
        "left_out": dict(people.left_out),
        "ignored": dict(people.ignored),
        "refused": prepared.refusal,
        "done": asdict(done) if done else None,
    }
