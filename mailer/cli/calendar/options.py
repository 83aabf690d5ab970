"""The options of the commands that write an entry of the calendar."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, Final

import typer

_Texts = list[str] | None
BY_LANGUAGE: Final = "fr=TEXT; without a language, in your first one. May be repeated."

Kind = Annotated[str | None, typer.Option(metavar="KIND", help="meeting, observance or deadline.")]
Start = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Such as 2023-04-26T14:00, or 2023-06-27 for all day."),
]
End = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Like --start; a last day is included. none: no end."),
]
Zone = Annotated[
    str | None, typer.Option(metavar="ZONE", help="Its time zone, such as Europe/Zurich.")
]
Title = Annotated[_Texts, typer.Option(metavar="[CODE=]TEXT", help=BY_LANGUAGE)]
About = Annotated[
    _Texts, typer.Option("--description", metavar="[CODE=]TEXT", help="Like --title.")
]
Place = Annotated[_Texts, typer.Option(metavar="[CODE=]TEXT", help="Like --title.")]
City = Annotated[
    _Texts,
    typer.Option(metavar="[CODE=]TEXT", help="City that the time is named after. Like --title."),
]
Registration = Annotated[
    _Texts,
    typer.Option(metavar="[CODE=]URL", help="Where to register; one for all, or by language."),
]
Url = Annotated[str | None, typer.Option(metavar="URL", help="A page about it.")]
Online = Annotated[str | None, typer.Option(metavar="URL", help="Where to join online.")]
Topic = Annotated[
    _Texts, typer.Option(metavar="TOPIC", help="Topic whose subscribers it concerns.")
]
Tag = Annotated[
    _Texts, typer.Option(metavar="TAG", help="Of those, only readers with one of these tags.")
]
Rule = Annotated[
    str | None,
    typer.Option(metavar="RULE", help="Of those, only readers who fit it; see docs/segments.md."),
]
Remind = Annotated[
    _Texts,
    typer.Option(
        metavar="OFFSET", help="Such as P14D or PT1H; may be repeated. Or none, or usual."
    ),
]
Status = Annotated[str | None, typer.Option(metavar="STATUS", help="confirmed or tentative.")]
Invite = Annotated[
    bool | None, typer.Option("--invite/--no-invite", help="Invite readers, who can answer.")
]
Listed = Annotated[
    bool | None, typer.Option("--listed/--not-listed", help="Whether editions list it.")
]
Repeat = Annotated[
    _Texts, typer.Option(metavar="RULE", help="Such as FREQ=MONTHLY;BYDAY=1TU;COUNT=6. none: once.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed in scripts.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Change nothing; show what would be mailed, and to whom.")
]
Occurrence = Annotated[
    str,
    typer.Option(
        metavar="TIME", help="Of a repeating entry, only the occurrence that starts then."
    ),
]


_FIELDS: Final[dict[str, Any]] = {
    "kind": Kind,
    "start": Start,
    "end": End,
    "zone": Zone,
    "title": Title,
    "about": About,
    "place": Place,
    "city": City,
    "registration": Registration,
    "url": Url,
    "online": Online,
    "topic": Topic,
    "tag": Tag,
    "rule": Rule,
    "remind": Remind,
    "status": Status,
    "invite": Invite,
    "listed": Listed,
    "repeat": Repeat,
}
"""The options of an entry's fields, in the order in which `--help` lists them."""


def with_fields(**defaults: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of an entry's fields; what is not given is None or its default."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        own = [one for one in signature.parameters.values() if one.kind is not one.VAR_KEYWORD]
        fields = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=defaults.get(name), annotation=option
            )
            for name, option in _FIELDS.items()
        ]
        first = [one for one in own if one.kind is not one.KEYWORD_ONLY]
        last = [one for one in own if one.kind is one.KEYWORD_ONLY]
        typed: Any = command
        typed.__signature__ = signature.replace(parameters=[*first, *fields, *last])
        return command

    return decorate
