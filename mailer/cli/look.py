"""`mailer look`: what the institution says over the settings, as in the console."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailer.cli.main import settings_of
from mailer.cli.terminal import clock_of, folded, show_table, store_of, table
from mailer.errors import InputError

if TYPE_CHECKING:
    from mailer.services.look.looks import Change, Looks, Shown

app = typer.Typer(
    help="Names, colours, words: what is said over mailer.toml.", no_args_is_help=True
)

Place = Annotated[
    str,
    typer.Argument(
        metavar="PART",
        help="institution, short_name, list_title, sender_name, accent, accent_dark, imprint,"
        " postal_address, privacy_url, languages, topics; texts.MAIL.TEXT; names.CODE.",
    ),
]
Language = Annotated[
    str, typer.Option(metavar="CODE", help="For readers of this language; else for all.")
]
Mail = Annotated[str, typer.Argument(metavar="MAIL", help="Such as confirm, welcome or goodbye.")]
MailLanguage = Annotated[
    str, typer.Option("--language", metavar="CODE", help="Instead of the first one.")
]
_JSON = frozenset({"topics", "logo"})


@app.command()
def show(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value, for programs.")] = False,
) -> None:
    """Show what is said over the settings; all else is as `mailer config show` tells."""
    with _looks(ctx) as looks:
        shown = looks.show()
    if as_json:
        facts = {"revision": shown.version.revision, "parts": dict(shown.version.document)}
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    from mailer.domain.look.changes import places

    if not shown.version.document:
        typer.echo("Nothing is said over the settings.")
    for place, value in places(shown.version.document).items():
        typer.echo(folded(f"{place}: {_written(value)}"))


@app.command("set")
def set_(
    ctx: typer.Context,
    place: Place,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="A text; of topics, JSON.")],
    language: Language = "",
) -> None:
    """Say something over the settings. Takes effect within seconds, without a restart."""
    _change(ctx, place, _read(place, value), language)


@app.command()
def reset(ctx: typer.Context, place: Place, language: Language = "") -> None:
    """Go back to what the settings, or our own words, say."""
    _change(ctx, place, None, language)


@app.command()
def logo(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="PNG or JPEG; made smaller.")],
    alt: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE=WORDS", help="What stands for it; again for each language."),
    ] = None,
) -> None:
    """Use a picture as the logo."""
    said = dict(one.partition("=")[::2] for one in alt) if alt else None
    with _looks(ctx) as looks:
        shown = looks.set_logo(file.read_bytes(), said)
    made = shown.look.logo
    size = f"{made.width} × {made.height} pixels" if made else ""
    _tell(shown, f"The logo has {size}.")


@app.command()
def export(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="JSON; else shown.")] = None,
) -> None:
    """Write all of it into a file, logo included, to keep or to use elsewhere."""
    with _looks(ctx) as looks:
        text = json.dumps(looks.exported(), ensure_ascii=False, indent=2) + "\n"
    if file is None:
        typer.echo(text, nl=False)
    else:
        file.write_text(text, encoding="utf-8")
        typer.echo(f"Written to {file}.")


@app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="As `export` wrote it; - reads it.")],
) -> None:
    """Put what a file says in the place of all that is said now; `restore` brings that back."""
    text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    try:
        document = json.loads(text)
    except ValueError as error:
        said = f"this is not JSON ({error})"
        raise InputError.of(
            str(file), said, "use a file that export wrote", code="look.json"
        ) from None
    if not isinstance(document, dict):
        said = "this is not a JSON object"
        raise InputError.of(str(file), said, "use a file that export wrote", code="look.json")
    with _looks(ctx) as looks:
        _tell(looks.import_(document))


@app.command()
def history(ctx: typer.Context) -> None:
    """List the changes, the newest first."""
    with _looks(ctx) as looks:
        found = looks.history()
    if not found:
        typer.echo("Nothing was ever changed.")
        return
    rows = table("Revision", "When (UTC)", "Who", "What", numbers=("Revision",))
    for one in found:
        when = f"{one.at:%Y-%m-%d %H:%M}" if one.at else ""
        rows.add_row(str(one.revision), when, one.name, _summary(one))
    show_table(rows)


@app.command()
def restore(
    ctx: typer.Context,
    revision: Annotated[
        int, typer.Argument(metavar="REVISION", help="As `history` lists; 0: none.")
    ],
) -> None:
    """Make a former version the present one; 0 takes everything back to the settings."""
    with _looks(ctx) as looks:
        _tell(looks.restore(revision))


@app.command()
def preview(ctx: typer.Context, mail: Mail, language: MailLanguage = "") -> None:
    """Show a service mail with made-up facts, as plain text."""
    from mailer.services.look.preview import preview as rendered

    settings = settings_of(ctx)
    with store_of(settings):
        made = rendered(settings, mail, language or settings.languages[0])
    typer.echo(f"Subject: {made.subject}\n\n{made.text}", nl=False)


@app.command("test")
def send_trial_(
    ctx: typer.Context,
    mail: Mail,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Whom to send it to.")],
    language: MailLanguage = "",
) -> None:
    """Send a service mail with made-up facts to an address; nothing in it does anything."""
    from mailer.services.look.preview import send_trial

    settings = settings_of(ctx)
    with store_of(settings):
        chosen = language or settings.languages[0]
        trial = send_trial(settings, clock_of(settings), mail, chosen, address)
    if not trial.accepted:
        said = " ".join(filter(None, (str(trial.attempt.code or ""), trial.attempt.text)))
        typer.echo(f"No relay took it: {said}", err=True)
        raise typer.Exit(1)
    typer.echo(f"{trial.relay} took it.")


@contextmanager
def _looks(ctx: typer.Context) -> Iterator[Looks]:
    from mailer.services.look.looks import Looks

    settings = settings_of(ctx)
    with store_of(settings) as store:
        yield Looks(store, settings, clock_of(settings))


def _change(ctx: typer.Context, place: str, value: Any, language: str) -> None:
    """Change one place, by the act that it needs."""
    from mailer.services.look.looks import WORDS

    wanted = _wanted(place, value, language)
    with _looks(ctx) as looks:
        words = place.partition(".")[0] in WORDS
        _tell(looks.change_words(wanted) if words else looks.change(wanted))


def _wanted(place: str, value: Any, language: str) -> Mapping[str, Any]:
    """Return the change of one place.

    Raises:
        InputError: a text of a mail is of one language, and none is named.
    """
    part, _, key = place.partition(".")
    if part == "texts" and not language:
        said = "a text of a mail is of one language"
        raise InputError.of(place, said, "say which: --language fr", code="look.language")
    if part == "texts":
        return {part: {language: {key: value} if key else value}}
    if part == "names":
        own = {language: value} if language else value
        return {part: {key: own} if key else own}
    from mailer.domain.look.changes import TABLES

    if part in TABLES and (value is not None or language):
        return {part: {language: value}}
    return {part: value}


def _read(place: str, value: str) -> Any:
    if place == "languages":
        return [code.strip() for code in value.replace(" ", ",").split(",") if code.strip()]
    if place not in _JSON:
        return value.replace("\\n", "\n")
    try:
        return json.loads(value)
    except ValueError as error:
        said = f"this is not JSON ({error})"
        remedy = """write it like '{"bulletin": {}, "press": {"name": "Press releases"}}'"""
        raise InputError.of(place, said, remedy, code="look.json") from None


def _tell(shown: Shown, said: str = "") -> None:
    text = f"Revision {shown.version.revision} is in force, everywhere within seconds."
    typer.echo(f"{said} {text}" if said else text)


def _summary(one: Change) -> str:
    said = ", ".join(one.differences)
    return f"as in {one.restored}: {said}" if one.restored else said


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
