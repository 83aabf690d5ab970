"""What was proposed of each campaign, and who consented."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import redis

from mailer.domain.access.approval import Proposal, Said, Terms
from mailer.domain.events import Event
from mailer.store import events, keys
from mailer.store.server.connection import Store


def find(store: Store, campaign: int) -> Proposal | None:
    """Return what was proposed last of a campaign."""
    text = store.redis.hget(keys.APPROVALS, campaign)
    return _read(json.loads(text)) if text else None


def waiting(store: Store) -> dict[int, Proposal]:
    """Return, by number of the campaign, what was proposed and waits for consent."""
    found = {
        int(number): _read(json.loads(text))
        for number, text in store.redis.hgetall(keys.APPROVALS).items()
    }
    return {number: one for number, one in sorted(found.items()) if one.approved is None}


def change(
    store: Store,
    campaign: int,
    decide: Callable[[Proposal | None], tuple[Proposal | None, Event]],
    follow_up: Callable[[Any], None] | None = None,
) -> Proposal | None:
    """Propose, consent or withdraw; on disk when this returns.

    Args:
        store: the open store.
        campaign: its number.
        decide: makes what is proposed from now on (None: nothing) and the event that tells of it,
            from what was proposed before; called anew if that changed meanwhile.
        follow_up: adds to the transaction.
    """
    while True:
        with store.redis.pipeline(transaction=True) as pipe:
            try:
                pipe.watch(keys.APPROVALS)
                after, event = decide(find(store, campaign))
                pipe.multi()
                if after is None:
                    pipe.hdel(keys.APPROVALS, str(campaign))
                else:
                    pipe.hset(keys.APPROVALS, str(campaign), _write(after))
                events.append(pipe, event)
                if follow_up is not None:
                    follow_up(pipe)
                pipe.execute()
            except redis.WatchError:
                continue
        store.durable()
        return after


def _write(proposal: Proposal) -> str:
    terms = proposal.terms
    return json.dumps(
        {
            "content": terms.content,
            "audience": terms.audience,
            "at": terms.at,
            "planned": proposal.planned,
            "proposed": _said(proposal.proposed),
            "approved": _said(proposal.approved) if proposal.approved else None,
        }
    )


def _said(said: Said) -> Mapping[str, Any]:
    return {
        "person": said.person,
        "name": said.name,
        "at": said.at.isoformat(),
        "makers": sorted(said.makers),
    }


def _read(found: Mapping[str, Any]) -> Proposal:
    return Proposal(
        Terms(found["content"], found["audience"], found["at"]),
        _who(found["proposed"]),
        found["planned"],
        _who(found["approved"]) if found["approved"] else None,
    )


def _who(found: Mapping[str, Any]) -> Said:
    at, makers = datetime.fromisoformat(found["at"]), frozenset(found["makers"])
    return Said(found["person"], found["name"], at, makers)
