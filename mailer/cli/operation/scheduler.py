"""`mailer scheduler`: the scheduler alone."""

from __future__ import annotations

import typer

from mailer.cli.main import settings_of

app = typer.Typer()


@app.command()
def scheduler(ctx: typer.Context) -> None:
    """Run the scheduler alone, until SIGTERM: it starts what is due and finds what was left over.

    One is enough; a second one on another machine does no harm.
    """
    from mailer.workers import schedule

    schedule.main(settings_of(ctx))
