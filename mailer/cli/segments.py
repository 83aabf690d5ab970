"""`mailer segments`: audience rules with names, and how many readers a rule is about."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailer.cli.main import settings_of
from mailer.cli.terminal import clock_of, counted, folded, show_table, store_of, table

if TYPE_CHECKING:
    from mailer.config import Settings
    from mailer.services.operation.opening import Store
    from mailer.services.segments.named import Definition, Segments
    from mailer.services.segments.preview import Preview

app = typer.Typer(help="Audience rules with names.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The segment's name.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON value, for programs.")]


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the segments with their rules."""
    settings = settings_of(ctx)
    with store_of(settings) as store:
        found = _segments(store, settings).all()
    if as_json:
        typer.echo(json.dumps([_facts(one) for one in found]))
        return
    if not found:
        typer.echo("There is no segment yet. Make one: `mailer segments define NAME RULE`.")
        return
    rows = table("Name", "Rule", "Version", "Changed", numbers=("Version",))
    for one in found:
        rows.add_row(one.name, one.rule, str(one.version), f"{one.changed_at:%Y-%m-%d}")
    show_table(rows)


@app.command()
def show(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Show a segment's rule, what speaks of it, and how many readers it has."""
    from mailer.services.segments.preview import preview

    settings = settings_of(ctx)
    with store_of(settings) as store:
        segments = _segments(store, settings)
        one, used = segments.get(name), segments.used(name)
        found = preview(store, settings, f"segment:{name}")
    if as_json:
        uses = {"campaigns": list(used.campaigns), "segments": list(used.segments)}
        uses["entries"] = list(used.entries)
        typer.echo(json.dumps(_facts(one) | {"used": uses} | _counts(found)))
        return
    typer.echo(f"{one.name}, version {one.version} of {one.changed_at:%Y-%m-%d %H:%M} UTC:")
    typer.echo(folded(one.rule, "  "))
    if found.rule != one.rule:
        typer.echo(folded(f"which is {found.rule}", "  "))
    typer.echo(f"Used by {used}." if used else "Nothing that has not begun uses it.")
    _tell(found)


@app.command()
def define(
    ctx: typer.Context,
    name: Name,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="Such as 'lang:fr and tag:press'.")],
) -> None:
    """Give a rule a name, or a name another rule. Campaigns that have not begun follow it."""
    from mailer.services.segments.preview import preview

    settings = settings_of(ctx)
    with store_of(settings) as store:
        segments = _segments(store, settings)
        one = segments.define(name, rule)
        used = segments.used(name)
        found = preview(store, settings, f"segment:{name}")
    typer.echo(f"{one.name}, version {one.version}: {one.rule}")
    if used:
        typer.echo(f"Used by {used}.")
    _tell(found)


@app.command()
def rename(
    ctx: typer.Context,
    name: Name,
    to: Annotated[str, typer.Argument(metavar="NEW", help="Its name from now on.")],
) -> None:
    """Give a segment another name; refused while something speaks of it."""
    settings = settings_of(ctx)
    with store_of(settings) as store:
        made = _segments(store, settings).rename(name, to)
    typer.echo(f"{name} is called {made.name} now.")


@app.command()
def remove(ctx: typer.Context, name: Name) -> None:
    """Forget a segment; refused while a campaign that has not begun, or a segment, speaks of it."""
    settings = settings_of(ctx)
    with store_of(settings) as store:
        _segments(store, settings).remove(name)
    typer.echo(f"{name} is removed. No reader was changed.")


@app.command()
def preview(
    ctx: typer.Context,
    rule: Annotated[
        str, typer.Argument(metavar="NAME|RULE", help="A segment's name, or a rule in quotes.")
    ],
    who: Annotated[
        int, typer.Option(metavar="N", help="Also list the first N readers.", min=0, max=1000)
    ] = 0,
    after: Annotated[
        int, typer.Option(metavar="NUMBER", help="List those after this reader's number.", min=0)
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Count whom a segment or a rule is about, by language. Changes nothing."""
    from mailer.services.segments.preview import Page, page
    from mailer.services.segments.preview import preview as count

    settings = settings_of(ctx)
    with store_of(settings) as store:
        text = _segments(store, settings).rule_of(rule)
        found = count(store, settings, text)
        listed = page(store, settings, text, after=after, size=who) if who else Page((), 0)
    if as_json:
        people = [{"number": one.number, "address": one.address} for one in listed.subscribers]
        facts = {"rule": found.rule} | _counts(found)
        typer.echo(json.dumps(facts | {"subscribers": people, "after": listed.after}))
        return
    typer.echo(folded(found.rule))
    _tell(found)
    for one in listed.subscribers:
        typer.echo(f"  {one.number:>8}  {one.address}  {one.status}, {one.language}")
    if listed.after:
        typer.echo(f"More follow: --after {listed.after}")


def _segments(store: Store, settings: Settings) -> Segments:
    from mailer.services.segments.named import Segments

    return Segments(store, settings, clock_of(settings))


def _facts(one: Definition) -> dict[str, Any]:
    at = one.changed_at.isoformat()
    return {"name": one.name, "rule": one.rule, "version": one.version, "changed_at": at}


def _counts(found: Preview) -> dict[str, Any]:
    return {
        "members": found.members,
        "planned": found.planned,
        "by_language": dict(found.by_language),
    }


def _tell(found: Preview) -> None:
    shares = ", ".join(f"{code} {count:,}" for code, count in found.by_language.items())
    said = f"{counted(found.members, 'reader')}; {found.planned:,} of them would be mailed"
    typer.echo(f"{said} ({shares})." if shares else f"{said}.")
