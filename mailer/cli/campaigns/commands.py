"""`mailer campaigns`: make one, try it, send or schedule it, watch it, and stop it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from mailer.cli.campaigns.after import repeat, report, resolve, retry, speed
from mailer.cli.campaigns.approving import approve, propose, standing_in_words, withdraw
from mailer.cli.campaigns.changing import change
from mailer.cli.campaigns.deliveries import deliveries, deliveries_in_words
from mailer.cli.main import settings_of
from mailer.cli.moments import timed
from mailer.cli.terminal import (
    ask,
    clock_of,
    console,
    counted,
    folded,
    listed,
    show_table,
    store_of,
    table,
)
from mailer.domain.campaigns.campaign import TRANSITIONS, Action, Campaign, State
from mailer.domain.campaigns.delivery import Outcome

if TYPE_CHECKING:
    from mailer.config import Settings
    from mailer.services.campaigns.lifecycle import Campaigns
    from mailer.services.operation.opening import Store


app = typer.Typer(help="Test, send or schedule an edition, and watch it go out.")

Number = Annotated[int, typer.Argument(metavar="ID", help="The campaign's number.", min=1)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON value, for programs.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed in scripts.")]
NotYet = Annotated[
    bool,
    typer.Option(
        "--not-yet", help="Only to readers who have not had this edition from another campaign."
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Send even if the edition has errors.")]


@app.command()
def create(  # noqa: PLR0917 - typer calls it, by name
    ctx: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="The edition.")],
    topic: Annotated[str, typer.Option(metavar="NAME", help="Subscribers to this topic get it.")],
    tag: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Only readers with this tag; if repeated, with any of them."
        ),
    ] = None,
    segment: Annotated[
        str, typer.Option(metavar="NAME", help="Only readers in this named segment.")
    ] = "",
    to: Annotated[
        str,
        typer.Option(metavar="RULE", help="Only these, such as 'lang:fr and not had:12'."),
    ] = "",
    not_yet: NotYet = False,
    as_json: AsJson = False,
) -> None:
    """Make a campaign: an edition for the subscribers of a topic. Sends nothing.

    A segment or a rule says which of them; docs/segments.md tells how rules are written.
    """
    from mailer.services.segments.rules import together

    settings = settings_of(ctx)
    with store_of(settings) as store:
        campaigns = _campaigns(store, settings)
        rule = together(segment and f"segment:{segment}", to)
        campaign = campaigns.create(slug, topic, tuple(tag or ()), not_yet=not_yet, rule=rule)
        if as_json:
            typer.echo(json.dumps(campaigns.status(campaign.number).as_json()))
            return
        _, said = _forecast(store, settings, campaign)
    number = campaign.number
    typer.echo(f"Campaign {number} is a draft.")
    typer.echo(folded(f"As of now, {said}."))
    typer.echo(f"Try it first: `mailer campaigns test {number} --to ADDRESS`.")


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the campaigns, the newest first."""
    settings = settings_of(ctx)
    with store_of(settings) as store:
        found = _campaigns(store, settings).all()
    if as_json:
        typer.echo(json.dumps([status.as_json() for status in found]))
        return
    if not found:
        typer.echo("There is no campaign yet. Make one: `mailer campaigns create SLUG --topic …`.")
        return
    amounts = ("ID", "Planned", "Accepted", "Outstanding")
    rows = table("ID", "What", "Topic", "State", *amounts[1:], "Begun", numbers=amounts)
    for status in found:
        campaign, counts = status.campaign, status.counts
        begun = f"{campaign.started_at:%Y-%m-%d}" if campaign.started_at else ""
        settled = [f"{n:,}" for n in (counts.planned, counts.accepted, counts.outstanding)]
        rows.add_row(
            str(campaign.number),
            campaign.what,
            " ".join(campaign.topics),
            campaign.standing,
            *(settled if counts.planned else ["", "", ""]),
            begun,
        )
    show_table(rows)


@app.command("test")
def try_out(
    ctx: typer.Context,
    number: Number,
    to: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to send it to.")],
    language: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="Only this language; may be repeated."),
    ] = None,
) -> None:
    """Send one real message for each language to an address, now.

    The subject begins with [Test fr]. The campaign's state and its books stay as they are. Exits
    with 1 unless the relay took all of them.
    """
    from mailer.services.campaigns.trial import Trials

    settings = settings_of(ctx)
    with store_of(settings) as store:
        trials = Trials(store, settings, clock_of(settings)).send(number, to, language or ())
    for trial in trials:
        attempt = trial.attempt
        through = f" ({trial.relay})" if trial.relay else ""
        reply = " ".join(
            part for part in (str(attempt.code or ""), attempt.enhanced, attempt.text) if part
        )
        outcome = "failed for now" if attempt.outcome is Outcome.DEFERRED else attempt.outcome.value
        shown = typer.style(outcome, fg="green" if trial.accepted else "red")
        typer.echo(f"{trial.language}  {shown}{through}: {reply}")
    if not all(trial.accepted for trial in trials):
        raise typer.Exit(1)
    typer.echo(folded(f"Look for {counted(len(trials), 'message')} at {to}."))


@app.command()
def send(
    ctx: typer.Context,
    number: Number,
    not_yet: NotYet = False,
    yes: Yes = False,
    force: Force = False,
) -> None:
    """Send a campaign now. Each campaign is sent once.

    Checks the edition first, says who will get it and how many have had it already, and asks.
    Without a terminal, it needs --yes.
    """
    from mailer.services.campaigns.prospect import about_to

    settings = settings_of(ctx)
    with store_of(settings) as store:
        campaign = about_to(store, settings, number, Action.SEND, not_yet=not_yet)
        _refuse_errors(store, settings, campaign, force=force)
        planned, said = _forecast(store, settings, campaign)
        if planned:
            typer.echo(folded(f"{said}."))
            ask("Send it now?", size=said, otherwise="Nothing was sent.", yes=yes)
        campaigns = _campaigns(store, settings)
        started = campaigns.send(number, not_yet=not_yet)
        typer.echo(f"Campaign {number} is sending: {deliveries_in_words(started.planned)}.")
        typer.echo(f"Watch it: `mailer campaigns status {number} --watch`.")
        _warn_without_workers(campaigns, "nothing leaves")


@app.command()
def schedule(  # noqa: PLR0917 - typer calls it, by name
    ctx: typer.Context,
    number: Number,
    at: Annotated[str, typer.Option(metavar="TIME", help="Such as 2023-04-12T09:00.")],
    zone: Annotated[
        str, typer.Option(metavar="ZONE", help="Time zone of that time, such as Europe/Zurich.")
    ] = "",
    not_yet: NotYet = False,
    yes: Yes = False,
    force: Force = False,
) -> None:
    """Schedule a campaign to start by itself, or move it to another time.

    Says who would get it as of now, and asks; without a terminal, it needs --yes. If the service
    is down at that time, the campaign starts late, but only within `lateness_hours`; after that,
    it is held until you decide.
    """
    from mailer.cli.campaigns.live import when
    from mailer.services.campaigns.prospect import about_to

    settings = settings_of(ctx)
    local = timed(at, zone)
    with store_of(settings) as store:
        campaign = about_to(store, settings, number, Action.SCHEDULE, not_yet=not_yet)
        if local.tzinfo is None and not zone:
            typer.echo("No --zone was given: the time is taken as UTC.", err=True)
        _refuse_errors(store, settings, campaign, force=force)
        _, said = _forecast(store, settings, campaign)
        said = f"As of now, {said}"
        typer.echo(folded(f"{said}."))
        question = "Let it start by itself then?"
        ask(question, size=said, otherwise="Nothing was changed.", yes=yes)
        campaigns = _campaigns(store, settings)
        campaign = campaigns.schedule(number, local, zone or "UTC", not_yet=not_yet)
        typer.echo(folded(f"Campaign {number} starts by itself on {when(campaign)}."))
        _warn_without_workers(campaigns, "it would not start")


@app.command()
def pause(ctx: typer.Context, number: Number) -> None:
    """Stop a campaign within a second; it can go on later."""
    settings = settings_of(ctx)
    with store_of(settings) as store:
        campaigns = _campaigns(store, settings)
        campaigns.pause(number)
        left = campaigns.status(number).counts.outstanding
    typer.echo(f"Campaign {number} is paused, with {deliveries_in_words(left)} outstanding.")
    typer.echo(f"`mailer campaigns resume {number}` lets it go on.")


@app.command()
def resume(ctx: typer.Context, number: Number, yes: Yes = False) -> None:
    """Resume a paused campaign where it stopped.

    Says how many readers it will still mail, and asks; without a terminal, it needs --yes.
    """
    settings = settings_of(ctx)
    with store_of(settings) as store:
        campaigns = _campaigns(store, settings)
        before = campaigns.status(number)
        TRANSITIONS.follow(before.campaign.state, Action.RESUME, before.campaign.number)
        rest = deliveries_in_words(before.counts.outstanding)
        ask(
            f"Let campaign {number} go on with {rest}?",
            size=f"Campaign {number} would go on with {rest}",
            otherwise="Nothing was changed.",
            yes=yes,
        )
        campaigns.resume(number)
        left = campaigns.status(number).counts.outstanding
        typer.echo(f"Campaign {number} goes on, with {deliveries_in_words(left)} outstanding.")
        _warn_without_workers(campaigns, "nothing leaves")


@app.command()
def cancel(ctx: typer.Context, number: Number, yes: Yes = False) -> None:
    """End a campaign for good. Mail that has left cannot be called back; the rest is skipped."""
    settings = settings_of(ctx)
    with store_of(settings) as store:
        campaigns = _campaigns(store, settings)
        campaign = campaigns.find(number)
        TRANSITIONS.follow(campaign.state, Action.CANCEL, campaign.number)
        if campaign.state is State.CANCELLED:
            typer.echo(f"Campaign {number} was cancelled already.")
            return
        left = campaigns.status(number).counts.outstanding
        rest = f", and skip {deliveries_in_words(left)}" if campaign.started_at else ""
        ask(
            f"End campaign {number} for good{rest}?",
            size=f"It would end campaign {number} for good{rest}",
            otherwise="Nothing was changed.",
            yes=yes,
        )
        after, skipped = campaigns.cancel(number)
        accepted = campaigns.status(number).counts.accepted
    if after.started_at is None:
        typer.echo(f"Campaign {number} is cancelled; it had not begun.")
        return
    done = f"; {accepted:,} had been accepted" if accepted else ""
    typer.echo(f"Campaign {number} is cancelled: {deliveries_in_words(skipped)} skipped{done}.")


@app.command()
def status(
    ctx: typer.Context,
    number: Number,
    as_json: AsJson = False,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch",
            help="Keep watching until it is sent or cancelled; Ctrl-C ends only the watching.",
        ),
    ] = False,
) -> None:
    """Show how a campaign stands, how fast it is, and whether its books balance."""
    from mailer.cli.campaigns import live

    settings = settings_of(ctx)
    screen = console()
    with store_of(settings) as store:
        campaigns = _campaigns(store, settings)
        if not watch:
            found = campaigns.status(number)
            if as_json:
                typer.echo(json.dumps(found.as_json()))
            else:
                screen.print(live.view(found))
                _tell_approval(store, settings, found.campaign)
            return
        write = (lambda found: json.dumps(found.as_json())) if as_json else None
        try:
            ended = live.watch(lambda: campaigns.watched(number), screen, write=write)
        except KeyboardInterrupt:
            typer.echo(f"No longer watching; campaign {number} goes on by itself.", err=True)
            raise typer.Exit(130) from None
        if not screen.is_terminal and not as_json:
            screen.print(live.balance(ended.counts), soft_wrap=True)


app.command()(deliveries)
for command in (propose, approve, withdraw, change, report, retry, resolve, repeat, speed):
    app.command()(command)


def _campaigns(store: Store, settings: Settings) -> Campaigns:
    from mailer.services.campaigns.lifecycle import Campaigns

    return Campaigns(store, settings, clock_of(settings))


def _tell_approval(store: Store, settings: Settings, campaign: Campaign) -> None:
    """Say how a campaign that has not begun stands with the rule of the second person."""
    from mailer.services.campaigns.approving import Approvals

    if campaign.started_at or campaign.state is State.CANCELLED:
        return
    standing = Approvals(store, settings, clock_of(settings)).standing(campaign)
    if said := standing_in_words(standing):
        typer.echo(folded(f"Approval: {said}."))


def _forecast(store: Store, settings: Settings, campaign: Campaign) -> tuple[int, str]:
    """Count who would get a campaign, and say who, and how many of them have had it already."""
    from mailer.services.campaigns.prospect import prospect

    found = prospect(store, settings, campaign)
    had, total = found.had, found.total
    tags = f" with the tag {' or '.join(campaign.tags)}" if campaign.tags else ""
    tags += f" who fit {campaign.rule}" if campaign.rule else ""
    by = listed([f"campaign {number}" for number, _ in had.by])
    if not total and had.total:
        return 0, f"all of {campaign.readers}{tags} have had {campaign.what}, by {by}"
    if not total:
        return 0, f"no active reader subscribes to {campaign.readers}{tags}"
    shares = ", ".join(f"{language} {number:,}" for language, number in found.planned.items())
    said = f"{campaign.what} goes to {counted(total, 'reader')} of {campaign.readers}{tags}"
    said += f" ({shares})"
    if had.total and campaign.not_yet:
        said += f"; not to {had.total:,} who had it by {by}"
    elif had.total:
        said += f"; {had.total:,} of the {total:,} had it by {by} (--not-yet leaves them out)"
    return total, said


def _refuse_errors(store: Store, settings: Settings, campaign: Campaign, *, force: bool) -> None:
    """Stop before an edition that is known to be broken goes out."""
    from mailer.services.campaigns.prospect import errors_of, findings, refuse_errors

    found = findings(store, settings, campaign)
    errors = errors_of(found)
    if not force:
        refuse_errors(errors, campaign.edition)
    if found and not errors:
        hint = f"`mailer editions check {campaign.edition}` shows {counted(len(found), 'warning')}."
        typer.echo(folded(hint), err=True)


def _warn_without_workers(campaigns: Campaigns, consequence: str) -> None:
    if not campaigns.has_workers():
        said = f"No worker is running, so {consequence} yet: start the service with `mailer up`."
        typer.secho(said, fg="yellow", err=True)
