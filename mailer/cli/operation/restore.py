"""`mailer restore`: a copy is brought back, and nothing is sent twice by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mailer.cli.main import settings_of
from mailer.cli.terminal import clock_of

app = typer.Typer()


@app.command()
def restore(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file written by `mailer backup`.")
    ],
) -> None:
    """Restore a backup into an empty data folder; the service must not run.

    The backup does not know what was sent after it was made. So campaigns that were going out are
    paused, and scheduled ones and reminders that came due since are held: you decide about each. A
    backup made by an earlier version is brought to the present one.
    """
    from mailer.services.campaigns import copies

    settings = settings_of(ctx)
    stopped = copies.restore(settings, clock_of(settings), file)
    typer.echo(f"{file} is back in {settings.data_dir}.")
    for number in stopped.paused:
        typer.echo(
            f"Campaign {number} is paused: `mailer campaigns resume {number}` mails all readers "
            f"not in the copy's books, some for the second time; `cancel {number}` mails nobody."
        )
    for number in stopped.held:
        typer.echo(
            f"Campaign {number} is held: if it did not go out, `mailer campaigns send {number}`; "
            f"if it did, `cancel {number}`."
        )
    typer.echo("Start the service when you are ready.")
