"""`mailer config`: is the configuration good, and what is in force?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

from mailer.cli.main import settings_of
from mailer.cli.terminal import store_of
from mailer.errors import MailerError

if TYPE_CHECKING:
    from mailer.config import Settings

app = typer.Typer(help="Check the configuration, or show what is in force.")


@app.command()
def check(ctx: typer.Context) -> None:
    """Check whether the configuration is good.

    If it is not, names everything that is wrong. Also checks the key files and what sending
    needs, and mentions what most lists have and this one lacks. Starts nothing and sends nothing.
    Exits with 0 if the configuration is good, else with 2.
    """
    from mailer.cli.operation.advice import advice
    from mailer.config import secret_key

    settings = settings_of(ctx)
    settings.check_for_sending()
    if settings.secret_key_file.exists():
        secret_key(settings)
    typer.echo("The configuration is good.")
    for sentence in advice(settings):
        typer.echo(sentence, err=True)


@app.command()
def show(
    ctx: typer.Context,
    as_json: bool = typer.Option(False, "--json", help="One JSON object, for programs."),
) -> None:
    """Show each setting in force, and its origin.

    "console" is what users said over the file; `mailer look show` tells more. Passwords are masked,
    so that you can send the output to somebody who helps you.
    """
    from mailer.services.operation.settings_shown import shown

    settings = settings_of(ctx)
    _adopt_look(settings)
    rows = shown(settings)
    if as_json:
        typer.echo(json.dumps({name: {"value": v, "from": o} for name, (v, o) in rows.items()}))
        return
    width = max(map(len, rows))
    for name, (value, origin) in rows.items():
        text = json.dumps(value, ensure_ascii=False)
        typer.echo(f"{name:{width}}  {text}  ({origin})")


def _adopt_look(settings: Settings) -> None:
    """Lay over the settings what users said; a store that cannot be asked is no reason to fail."""
    if not settings.redis_url and not settings.data_dir.exists():
        return  # nothing was ever kept, and nothing is to be made by a look
    try:
        with store_of(settings):
            pass
    except MailerError as error:
        told = "What users said in the console is not shown, for the store cannot be asked"
        typer.echo(f"{told}: {error}", err=True)
