"""`mailer migrate`: the data of a former version is brought to the present one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailer.cli.main import settings_of
from mailer.cli.terminal import ask, clock_of

if TYPE_CHECKING:
    from mailer.config import Settings
    from mailer.services.operation.migrating import Done

app = typer.Typer()
_NOTHING = "The data is of the present version: there is nothing to do."


@app.command()
def migrate(
    ctx: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
    ] = False,
    backup: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="First copy everything there, as `mailer backup` does."),
    ] = None,
    connected: Annotated[
        bool,
        typer.Option(
            "--connected",
            help="Go on though others are connected to the store: none of them is Mailer.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask where no backup is made.")] = False,
) -> None:
    """Bring the data of a former version of Mailer to the version that this one needs.

    Stop the service first, on all machines. If this is interrupted, say it again: it goes on where
    it stopped. The way back is the backup, with the Mailer that made it.
    """
    from mailer.services.campaigns import copies
    from mailer.services.operation import migrating

    settings = settings_of(ctx)
    clock = clock_of(settings)
    with migrating.opened_for_migration(settings) as store:
        planned = migrating.plan(store, settings, clock)
        if not planned:
            typer.echo(_NOTHING)
            return
        _show("This changes:", planned)
        if dry_run:
            typer.echo("Nothing was changed.")
            return
        if backup is not None:
            size = copies.back_up(store, settings, backup)
            typer.echo(f"{backup}: {size:,} bytes. Keep it as safe as the list itself.")
        else:
            ask(
                "The way back is a backup, and `--backup FILE` makes one. Go on without?",
                size=f"the data would be brought to version {planned[-1].to} without a backup",
                otherwise="Nothing was changed.",
                yes=yes,
            )
        migrating.migrate(store, settings, clock, connected=connected)
    typer.echo("Done. Start the service when you are ready.")


def bring_up(settings: Settings) -> None:
    """Migrate without a question, for `mailer up --migrate`; says what was changed, if anything."""
    from mailer.services.operation import migrating

    clock = clock_of(settings)
    with migrating.opened_for_migration(settings) as store:
        if done := migrating.migrate(store, settings, clock):
            _show("The data was brought up:", done)


def _show(title: str, parts: Sequence[Done]) -> None:
    typer.echo(title)
    version = 0
    for one in parts:
        if one.to != version:
            version = one.to
            typer.echo(f"  to version {version}")
        typer.echo(f"    {one.changes:,} {one.says}")
