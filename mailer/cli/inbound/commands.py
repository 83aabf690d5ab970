"""`mailer inbound`: mail that comes in, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailer.cli.inbound import inbox as inbox_commands
from mailer.cli.inbound import ways as inbound_ways

if TYPE_CHECKING:
    from mailer.domain.inbound.kinds import Understanding

app = typer.Typer(help="Inbound mail: receive it, classify it, look at it.")


@app.callback()
def noun() -> None:
    """Receive mail, classify it, look at it."""


inbound_ways.register(app)
inbox_commands.register(app)


@app.command()
def classify(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="Messages as they came; `-` reads standard input."),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object per line, for programs.")
    ] = False,
) -> None:
    """Tell what each message is: a bounce of whom and why, a complaint, a command, a letter.

    Needs no configuration and no store, and changes nothing. Stops at a file that cannot be read.
    """
    from mailer.content.language.command_words import vocabularies
    from mailer.services.inbound import classifying

    words = vocabularies()
    for file in files:
        found = classifying.classify(_bytes(file), words)
        typer.echo(json.dumps(record(str(file), found)) if as_json else lines(str(file), found))


def _bytes(file: Path) -> bytes:
    return typer.get_binary_stream("stdin").read() if str(file) == "-" else file.read_bytes()


def record(file: str, found: Understanding) -> dict[str, Any]:
    """Return a decision as the object that `--json` prints."""
    from mailer.services.inbound.classifying import facts_of

    return {"file": file} | facts_of(found)


def lines(file: str, found: Understanding) -> str:
    """Return a decision for people: the file and kind, then a line for each recipient."""
    said = [f"{file}: {found.kind}"]
    if found.command:
        said[0] += f": {found.command}"
    if found.complaint:
        said[0] += f" ({found.complaint.type}) of {found.complaint.recipient or 'someone hidden'}"
    for one in found.bounces:
        code = f" {one.status}" if one.status else ""
        said.append(
            f"  {one.recipient}: {one.action}{code}, {one.severity} ({one.reason})"
            + (f": {one.diagnostic[:100]}" if one.diagnostic else "")
        )
    return "\n".join(_printable(line) for line in said)


def _printable(line: str) -> str:
    """Return a line that moves no cursor: what it shows was written by strangers."""
    return "".join(letter if letter.isprintable() else "?" for letter in line)
