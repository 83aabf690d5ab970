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

if TYPE_CHECKING:
    from mailer.config import Settings

app = typer.Typer(help="Check the configuration, or show what is in force.")


@app.command()
def check(ctx: typer.Context) -> None:
    """Check whether the configuration is good.

    If it is not, names everything that is wrong. Also checks the key files, what sending needs,
    the disk and, if it runs, the store, and mentions what most lists have and this one lacks.
    Starts nothing, sends nothing, and asks no network but for a store of your own. Exits with 0 if
    the configuration is good, with 1 if it can be read but is not ready, else with 2.
    """
    from mailer.cli.operation.advice import advice
    from mailer.config import secret_key

    settings = settings_of(ctx)
    settings.check_for_sending()
    if settings.secret_key_file.exists():
        secret_key(settings)
    bad = _wrong_here(settings)
    typer.echo("The configuration is good." if not bad else "The configuration is not ready.")
    for sentence in (*bad, *advice(settings)):
        typer.echo(sentence, err=True)
    if bad:
        raise typer.Exit(1)


def _wrong_here(settings: Settings) -> list[str]:
    """Say what the doctor finds wrong without asking the network, a sentence each."""
    from mailer.cli.operation import doctor_words as words
    from mailer.cli.terminal import clock_of
    from mailer.domain.deliverability.codes import found
    from mailer.domain.deliverability.finding import State
    from mailer.errors import StoreError
    from mailer.services.operation.doctor.bounded import Checked
    from mailer.services.operation.doctor.examining import Doctor
    from mailer.services.operation.opening import running_for

    try:
        with running_for(settings) as store:
            checks = Doctor(store, settings, clock_of(settings)).cheap()
    except StoreError as error:
        checks = Doctor(None, settings, clock_of(settings)).cheap()
        checks.append(Checked("store", (found("store.away", why=str(error)),)))
    bad = [one for check in checks for one in check.findings if one.state is State.BAD]
    return [f"{words.seen(one)} -> {words.do(one)}" for one in bad]


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
