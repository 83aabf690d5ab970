"""`mailer worker`: one process that sends, for several machines or a supervisor of your own."""

from __future__ import annotations

import typer

from mailer.cli.main import settings_of

app = typer.Typer()


@app.command()
def worker(ctx: typer.Context) -> None:
    """Run one process that sends, until SIGTERM; `mailer up` runs several."""
    from workers import run

    run.main(settings_of(ctx))
