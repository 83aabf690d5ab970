"""`mailer inbound`: mail that comes in, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailer.cli.inbound import ways as inbound_ways

if TYPE_CHECKING:
    from mailer.domain.inbound.kinds import Understanding

app = typer.Typer(help="Inbound mail: receive it, classify it, look at it.")


@app.callback()
def noun() -> None:
    """Receive mail, classify it, look at it."""


inbound_ways.register(app)


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
    from mailer.message.incoming.understand import understand

    words = vocabularies()
    for file in files:
        found = understand(_bytes(file), words)
        typer.echo(json.dumps(record(str(file), found)) if as_json else lines(str(file), found))


def _bytes(file: Path) -> bytes:
    return typer.get_binary_stream("stdin").read() if str(file) == "-" else file.read_bytes()


def record(file: str, found: Understanding) -> dict[str, Any]:
    """Return a decision as the object that `--json` prints."""
    complaint = found.complaint
    return {
        "file": file,
        "kind": found.kind,
        "command": found.command or None,
        "language": found.language or None,
        "bounces": [
            {
                "recipient": one.recipient,
                "action": one.action,
                "status": one.status or None,
                "severity": one.severity,
                "reason": one.reason,
                "diagnostic": one.diagnostic,
                "remote_mta": one.remote_mta or None,
            }
            for one in found.bounces
        ],
        "complaint": complaint
        and {
            "type": complaint.type,
            "recipient": complaint.recipient or None,
            "message_id": complaint.message_id or None,
        },
    }


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
