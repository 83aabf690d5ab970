"""`mailer webhooks`: other systems that are told of events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from mailer.cli.main import settings_of
from mailer.cli.terminal import ask, clock_of, counted, store_of
from mailer.cli.webhooks.views import answer_facts, facts_of, seen_facts, show_answer, show_list
from mailer.cli.webhooks.views import show as show_one

if TYPE_CHECKING:
    from mailer.config import Settings
    from mailer.services.operation.opening import Store
    from mailer.services.webhooks.managing import Webhooks

app = typer.Typer(help="Web hooks: other systems that are told of events.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="As `mailer webhooks list` shows it.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON value, for programs.")]
Types = Annotated[
    list[str] | None,
    typer.Option(
        "--type",
        metavar="TYPE",
        help="Events that it wants, such as campaign.finished, campaign.* or *; may be repeated.",
    ),
]


@app.command()
def add(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="https, where events are posted to.")],
    types: Types = None,
    note: Annotated[str, typer.Option(metavar="TEXT", help="What it is for.")] = "",
    as_json: AsJson = False,
) -> None:
    """Add an endpoint, and show its secret. It is told of what happens from now on."""
    settings = settings_of(ctx)
    with store_of(settings) as store:
        hooks = webhooks_of(store, settings)
        seen = hooks.show(hooks.add(url, types or [], note=note).id)
    if as_json:
        typer.echo(json.dumps(seen_facts(seen), ensure_ascii=False))
        return
    typer.echo(f"{seen.endpoint.id} is added. Its secret, by which it checks signatures:")
    typer.echo(seen.secret)
    typer.echo(f"`mailer webhooks test {seen.endpoint.id}` sends it a first message.")


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List all endpoints, and how they fare."""
    settings = settings_of(ctx)
    with store_of(settings) as store:
        found = webhooks_of(store, settings).every()
    if as_json:
        typer.echo(json.dumps([facts_of(*one) for one in found], ensure_ascii=False))
    elif found:
        show_list(found)
    else:
        typer.echo("There are no web hooks. `mailer webhooks add` makes one.")


@app.command()
def show(
    ctx: typer.Context,
    name: Id,
    secret: Annotated[bool, typer.Option("--secret", help="Show its secret, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show an endpoint: its state, what waits for it, and its last tries."""
    settings = settings_of(ctx)
    with store_of(settings) as store:
        seen = webhooks_of(store, settings).show(name)
    if as_json:
        typer.echo(json.dumps(seen_facts(seen, secret=secret), ensure_ascii=False))
    else:
        show_one(seen, secret=secret)


@app.command()
def change(
    ctx: typer.Context,
    name: Id,
    url: Annotated[str | None, typer.Option(metavar="URL", help="Where it is now.")] = None,
    types: Types = None,
    note: Annotated[str | None, typer.Option(metavar="TEXT", help="What it is for.")] = None,
) -> None:
    """Change where an endpoint is, or which events it wants from now on."""
    settings = settings_of(ctx)
    with store_of(settings) as store:
        webhooks_of(store, settings).change(name, url=url, types=types or None, note=note)
    typer.echo(f"{name} is changed.")


@app.command()
def rotate(ctx: typer.Context, name: Id, as_json: AsJson = False) -> None:
    """Give an endpoint a new secret; for 24 hours the old one signs beside it."""
    settings = settings_of(ctx)
    with store_of(settings) as store:
        hooks = webhooks_of(store, settings)
        hooks.rotate(name)
        seen = hooks.show(name)
    if as_json:
        typer.echo(json.dumps(seen_facts(seen), ensure_ascii=False))
        return
    typer.echo(f"The new secret of {name}; the one before is good for 24 hours more:")
    typer.echo(seen.secret)


@app.command()
def pause(
    ctx: typer.Context,
    name: Id,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for whoever looks later.")] = "",
) -> None:
    """Send an endpoint nothing for now; `resume` sends what happened meanwhile."""
    settings = settings_of(ctx)
    with store_of(settings) as store:
        webhooks_of(store, settings).pause(name, reason=reason)
    typer.echo(f"{name} is paused.")


@app.command()
def resume(ctx: typer.Context, name: Id) -> None:
    """Let an endpoint be told again, also of all that happened meanwhile."""
    settings = settings_of(ctx)
    with store_of(settings) as store:
        webhooks_of(store, settings).resume(name)
    typer.echo(f"{name} is active.")


@app.command()
def remove(
    ctx: typer.Context,
    name: Id,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove an endpoint, with all that waits for it."""
    settings = settings_of(ctx)
    with store_of(settings) as store:
        hooks = webhooks_of(store, settings)
        waiting = counted(hooks.show(name).standing.waiting, "event")
        ask(
            f"Remove {name}, for which {waiting} wait?",
            size=f"{name} would be removed, for which {waiting} wait",
            otherwise="Nothing was removed.",
            yes=yes,
        )
        hooks.remove(name)
    typer.echo(f"{name} is removed.")


@app.command("test")
def try_(ctx: typer.Context, name: Id, as_json: AsJson = False) -> None:
    """Send an endpoint a test right now, and show its answer; exits with 1 if it takes it not."""
    import asyncio

    from mailer.services.webhooks.managing import Verdict

    settings = settings_of(ctx)
    with store_of(settings) as store:
        answer = asyncio.run(webhooks_of(store, settings).test(name))
    if as_json:
        typer.echo(json.dumps(answer_facts(answer), ensure_ascii=False))
    else:
        show_answer(answer)
    if answer.verdict is not Verdict.DELIVERED:
        raise typer.Exit(1)


@app.command()
def replay(
    ctx: typer.Context,
    name: Id,
    since: Annotated[
        str,
        typer.Option(metavar="WHEN", help="Later events only: as for `mailer events --since`."),
    ],
    until: Annotated[
        str, typer.Option(metavar="WHEN", help="The last of them; default: the last there is.")
    ] = "",
) -> None:
    """Send events once more that an endpoint wants, under the same ids."""
    from mailer.cli.operation.events import parse_since

    settings = settings_of(ctx)
    now = clock_of(settings).now()
    first, last = parse_since(since, now), parse_since(until, now) if until else ""
    with store_of(settings) as store:
        endpoint = webhooks_of(store, settings).replay(name, since=first, until=last)
    later = (
        "" if endpoint.state.value == "active" else f", once it is resumed: it is {endpoint.state}"
    )
    typer.echo(f"{name} is sent them again{later}.")


def webhooks_of(store: Store, settings: Settings) -> Webhooks:
    """Return the use cases around web hooks."""
    from mailer.services.webhooks.managing import Webhooks

    return Webhooks(store, settings, clock_of(settings))
