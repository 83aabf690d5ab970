"""Users and tokens in a real store: who may act, from when, until when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailer.clock import SimulatedClock
from mailer.config import Settings
from mailer.domain.access.actor import operator
from mailer.domain.access.rights import Right, Role
from mailer.domain.access.user import Standing, User
from mailer.domain.subscribers.address import parse_address
from mailer.errors import InputError, NotFoundError, StateError
from mailer.services.access import api_tokens, audit, users
from mailer.services.access.acting import Recorder, acting_as
from mailer.services.operation import event_log
from mailer.store.server.connection import Store

NOW = datetime(2026, 4, 26, 9, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings with a secret key of their own."""
    return Settings(data_dir=tmp_path, secret_key_file=tmp_path / "secret.key")


@pytest.fixture(autouse=True)
def acting(store: Store, settings: Settings) -> Iterator[None]:
    """Let the operator act, as a command does."""
    clock = SimulatedClock(NOW)
    with acting_as(operator("root", "host"), Recorder(store, settings, clock)):
        yield


def add(store: Store, settings: Settings, address: str, role: Role) -> User:
    """Add a user."""
    return users.add(store, settings, NOW, parse_address(address), name="Ada", role=role)


def test_a_user_is_added_once(store: Store, settings: Settings) -> None:
    """Two users of one address could not be told apart at sign-in."""
    made = add(store, settings, "Ada@Example.org", Role.OWNER)
    assert (made.address, made.standing) == ("ada@example.org", Standing.INVITED)
    with pytest.raises(InputError, match="already"):
        add(store, settings, "ada@example.org", Role.READER)
    assert users.listed(store) == [made]
    assert [fields["type"] for _, fields in event_log.read(store)] == ["user.added"]


def test_the_last_owner_stays(store: Store, settings: Settings) -> None:
    """An installation never ends up without somebody who can manage its users."""
    add(store, settings, "ada@example.org", Role.OWNER)
    with pytest.raises(StateError, match="only owner"):
        users.disable(store, NOW, "ada@example.org")
    with pytest.raises(StateError, match="only owner"):
        users.give_role(store, NOW, "ada@example.org", Role.SENDER)
    add(store, settings, "bo@example.org", Role.OWNER)
    assert users.disable(store, NOW, "ada@example.org").standing is Standing.DISABLED


def test_a_change_is_told_before_and_after(store: Store, settings: Settings) -> None:
    """The audit log says what a person could do until then, and what since."""
    add(store, settings, "ada@example.org", Role.OWNER)
    add(store, settings, "bo@example.org", Role.READER)
    users.give_role(store, NOW, "bo@example.org", Role.SENDER)
    last = audit.newest(store, 1)[0]
    assert (last.act, last.before, last.after) == (
        "users.role",
        {"role": "reader"},
        {"role": "sender"},
    )
    assert last.facts == {"user": 2, "role": "sender"}


def test_nobody_is_made_operator(store: Store, settings: Settings) -> None:
    """A shell on the machine is not given by a console."""
    with pytest.raises(InputError):
        add(store, settings, "ada@example.org", Role.OPERATOR)
    add(store, settings, "ada@example.org", Role.READER)
    with pytest.raises(InputError):
        users.give_role(store, NOW, "ada@example.org", Role.OPERATOR)


def test_a_token_acts_for_its_user_until_it_is_over(store: Store, settings: Settings) -> None:
    """A program has what it was given, for as long as it was given."""
    add(store, settings, "ada@example.org", Role.SENDER)
    made = api_tokens.add(
        store, NOW, "ada@example.org", name="site", scopes=["subscribers:write"], days=1
    )
    actor = api_tokens.bearer(store, made.text, "192.0.2.1", NOW)
    assert actor is not None
    assert actor.rights == {Right.SUBSCRIBERS_WRITE}
    assert (actor.person, actor.via, actor.origin) == ("user:1", "api", "192.0.2.1")
    assert api_tokens.listed(store)[0].used_at == NOW
    assert api_tokens.bearer(store, made.text[:-1] + "!", "", NOW) is None
    assert api_tokens.bearer(store, made.text, "", NOW + timedelta(days=1)) is None


@pytest.mark.parametrize("how", ["revoked", "user disabled"])
def test_a_token_ends_at_once(store: Store, settings: Settings, how: str) -> None:
    """A leaked token, or a person who left, must not act a minute longer."""
    add(store, settings, "ada@example.org", Role.SENDER)
    add(store, settings, "bo@example.org", Role.OWNER)
    made = api_tokens.add(store, NOW, "ada@example.org", name="site", scopes=["subscribers:write"])
    if how == "revoked":
        api_tokens.revoke(store, NOW, made.token.id)
        with pytest.raises(NotFoundError):
            api_tokens.revoke(store, NOW, made.token.id)
    else:
        users.disable(store, NOW, "ada@example.org")
    assert api_tokens.bearer(store, made.text, "", NOW) is None


def test_scopes_beyond_the_users_role_are_refused(store: Store, settings: Settings) -> None:
    """A user must be told, rather than find out from a program that fails."""
    add(store, settings, "ada@example.org", Role.READER)
    with pytest.raises(InputError) as refused:
        api_tokens.add(
            store, NOW, "ada@example.org", name="", scopes=["campaigns:send", "fly"], days=0
        )
    codes = {(one.place, one.code) for one in refused.value.problems}
    assert ("scopes", "scope_beyond_role") in codes
    assert ("scopes", "unknown_scope") in codes
    assert ("name", "bad_name") in codes


def test_no_secret_of_a_token_is_stored_or_recorded(store: Store, settings: Settings) -> None:
    """A reader of the store or the logs must not be able to act with what they find."""
    add(store, settings, "ada@example.org", Role.SENDER)
    made = api_tokens.add(store, NOW, "ada@example.org", name="site", scopes=["subscribers:write"])
    secret = made.text.split("_", 2)[2].encode()  # it may hold underscores itself
    for key in store.redis.keys("mailer:*"):
        assert secret not in (store.redis.dump(key) or b"")
