"""`mailer worker`: one process that sends, for several machines or a supervisor of your own."""

from __future__ import annotations

from typing import Annotated

import typer

from mailer.cli.main import settings_of

app = typer.Typer()


@app.command()
def worker(
    ctx: typer.Context,
    urgent: Annotated[
        bool,
        typer.Option(
            "--urgent",
            help="Send no campaigns; keep free for confirmations, inbound mail and the scheduler.",
        ),
    ] = False,
) -> None:
    """Run one process that sends, until SIGTERM; `mailer up` runs several, and an urgent one."""
    from mailer.workers import run
    from mailer.workers import urgent as of_urgent_work

    (of_urgent_work if urgent else run).main(settings_of(ctx))
