"""Runs the steps from the version of a store's data to the present one.

One process does it at a time: it holds a lease, which every lot of work renews and depends on. The
record of the migration holds how far each part is, written in the transaction of each lot; who goes
on after a crash begins there.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

import redis
from rq.job import Job

from mailer.clock import Clock
from mailer.domain.events import Event
from mailer.errors import MigratingError, StoreInUseError
from mailer.store import keys, queue
from mailer.store.migrations import to_2, to_3
from mailer.store.migrations.step import Command, Known, Lot, Part, Step
from mailer.store.queue import QueueName
from mailer.store.server import schema
from mailer.store.server.connection import Store

STEPS: Final[Sequence[Step]] = (to_2.STEP, to_3.STEP)
"""In order, one for each version after the first."""
LEASE_SECONDS: Final = 60
"""The silence of a process after which another may go on: a lot takes less."""
_WATCHERS: Final = "sentinel-"
"""The prefix in the names of the connections of Sentinels."""


class Done(NamedTuple):
    """The number of things that a part of a step changed, or would."""

    to: int
    """The step's version."""
    changes: int
    says: str
    """The change in words, after the number."""


def plan(store: Store, known: Known) -> list[Done]:
    """List what a migration would change from here on, and change nothing.

    The parts of later steps look at the data as it is now.
    """
    found = []
    for step, part in _parts(schema.find(store.redis)):
        after, changes, over = _progress(store, step, part)
        while not over:
            lot = part.look(store, known, after)
            after, changes, over = lot.after, changes + lot.changes, not lot.after
        found.append(Done(step.to, changes, part.says))
    return found


def run(store: Store, known: Known, clock: Clock, *, connected: bool = False) -> list[Done]:
    """Bring a store's data to the present version; nothing is done if it is of that already.

    Args:
        store: opened whatever the version of its data.
        known: what steps cannot know from it.
        clock: tells the time of the event.
        connected: go on though other clients are connected.

    Returns:
        What was changed, before an interruption too.

    Raises:
        MigratingError: another process is at it, or took it over.
        StoreInUseError: others use the store.
    """
    with _lease(store) as holder:
        found = schema.find(store.redis)
        if found.current:
            return []
        _begin(store, found, holder)
        if not connected:
            _check_alone(store, found, holder)
        done = []
        for step, part in _parts(found):
            done.append(Done(step.to, _carry_out(store, known, step, part, holder), part.says))
        fields: dict[str, str | int] = {"from": found.version, "to": keys.SCHEMA_VERSION}
        flat = Event("store.migrated", clock.now(), fields).flat()
        told: Command = (
            "XADD",
            keys.EVENTS,
            "*",
            *(part for pair in flat.items() for part in pair),
        )
        _commit(store, holder, [("DEL", keys.MIGRATION), told])
        store.durable()
        return done


def _parts(found: schema.Schema) -> Iterator[tuple[Step, Part]]:
    """List what is to be done, in order; at the end, whatever the steps, jobs are made anew."""
    if found.current:
        return
    for step in STEPS:
        if step.to > found.version:
            yield from ((step, part) for part in step.parts)
    yield STEPS[-1], Part("jobs", "jobs that wait in the queues are made anew", _jobs)


def _jobs(store: Store, _: Known, __: str) -> Lot:
    """Empty the queues: jobs of another version may be named otherwise.

    What they were to do stands in our own records, where the scheduler finds it.
    """
    commands: list[Command] = []
    changes = 0
    for name in QueueName:
        waiting = queue.queue(store.redis, name)
        if ids := waiting.get_job_ids():
            commands.append(("UNLINK", waiting.key, *map(Job.key_for, ids)))
            changes += len(ids)
    return Lot(commands, changes)


def _carry_out(store: Store, known: Known, step: Step, part: Part, holder: bytes) -> int:
    """Do a part from where it stands; returns how many things changed in all."""
    after, changes, over = _progress(store, step, part)
    while not over:
        lot = part.look(store, known, after)
        after, changes, over = lot.after, changes + lot.changes, not lot.after
        stands = json.dumps([after, changes, over])
        _commit(
            store, holder, [*lot.commands, ("HSET", keys.MIGRATION, _field(step, part), stands)]
        )
    return changes


def _progress(store: Store, step: Step, part: Part) -> tuple[str, int, bool]:
    """Tell where a part stands: where its next lot begins, what has changed, whether it is over."""
    found = store.redis.hget(keys.MIGRATION, _field(step, part))
    after, changes, over = json.loads(found) if found else ("", 0, False)
    return after, changes, over


def _field(step: Step, part: Part) -> str:
    return f"{step.to} {part.name}"


def _begin(store: Store, found: schema.Schema, holder: bytes) -> None:
    """Mark the store, so that no process opens it meanwhile, of whatever version."""
    begun: Command = ("HSET", keys.MIGRATION, "from", found.version)
    _commit(store, holder, [begun, ("SET", keys.SCHEMA, keys.SCHEMA_VERSION)])


def _check_alone(store: Store, found: schema.Schema, holder: bytes) -> None:
    """Make sure that nobody opened the store before it was marked, and uses it still."""
    mine = store.redis.client_id()
    clients: list[dict[str, str]] = store.redis.client_list(_type="normal")
    database = next(one["db"] for one in clients if int(one["id"]) == mine)
    others = [
        one
        for one in clients
        if int(one["id"]) != mine
        and one["db"] == database
        and not one["name"].startswith(_WATCHERS)
    ]
    if not others:
        return
    if not found.migrating:
        back: Command = ("SET", keys.SCHEMA, found.version)
        _commit(store, holder, [back, ("DEL", keys.MIGRATION)])
    shown = ", ".join(sorted({one["name"] or one["addr"] for one in others})[:5])
    raise StoreInUseError(
        f"Others use the store ({len(others)} connections: {shown}). Stop the service on all "
        "machines first; nothing was changed."
    )


@contextmanager
def _lease(store: Store) -> Iterator[bytes]:
    """Be the only one who migrates, for the length of a `with` block."""
    holder = f"process {os.getpid()} on {socket.gethostname()} {secrets.token_hex(8)}".encode()
    if not store.redis.set(keys.MIGRATION_LEASE, holder, nx=True, ex=LEASE_SECONDS):
        who = (store.redis.get(keys.MIGRATION_LEASE) or b"another process").decode()
        seconds = max(1, int(store.redis.ttl(keys.MIGRATION_LEASE)))
        raise MigratingError(
            f"The store is being migrated already, by {who.rpartition(' ')[0]}. If that process is "
            f"gone, try again in {seconds} seconds."
        )
    try:
        yield holder
    finally:
        _commit(store, holder, [("DEL", keys.MIGRATION_LEASE)], last=True)


def _commit(
    store: Store, holder: bytes, commands: Sequence[Command], *, last: bool = False
) -> None:
    """Run commands in one transaction if the lease is ours still, and renew it.

    Raises:
        MigratingError: it is not; nothing was changed. Not at the `last` one.
    """
    with store.redis.pipeline(transaction=True) as pipe:
        try:
            pipe.watch(keys.MIGRATION_LEASE)
            ours = pipe.get(keys.MIGRATION_LEASE) == holder
            pipe.multi()
            pipe.expire(keys.MIGRATION_LEASE, LEASE_SECONDS)
            for command in commands:
                pipe.execute_command(*command)
            if ours:
                pipe.execute()
        except redis.WatchError:
            ours = False
    if not ours and not last:
        raise MigratingError(
            "This process was silent for too long, and another may have gone on with the migration."
        )
