"""The actor of a request or a command, asked for by every use case that is an act.

What the service does by itself (workers, the scheduler, mail that came in) is no act: nobody is set
there, nothing is refused, and the event log tells of it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import reduce, wraps
from typing import Any, Final, ParamSpec, TypeVar, cast

from mailer import log
from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.access.actor import STRANGER, Actor, Kind
from mailer.domain.access.acts import ACTS, Act
from mailer.domain.access.audit import Entry, Phase, audit_key
from mailer.errors import MailerError, NotAllowedError, ProofNeededError, StoreError
from mailer.store.access import audit
from mailer.store.server.connection import Store

P = ParamSpec("P")
Result = TypeVar("Result")

_log = log.get_logger(__name__)


class Recorder:
    """Writes the audit log of one store."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._key = audit_key(secret_key(settings))

    def write(self, actor: Actor, act: str, phase: Phase, *, begun: int = 0, **told: Any) -> Entry:
        """Write one entry.

        Args:
            actor: who acts.
            act: what.
            phase: what the entry tells of it.
            begun: number of the entry with which it began.
            told: `facts`, `before`, `after` and `code` of the entry.

        Raises:
            StoreError: it could not be written.
        """
        entry = Entry(
            0,
            self._clock.now(),
            str(actor),
            actor.name,
            actor.via,
            actor.origin,
            act,
            phase,
            begun,
            **told,
        )
        return audit.append(self._store, entry, self._key)


@dataclass(slots=True)
class _Acting:
    """The context of an act by one actor."""

    actor: Actor
    recorder: Recorder | None
    """None where only strangers come."""
    within: str = ""
    """The act under way: what it calls is part of it."""
    looking: bool = False
    """Whether a front end looks at what the act that was admitted is about."""
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    facts: Mapping[str, Any] | None = None


_current: ContextVar[_Acting | None] = ContextVar("acting", default=None)


@contextmanager
def acting_as(actor: Actor, recorder: Recorder | None = None) -> Iterator[None]:
    """Set the actor for the length of a `with` block.

    Args:
        actor: who.
        recorder: writes what they do; only those without any right need none.
    """
    if actor.rights and recorder is None:
        raise ValueError("What somebody with rights does is recorded: give a recorder.")
    token = _current.set(_Acting(actor, recorder))
    try:
        yield
    finally:
        _current.reset(token)


def current() -> Actor | None:
    """Return the actor; None: the service itself."""
    acting = _current.get()
    return acting.actor if acting else None


def tell(
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    **facts: Any,
) -> None:
    """Add facts to the record of the act under way: called by the use case that does it.

    Args:
        before: what was, of the things that change; no secret. Addresses are left out of texts.
        after: what is now.
        facts: further facts about what it was asked of.
    """
    acting = _current.get()
    if acting and acting.within:
        acting.before = {**(acting.before or {}), **_plain(before or {})} or None
        acting.after = {**(acting.after or {}), **_plain(after or {})} or None
        acting.facts = {**(acting.facts or {}), **_plain(facts)} or None


def allowed(name: str) -> None:
    """Refuse an act that the actor may not do; for questions before it is done.

    Raises:
        NotAllowedError: they lack the right.
        ProofNeededError: their session must prove its person again.
    """
    acting = _current.get()
    if acting is not None and not acting.within:
        _check(acting.actor, ACTS[name])


def admitted(name: str) -> None:
    """Refuse an act that the actor may not do, before anything is read of it, and record that.

    For front ends that know the act before its arguments; the use case looks again.

    Raises:
        NotAllowedError: they lack the right.
        ProofNeededError: their session must prove its person again.
    """
    acting = _current.get()
    if acting is None:
        return
    try:
        _check(acting.actor, ACTS[name])
    except MailerError as error:
        _refused(acting, ACTS[name], None, error)
        raise


@contextmanager
def looking(name: str) -> Iterator[None]:
    """Let a front end see what an act is about, before and after it, by the act's own right.

    Whoever may change a thing is told how it is, also without the right to read others. Only acts
    that are not recorded pass: they change nothing and take nothing out.

    Args:
        name: the act that was asked for.

    Raises:
        NotAllowedError: they lack its right.
        ProofNeededError: their session must prove its person again.
    """
    acting = _current.get()
    if acting is None:
        yield
        return
    _check(acting.actor, ACTS[name])
    before, acting.looking = acting.looking, True
    try:
        yield
    finally:
        acting.looking = before


def act(name: str, *facts: str) -> Callable[[Callable[P, Result]], Callable[P, Result]]:
    """Mark a use case as an act: it needs its right, and it is recorded.

    An act that another one calls is part of that one, but for a change within a mere look, which
    needs its own right and has its own record. A generator is checked when it is called.

    Args:
        name: of the table of acts.
        facts: arguments that the audit log tells; texts, numbers, instants and lists of them. With
            a dot, an attribute of one: `options.dry_run` is told as `dry_run`.

    Raises:
        NotAllowedError: whoever acts lacks the right; nothing was done.
        ProofNeededError: their session must prove its person again; nothing was done.
    """
    known = ACTS[name]

    def mark(use_case: Callable[P, Result]) -> Callable[P, Result]:
        signature = inspect.signature(use_case)

        @wraps(use_case)
        def checked_now(*args: P.args, **kwargs: P.kwargs) -> Result:
            with _doing(known, lambda: _facts(signature, facts, args, kwargs)):
                return use_case(*args, **kwargs)

        @wraps(use_case)
        async def checked_async(*args: P.args, **kwargs: P.kwargs) -> Any:
            with _doing(known, lambda: _facts(signature, facts, args, kwargs)):
                started: Any = use_case(*args, **kwargs)
                return await started

        found: Any = checked_async if inspect.iscoroutinefunction(use_case) else checked_now
        checked = cast("Callable[P, Result]", found)
        checked.__act__ = name  # type: ignore[attr-defined]
        return checked

    return mark


def _check(actor: Actor, wanted: Act) -> None:
    if wanted.right is None:
        if actor.kind is not Kind.USER:
            raise NotAllowedError(wanted.name, "")
    elif not actor.may(wanted.right):
        raise NotAllowedError(wanted.name, wanted.right.value)
    if wanted.asks_again and not actor.proved:
        raise ProofNeededError(wanted.name)


@contextmanager
def _doing(known: Act, facts: Callable[[], Mapping[str, Any] | None]) -> Iterator[None]:
    """Check who acts, and record what is done in the `with` block, unless it is part of an act."""
    acting = _current.get()
    if acting is None or _is_part(acting, known) or (acting.looking and not known.recorded):
        yield
        return
    told = facts()
    try:
        _check(acting.actor, known)
    except MailerError as error:
        _refused(acting, known, told, error)
        raise
    outer, acting.within = acting.within, known.name
    try:
        if known.recorded and acting.recorder is not None:
            with _recording(acting, known, told):
                yield
        else:
            yield
    finally:
        acting.within = outer


def _is_part(acting: _Acting, known: Act) -> bool:
    """Tell whether an act is part of the one under way; a change never is part of a mere look."""
    return bool(acting.within) and (ACTS[acting.within].recorded or not known.recorded)


@contextmanager
def _recording(acting: _Acting, known: Act, told: Mapping[str, Any] | None) -> Iterator[None]:
    """Do it between two entries; one that has no second was interrupted, by a crash say."""
    acting.before = acting.after = acting.facts = None
    begun = _write(acting, known, Phase.BEGUN, facts=told)
    try:
        yield
    except MailerError as error:
        phase = Phase.FAILED if isinstance(error, StoreError) else Phase.REFUSED
        _end(acting, known, phase, begun, error.code)
        raise
    except BaseException as error:
        _end(acting, known, Phase.FAILED, begun, type(error).__name__)
        raise
    _end(acting, known, Phase.DONE, begun)


def _write(acting: _Acting, known: Act, phase: Phase, **told: Any) -> int:
    """Write an entry and return its number; 0 if it could not be, where the act is urgent."""
    if acting.recorder is None:
        return 0
    try:
        return acting.recorder.write(acting.actor, known.name, phase, **told).number
    except StoreError as error:
        if not known.urgent:
            raise
        _unwritten(acting.actor, known, phase, error)
        return 0


def _end(acting: _Acting, known: Act, phase: Phase, begun: int, code: str = "") -> None:
    """Tell how it ended. It has happened: that this cannot be written does not undo it."""
    if acting.recorder is None:
        return
    told = {"facts": acting.facts, "before": acting.before, "after": acting.after}
    try:
        acting.recorder.write(acting.actor, known.name, phase, begun=begun, code=code, **told)
    except StoreError as error:
        _unwritten(acting.actor, known, phase, error)


def _refused(
    acting: _Acting, known: Act, told: Mapping[str, Any] | None, error: MailerError
) -> None:
    """Record that somebody known asked for what they may not; strangers would fill the log."""
    if acting.actor == STRANGER or acting.recorder is None:
        return
    try:
        acting.recorder.write(acting.actor, known.name, Phase.REFUSED, facts=told, code=error.code)
    except StoreError as lost:
        _unwritten(acting.actor, known, Phase.REFUSED, lost)


def _unwritten(actor: Actor, known: Act, phase: Phase, error: StoreError) -> None:
    _log.error(
        "audit.failed",
        message="The audit log could not be written.",
        actor=str(actor),
        act=known.name,
        phase=phase.value,
        reason=str(error),
    )


_LONGEST: Final = 500
"""Characters of a text in the audit log."""
_ADDRESS: Final = re.compile(r"[^\s<>,;]+@[^\s<>,;]+")
"""A person may write one into a reason; an erasure could not take it out of the log again."""


def _facts(
    signature: inspect.Signature,
    wanted: tuple[str, ...],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> Mapping[str, Any] | None:
    if not wanted:
        return None
    given = signature.bind(*args, **kwargs)
    given.apply_defaults()
    return {name.rpartition(".")[2]: _plain(_argument(given, name)) for name in wanted}


def _argument(given: inspect.BoundArguments, name: str) -> Any:
    first, *further = name.split(".")
    return reduce(getattr, further, given.arguments[first])


def _plain(value: Any) -> Any:
    """Return a value as the audit log holds it."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    return _ADDRESS.sub("(address)", str(value))[:_LONGEST]
