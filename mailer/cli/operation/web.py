"""`mailer web`: the web pages alone."""

from __future__ import annotations

import typer

from mailer.cli.main import settings_of

app = typer.Typer()


@app.command()
def web(
    ctx: typer.Context,
    listen: str = typer.Option(
        None, metavar="URL", help="Where, instead of web_listen, such as http://127.0.0.1:8080."
    ),
) -> None:
    """Serve the readers' web pages, until SIGTERM; `mailer up` does it too."""
    from rich.console import Console

    from mailer.workers import web as process

    settings = settings_of(ctx, web_listen=listen)

    def ready(place: str) -> None:
        where = settings.public_url or place
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"Pages are served at {place}; readers reach them at {where}. Ctrl-C stops it."
        )

    process.main(settings, ready)
