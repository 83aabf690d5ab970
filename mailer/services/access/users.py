"""The users of the institution: add them, give them a role, and take it away again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from mailer.config import Settings
from mailer.domain.access.actor import Kind
from mailer.domain.access.mails import Topic
from mailer.domain.access.rights import RIGHTS, Role
from mailer.domain.access.user import (
    LONGEST_NAME,
    Action,
    Standing,
    User,
    after,
    keeps_an_owner,
    with_role,
)
from mailer.domain.events import Event
from mailer.domain.subscribers.address import Address, parse_address
from mailer.errors import InputError, NotFoundError, Problem, StateError
from mailer.services.access import once
from mailer.services.access.acting import act, current, tell
from mailer.store.access import users
from mailer.store.access.users import Change, Users
from mailer.store.server.connection import Store

Make = Callable[[User], User]


@act("users.list")
def listed(store: Store) -> list[User]:
    """Return all users in the order in which they were added, also disabled ones."""
    return list(users.all_users(store).values())


@act("users.add", "role")
def add(
    store: Store,
    settings: Settings,
    at: datetime,
    address: Address,
    *,
    name: str,
    role: Role,
    language: str = "",
) -> User:
    """Add a user, who may sign in from now on; mails nobody.

    Raises:
        InputError: the name or the language cannot be, the address is a user's already, or the role
            has rights that whoever asks has not.
    """
    problems = [*_problems(settings, name, role, language), *_beyond(role)]
    if problems:
        raise InputError(problems)
    if known := once.made():
        return get(store, int(known))
    number = users.next_number(store)
    made = User(
        number,
        address.key,
        " ".join(name.split()),
        role,
        Standing.INVITED,
        language or settings.languages[0],
        at,
    )

    def decide(known: Users) -> Change:
        if any(one.address == made.address for one in known.values()):
            said = "somebody with this address is a user already"
            raise InputError.of("address", said, "change that user", code="taken")
        return Change([made], [Event("user.added", at, {"user": number, "role": role.value})])

    users.change(store, decide, lambda pipe: once.bind(pipe, str(number)))
    tell(user=number)
    return made


@act("users.role", "role")
def give_role(store: Store, at: datetime, address: str, role: Role) -> User:
    """Give a user another role; their sessions end.

    Raises:
        NotFoundError: nobody of that address is a user.
        StateError: they are the last owner.
        InputError: it is no role that is given, or has rights that whoever asks has not.
    """
    if role is Role.OPERATOR:
        said = "nobody is given the role of the operator"
        raise InputError.of("role", said, "choose another role", code="unknown_role")
    if beyond := _beyond(role):
        raise InputError(beyond)
    return _changed(store, at, address, lambda user: with_role(user, role), "role")


@act("users.disable")
def disable(store: Store, at: datetime, address: str) -> User:
    """Let a user sign in no more; their sessions and tokens end at once.

    Raises:
        NotFoundError: nobody of that address is a user.
        StateError: they are the last owner.
    """
    return _changed(store, at, address, lambda user: after(user, Action.DISABLE), "disable")


@act("users.enable")
def enable(store: Store, at: datetime, address: str) -> User:
    """Let a user sign in again.

    Raises:
        NotFoundError: nobody of that address is a user.
        InputError: their role has rights that whoever asks has not.
    """

    def enabled(user: User) -> User:
        if beyond := _beyond(user.role):
            raise InputError(beyond)
        return after(user, Action.ENABLE)

    return _changed(store, at, address, enabled, "enable")


def find(store: Store, address: str) -> User:
    """Return the user of an address, as a person wrote it.

    Raises:
        NotFoundError: nobody of that address is a user.
        AddressError: it is no address.
    """
    found = users.of_address(store, parse_address(address).key)
    if found is None:
        raise NotFoundError("user", address)
    return found


@act("users.list")
def get(store: Store, number: int) -> User:
    """Return the user of a number.

    Raises:
        NotFoundError: there is none.
    """
    found = users.get(store, number)
    if found is None:
        raise NotFoundError("user", str(number))
    return found


def signed_in(store: Store, at: datetime, number: int, way: str) -> User:
    """Note that a user signed in.

    Raises:
        NotFoundError: there is no such user.
        StateError: they are disabled.
    """
    event = Event("user.signed_in", at, {"user": number, "way": way})

    def decide(known: Users) -> Change:
        if number not in known:
            raise NotFoundError("user", str(number))
        return Change([replace(after(known[number], Action.SIGN_IN), signed_in_at=at)], [event])

    return users.change(store, decide)[number]


def end_sessions(store: Store, at: datetime, number: int) -> User:
    """End all sessions of a user: they signed out everywhere, or a factor of theirs changed.

    Raises:
        NotFoundError: there is no such user.
    """
    event = Event("user.changed", at, {"user": number, "fields": "sessions"})

    def decide(known: Users) -> Change:
        if number not in known:
            raise NotFoundError("user", str(number))
        return Change([replace(known[number], epoch=known[number].epoch + 1)], [event])

    return users.change(store, decide)[number]


def end_all_sessions(store: Store, at: datetime) -> None:
    """End the sessions of all users: a copy was brought back, and has those ended since it."""

    def decide(known: Users) -> Change:
        ended = [replace(one, epoch=one.epoch + 1) for one in known.values()]
        told = [
            Event("user.changed", at, {"user": one.number, "fields": "sessions"}) for one in ended
        ]
        return Change(ended, told)

    users.change(store, decide)


def speak(store: Store, at: datetime, number: int, language: str) -> User:
    """Give a user another language, one of the list's.

    Raises:
        NotFoundError: there is no such user.
    """
    event = Event("user.changed", at, {"user": number, "fields": "language"})

    def decide(known: Users) -> Change:
        if number not in known:
            raise NotFoundError("user", str(number))
        return Change([replace(known[number], language=language)], [event])

    return users.change(store, decide)[number]


def choose_mails(store: Store, at: datetime, number: int, wanted: frozenset[Topic]) -> User:
    """Let a user have these mails about the service's work, and no others.

    Raises:
        NotFoundError: there is no such user.
    """
    event = Event("user.changed", at, {"user": number, "fields": "mails"})

    def decide(known: Users) -> Change:
        if number not in known:
            raise NotFoundError("user", str(number))
        before, now = known[number], replace(known[number], mails=wanted)
        if before == now:
            return Change([], [])
        tell(user=number, after={"mails": sorted(wanted)})
        return Change([now], [event])

    return users.change(store, decide)[number]


def _changed(store: Store, at: datetime, address: str, make: Make, action: str) -> User:
    number = find(store, address).number

    def decide(known: Users) -> Change:
        before, now = known[number], make(known[number])
        if now == before:
            return Change([], [])
        if keeps_an_owner(known) and not keeps_an_owner({**known, number: now}):
            said, remedy = "the only owner", "Make somebody else an owner first."
            raise StateError("user", before.name, "last_owner", action, remedy, said=said)
        fields = [
            name for name in ("role", "standing") if getattr(before, name) != getattr(now, name)
        ]
        tell(
            user=number,
            before={name: getattr(before, name).value for name in fields},
            after={name: getattr(now, name).value for name in fields},
        )
        event = Event("user.changed", at, {"user": number, "fields": " ".join(fields)})
        return Change([now], [event])

    return users.change(store, decide)[number]


def _beyond(role: Role) -> list[Problem]:
    """Tell of rights of a role that whoever acts has not, and so cannot give.

    A provider's word gives roles by the settings, which say which.
    """
    giver = current()
    if role is Role.OPERATOR or giver is None or giver.kind is Kind.PROVIDER:
        return []
    lacking = sorted(RIGHTS[role] - giver.rights)
    if not lacking:
        return []
    said = f"it has rights that you have not yourself: {', '.join(lacking)}"
    return [Problem("role", said, "choose another role, or ask an owner", code="role_beyond_own")]


def _problems(settings: Settings, name: str, role: Role, language: str) -> list[Problem]:
    found = []
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        said = "it is empty, longer than 100 characters, or has signs that nobody can see"
        remedy = "give the name by which colleagues know them"
        found.append(Problem("name", said, remedy, code="bad_name"))
    if language and language not in settings.languages:
        said, remedy = f"there is no language {language!r}", ", ".join(settings.languages)
        found.append(Problem("language", said, f"choose one of: {remedy}", code="unknown_language"))
    if role is Role.OPERATOR:
        said = "nobody is given the role of the operator"
        found.append(Problem("role", said, "choose another role", code="unknown_role"))
    return found
