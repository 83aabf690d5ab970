"""`mailer up`: everything in one."""

from __future__ import annotations

from typing import Annotated

import typer

from mailer.cli.main import settings_of
from mailer.cli.terminal import counted

app = typer.Typer()


@app.command()
def up(
    ctx: typer.Context,
    migrate: Annotated[
        bool,
        typer.Option(
            "--migrate", help="First bring the data of a former version up, as `mailer migrate`."
        ),
    ] = False,
) -> None:
    """Run everything: the store, the workers that send, and the scheduler.

    Restarts processes that die. Ctrl-C (or SIGTERM) stops everything cleanly: mail in flight is
    finished first, and the rest continues at the next start.
    """
    from rich.console import Console

    from mailer.services.operation.opening import Store
    from mailer.workers.supervisor import Supervisor

    settings = settings_of(ctx)

    def ready(_: Store) -> None:
        where = settings.data_dir if not settings.redis_url else "your own store"
        workers = counted(settings.workers, "worker")
        Console(stderr=True, highlight=False).print(
            f"Mailer is up: {workers}, data in {where}. Ctrl-C stops it."
        )

    if migrate:
        from mailer.cli.operation.migrate import bring_up

        bring_up(settings)
    Supervisor(settings).run(ready)
