"""How endpoints of web hooks are shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import typer

from mailer.cli.terminal import show_table, table

if TYPE_CHECKING:
    from mailer.services.webhooks.managing import Answer, Attempt, Endpoint, Seen, Standing

_COLOURS: Final = {"active": "green", "paused": "yellow", "stopped": "red"}
_SHOWN: Final = 10
"""Tries that are listed for people."""


def show_list(found: Sequence[tuple[Endpoint, Standing]]) -> None:
    """Print a table of endpoints."""
    made = table(
        "id", "state", "events", "waiting", "failures", "to", numbers=("waiting", "failures")
    )
    for one, standing in found:
        host = one.url.partition("://")[2].partition("/")[0]
        made.add_row(
            one.id,
            one.state.value,
            " ".join(one.types),
            f"{standing.waiting:,}",
            str(standing.failures),
            f"{host}  {one.note}".rstrip(),
        )
    show_table(made)


def show(seen: Seen, *, secret: bool) -> None:
    """Print all that is known of an endpoint."""
    one, standing = seen.endpoint, seen.standing
    state = typer.style(one.state.value, fg=_COLOURS[one.state.value])
    typer.echo(f"{one.id}: {state}" + (f", {one.reason}" if one.reason else ""))
    rows = [
        ("to", one.url),
        ("events", " ".join(one.types)),
        ("for", one.note),
        ("added", _when(one.created)),
        ("since", _when(one.changed)),
        ("by", one.by),
        ("taken", _taken(standing)),
        ("waiting", _waiting(standing)),
        ("failing", _failing(standing)),
        ("given up", f"{standing.dropped:,}" if standing.dropped else ""),
        ("read up to", standing.position),
        ("replay", _replay(standing)),
    ]
    if secret:
        rows += [("secret", seen.secret), ("old secret", seen.old_secret)]
    for name, text in rows:
        if text:
            typer.echo(f"{name:<12}{text}")
    if seen.attempts:
        typer.echo("\nLast tries")
    for attempt in seen.attempts[:_SHOWN]:
        typer.echo(f"  {_when(attempt.at)}  {attempt.type}  {attempt.event}  {_came_to(attempt)}")


def show_answer(answer: Answer) -> None:
    """Print what came of a test."""
    took = f" after {answer.seconds:.1f} s" if answer.status else ""
    typer.echo(f"{answer.verdict.value}: {answer.reason}{took}")
    if answer.words:
        typer.echo(f"It says: {answer.words}")


def facts_of(one: Endpoint, standing: Standing) -> dict[str, Any]:
    """Return an endpoint for JSON, without its secret."""
    return {
        "id": one.id,
        "url": one.url,
        "types": list(one.types),
        "note": one.note,
        "state": one.state.value,
        "reason": one.reason,
        "by": one.by,
        "created": _iso(one.created),
        "changed": _iso(one.changed),
        "waiting": standing.waiting,
        "next_try": _iso(standing.next_try),
        "failures": standing.failures,
        "failing_since": _iso(standing.since),
        "taken": standing.taken,
        "taken_at": _iso(standing.taken_at),
        "given_up": standing.dropped,
        "position": standing.position,
        "replay": standing.replay or None,
    }


def seen_facts(seen: Seen, *, secret: bool = True) -> dict[str, Any]:
    """Return the same with the last tries, and with the secrets if they are wanted."""
    facts = facts_of(seen.endpoint, seen.standing)
    if secret:
        facts |= {"secret": seen.secret, "old_secret": seen.old_secret or None}
    tries = [
        {
            "at": _iso(one.at),
            "event": one.event,
            "type": one.type,
            "try": one.number,
            "outcome": one.outcome,
            "reason": one.reason,
            "status": one.status,
            "seconds": one.seconds,
            "words": one.words,
        }
        for one in seen.attempts
    ]
    return facts | {"attempts": tries}


def answer_facts(answer: Answer) -> dict[str, Any]:
    """Return what came of a test for JSON."""
    return {
        "outcome": answer.verdict.value,
        "reason": answer.reason,
        "status": answer.status,
        "seconds": round(answer.seconds, 3),
        "words": answer.words,
    }


def _came_to(attempt: Attempt) -> str:
    count = f" (try {attempt.number})" if attempt.number > 1 else ""
    words = f": {attempt.words[:60]}" if attempt.words and attempt.outcome != "delivered" else ""
    return f"{attempt.reason}{count}{words}"


def _taken(standing: Standing) -> str:
    if standing.taken_at is None:
        return "nothing yet"
    return f"{standing.taken:,}, the last at {_when(standing.taken_at)}"


def _waiting(standing: Standing) -> str:
    if not standing.waiting:
        return ""
    return f"{standing.waiting:,}, the next try at {_when(standing.next_try)}"


def _failing(standing: Standing) -> str:
    if not standing.failures:
        return ""
    return f"{standing.failures} tries in a row, since {_when(standing.since)}"


def _replay(standing: Standing) -> str:
    return f"at {standing.replay}, up to {standing.replay_until}" if standing.replay else ""


def _when(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else ""


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
