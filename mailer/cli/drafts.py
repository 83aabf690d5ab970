"""`mailer editions draft`: the editions that are being written at the console, as folders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailer.cli.main import settings_of
from mailer.cli.terminal import clock_of, folded, show_table, store_of, table

if TYPE_CHECKING:
    from mailer.config import Settings
    from mailer.services.editions.drafts.desk import Desk
    from mailer.services.editions.drafts.reading import Listed
    from mailer.services.operation.opening import Store

app = typer.Typer(help="Editions that are being written at the console: list, export, import.")

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="A draft's number.", min=1)]


@app.command("list")
def list_(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value, for programs.")] = False,
) -> None:
    """List the drafts, the newest date first."""
    from mailer.services.editions.drafts import reading

    settings = settings_of(ctx)
    with store_of(settings) as store:
        found = [one for one in reading.listed(_desk(store, settings)) if one.draft]
    if as_json:
        typer.echo(json.dumps([_told(one) for one in found], ensure_ascii=False))
        return
    if not found:
        typer.echo("There is no draft. Begin one at the console, or import a folder.")
        return
    rows = table("Draft", "Edition", "Date", "State", "Languages", "Changed (UTC)")
    for one in found:
        changed = one.at.isoformat()[:16].replace("T", " ")
        rows.add_row(str(_told(one)["draft"]), one.slug, one.date, one.stage, _far(one), changed)
    show_table(rows)


@app.command("import")
def import_(
    ctx: typer.Context,
    source: Annotated[
        Path,
        typer.Argument(metavar="DIR|FILE", help="An edition's folder, or it as .zip or .tar."),
    ],
) -> None:
    """Begin a draft from a folder, its files as they are; mistakes are mended at the console."""
    from mailer.services.editions.drafts import beginning

    settings = settings_of(ctx)
    take = beginning.from_archive if source.is_file() else beginning.from_folder
    with store_of(settings) as store:
        draft = take(_desk(store, settings), source)
    languages = ", ".join(draft.languages) or "no language yet"
    typer.echo(
        folded(f"Began draft {draft.number} ({draft.slug or 'without a name'}, {languages}).")
    )


@app.command()
def export(
    ctx: typer.Context,
    number: Number,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Default: the edition's short name, with .zip."),
    ] = None,
) -> None:
    """Write a draft as its folder in a zip archive, which `import` reads again."""
    from mailer.cli.editions import write
    from mailer.services.editions.drafts import publishing

    settings = settings_of(ctx)
    with store_of(settings) as store:
        name, packed = publishing.archive(_desk(store, settings), number)
    file = output or Path(name)
    write(file, packed)
    typer.echo(f"Wrote {file}.", err=True)


@app.command()
def check(ctx: typer.Context, number: Number) -> None:
    """Find what must be corrected before a draft is sent. Exits with 1 if there are errors."""
    from mailer.cli.editions import show_findings
    from mailer.services.editions.drafts import looking

    settings = settings_of(ctx)
    with store_of(settings) as store:
        looked = looking.check(_desk(store, settings), number)
    show_findings(f"Draft {number}", looked.checked.findings)
    if looked.errors:
        raise typer.Exit(1)


@app.command()
def publish(
    ctx: typer.Context,
    number: Number,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also over what somebody else imported meanwhile.")
    ] = False,
) -> None:
    """Put a draft into the library, from which campaigns send."""
    from mailer.services.editions.drafts import publishing

    settings = settings_of(ctx)
    with store_of(settings) as store:
        summary = publishing.publish(_desk(store, settings), number, replaces=replace)
    typer.echo(f"The library has {summary.slug} (version {summary.digest}).")


@app.command()
def remove(ctx: typer.Context, number: Number) -> None:
    """Put a draft into the bin, where it is kept for thirty days."""
    from mailer.services.editions.drafts import keeping

    settings = settings_of(ctx)
    with store_of(settings) as store:
        keeping.remove(_desk(store, settings), number)
    typer.echo(f"Draft {number} is in the bin: `mailer editions draft recover {number}`.")


@app.command()
def recover(ctx: typer.Context, number: Number) -> None:
    """Take a draft out of the bin."""
    from mailer.services.editions.drafts import keeping

    settings = settings_of(ctx)
    with store_of(settings) as store:
        keeping.recover(_desk(store, settings), number)
    typer.echo(f"Draft {number} is back.")


def _desk(store: Store, settings: Settings) -> Desk:
    from mailer.services.editions.archive import Archive
    from mailer.services.editions.drafts.desk import Desk

    return Desk(store, settings, clock_of(settings), Archive(store, settings))


def _told(one: Listed) -> dict[str, Any]:
    draft = one.draft
    return {
        "draft": draft.number if draft else 0,
        "edition": one.slug,
        "date": one.date,
        "season": dict(one.title),
        "state": one.stage.value,
        "languages": {
            code: {"percent": far.percent, "missing": far.missing, "stale": far.stale}
            for code, far in one.progress.items()
        },
        "changed_at": one.at.isoformat(timespec="seconds"),
        "changed_by": one.by,
    }


def _far(one: Listed) -> str:
    words = []
    for code, far in one.progress.items():
        state = f"{far.percent} %" if far.missing else f"{far.stale} stale" if far.stale else ""
        words.append(f"{code} {state}".strip())
    return ", ".join(words)
