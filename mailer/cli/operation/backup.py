"""`mailer backup`: a copy of all that the service keeps, made while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mailer.cli.main import settings_of
from mailer.cli.terminal import store_of

app = typer.Typer()


@app.command()
def backup(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="File to write, such as mailer.tar.gz.")
    ],
) -> None:
    """Back up the data and the secret key into one file, while the service runs.

    Includes readers, editions, campaigns with their books, the calendar and inbound mail. The
    configuration and the keys that sign the mail are separate files; copy those too.
    """
    from mailer.services.campaigns import copies

    settings = settings_of(ctx)
    with store_of(settings) as store:
        size = copies.back_up(store, settings, file)
    typer.echo(f"{file}: {size:,} bytes. Keep it as safe as the list itself.")
