"""`mailer config`: is the configuration good, and what is in force?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import typer

from mailer.cli.main import settings_of
from mailer.domain.settings.relay_url import RelayUrl
from mailer.domain.subscribers.attributes import Attribute
from mailer.domain.subscribers.topic import Topics

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

    Passwords are masked, so that you can send the output to somebody who helps you.
    """
    settings = settings_of(ctx)
    rows = {
        name: (_plain(getattr(settings, name)), settings.origin(name))
        for name in type(settings).model_fields
    }
    if as_json:
        typer.echo(json.dumps({name: {"value": v, "from": o} for name, (v, o) in rows.items()}))
        return
    width = max(map(len, rows))
    for name, (value, origin) in rows.items():
        shown = json.dumps(value, ensure_ascii=False)
        typer.echo(f"{name:{width}}  {shown}  ({origin})")


def _plain(value: Any) -> Any:
    """Write a value as JSON knows it, without the secrets that it may hold."""
    if isinstance(value, RelayUrl):
        login = f"{value.user}:***@" if value.user else ""
        return value.name.replace("://", f"://{login}", 1)
    if isinstance(value, str):
        return _masked(value)
    if isinstance(value, Topics):
        return value.written()
    if isinstance(value, Attribute):
        value = {"kind": value.kind, "choices": value.choices, "labels": value.labels}
    elif hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        named: Any = getattr(value, "_asdict", None)
        return _plain(named()) if named else [_plain(item) for item in value]
    return value if isinstance(value, int | float) else str(value)


def _masked(url: str) -> str:
    scheme, sign, rest = url.partition("://")
    login, at, host = rest.rpartition("@")
    return f"{scheme}{sign}***@{host}" if sign and at and login else url
