"""`mailer subscribers change`, `tag` and `bulk`: one reader changed; many tagged or taken off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from mailer.cli.main import settings_of
from mailer.cli.subscribers.views import bar, readers
from mailer.cli.terminal import ask, clock_of, store_of
from mailer.errors import InputError

if TYPE_CHECKING:
    from mailer.services.subscriptions.bulk import Bulk, Progress, Tally

RULE: Final = typer.Argument(metavar="RULE", help="An audience rule, or a segment's name.")
YES: Final = typer.Option("--yes", "-y", help="Do not ask; needed in scripts.")


class Doing(StrEnum):
    """What `bulk` does."""

    REMOVE = "remove"
    SUPPRESS = "suppress"
    ERASE = "erase"


_WORDS: Final = {
    Doing.REMOVE: "Take {whom} off the list?",
    Doing.SUPPRESS: "Never mail {whom} again?",
    Doing.ERASE: "Forget all about {whom}? It cannot be undone.",
}


def change(  # noqa: PLR0917  # typer calls it, by name
    ctx: typer.Context,
    who: Annotated[str, typer.Argument(metavar="ADDRESS", help="The reader's address.")],
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="Language code, such as fr.")
    ] = None,
    topics: Annotated[
        list[str] | None,
        typer.Option("--topics", "--topic", metavar="TOPICS", help="All topics from now on."),
    ] = None,
    tags: Annotated[
        list[str] | None,
        typer.Option("--tags", "--tag", metavar="TAGS", help="All tags from now on; - is none."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="The reader's name; - is none.")] = None,
    attribute: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Such as country=CH; - takes a value away."),
    ] = None,
) -> None:
    """Change what is known of one reader; never the status. You answer for further topics."""
    from mailer.domain.subscribers.address import parse_address
    from mailer.services.subscriptions import subscribers
    from mailer.services.subscriptions.details import Details, change_details

    settings = settings_of(ctx)
    wanted = Details(
        language,
        _words(topics),
        () if tags == ["-"] else _words(tags),
        name,
        named_values(attribute or ()) or None,
    )
    with store_of(settings) as store:
        before = subscribers.find(store, parse_address(who))
        after = change_details(store, settings, clock_of(settings).now(), before, wanted)
    what = "as it was" if after == before else "changed"
    typer.echo(f"{before.address}: {what} (subscriber {before.number}). Nobody was mailed.")


def tag(
    ctx: typer.Context,
    rule: Annotated[str, RULE],
    add: Annotated[list[str] | None, typer.Option(metavar="TAG", help="Give this tag.")] = None,
    take: Annotated[list[str] | None, typer.Option(metavar="TAG", help="Take it away.")] = None,
    yes: Annotated[bool, YES] = False,
) -> None:
    """Give tags to all readers of whom a rule holds, or take tags from them."""
    more, less = add or [], take or []

    def tagged(bulk: Bulk, members: int, progress: Progress) -> Tally:
        return bulk.tag(members, more, less, progress)

    words = [*(f"+{one}" for one in more), *(f"-{one}" for one in less)]
    _do(ctx, rule, f"Tag {{whom}} ({' '.join(words)})?", tagged, yes=yes)


def bulk(
    ctx: typer.Context,
    what: Annotated[Doing, typer.Argument(metavar="remove|suppress|erase")],
    rule: Annotated[str, RULE],
    reason: Annotated[str, typer.Option(help="For the record; no names.")] = "by the secretariat",
    yes: Annotated[bool, YES] = False,
) -> None:
    """Take all readers of whom a rule holds off the list, never mail them again, or erase them.

    Those are meant of whom it holds when you are asked, whatever their status.
    """

    def done(work: Bulk, members: int, progress: Progress) -> Tally:
        match what:
            case Doing.REMOVE:
                return work.remove(members, reason, progress)
            case Doing.SUPPRESS:
                return work.suppress(members, reason, progress)
            case Doing.ERASE:
                return work.erase(members, reason, progress)

    _do(ctx, rule, _WORDS[what], done, yes=yes)


def _do(
    ctx: typer.Context,
    rule: str,
    question: str,
    action: Callable[[Bulk, int, Progress], Tally],
    *,
    yes: bool,
) -> None:
    from mailer.services.segments.named import Segments
    from mailer.services.subscriptions.bulk import Bulk
    from mailer.services.subscriptions.listing import Filter, Listing

    settings, clock = settings_of(ctx), clock_of(settings_of(ctx))
    with store_of(settings) as store:
        listing = Listing(store, settings)
        chosen = Filter(rule=Segments(store, settings, clock).rule_of(rule))
        count = listing.count(chosen).number
        if not count:
            typer.echo("The rule holds of nobody. Nothing was changed.")
            return
        work = Bulk(store, settings, clock, listing)
        members = work.members(chosen, count)
        asked = question.format(whom=readers(count))
        ask(asked, size=f"It would be {readers(count)}", otherwise="Nothing was changed.", yes=yes)
        with bar("Readers") as progress:
            tally = action(work, members, progress)
    typer.echo(f"{readers(tally.done)} done, {tally.unchanged:,} so already. Nobody was mailed.")
    if tally.refused:
        typer.echo(f"{readers(tally.refused)} left as they are: they would have too many tags.")


def named_values(given: Sequence[str]) -> dict[str, str]:
    """Read `NAME=VALUE` options.

    Raises:
        InputError: one has no such form.
    """
    found = {}
    for option in given:
        name, sign, value = option.partition("=")
        if not sign or not value.strip():
            remedy = "write NAME=VALUE; NAME=- takes the value away"
            said = f"{option!r} does not say what the value is"
            raise InputError.of("--attribute", said, remedy, code="bad_attribute")
        found[name.strip().lower()] = value.strip()
    return found


def _words(given: list[str] | None) -> list[str] | None:
    return None if given is None else [word for one in given for word in one.split()]
