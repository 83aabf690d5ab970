"""Errors at a terminal: options stand for fields, and commands for codes."""

from __future__ import annotations

import re

import pytest
import typer

from mailer.cli.main import NOUNS, app
from mailer.cli.remedies import (
    ERRORS,
    HOLDS,
    MISSING,
    OPTIONS,
    PROBLEMS,
    STATES,
    message_of,
    problems_of,
    worded,
)
from mailer.domain.campaigns.campaign import TRANSITIONS, Action, State
from mailer.domain.subscribers.address import AddressError, parse_address
from mailer.errors import ConfigError, InputError, NotFoundError, Problem, SchemaError, StateError
from mailer.message.outgoing.slots import UnsendableError
from mailer.services.campaigns.status import NO_WORKER

WORDS = [*PROBLEMS.values(), *MISSING.values(), *STATES.values(), *ERRORS.values(), *HOLDS.values()]
COMMANDS = sorted({one for text in WORDS for one in re.findall(r"`mailer ([^`]+)`", text)})
FACTS = {
    "entry": "one",
    "column": "wants mail",
    "columns": ("a", "b"),
    "value": "x",
    "list": "news",
}


def test_a_field_is_shown_as_the_option_that_sets_it() -> None:
    """One corrects what one typed."""
    error = InputError.of("topics", "there is no topic 'x'", code="unknown_topic")
    assert [one.place for one in problems_of(error)] == ["--topic"]
    error = InputError.of("edition.toml:3", "it is no date", code="bad_time")
    assert [one.place for one in problems_of(error)] == ["edition.toml:3"]


@pytest.mark.parametrize(
    "error",
    [ConfigError.of("zone", "x", code="setting.bad_value"), UnsendableError("language", "x")],
)
def test_a_setting_is_not_taken_for_an_option(error: InputError) -> None:
    """They may have one name, and are corrected in different places."""
    assert [one.place for one in problems_of(error)] == [error.problems[0].place]


def test_an_address_is_shown_as_it_was_given() -> None:
    """Among several, it says which is meant."""
    with pytest.raises(AddressError) as caught:
        parse_address("nobody")
    assert [one.place for one in problems_of(caught.value)] == ["nobody"]


@pytest.mark.parametrize("code", PROBLEMS)
def test_remedies_are_filled_with_facts(code: str) -> None:
    """A brace in a message would help nobody."""
    shown = worded(Problem("", "it is wrong", "mend it", code=code, facts=FACTS))
    assert shown.remedy != "mend it"
    assert not set("{}") & set(shown.remedy)


def test_the_general_remedy_stands_where_a_fact_or_a_code_is_unknown() -> None:
    """Better that than an error about an error."""
    for code in ("taken", "of_tomorrow"):
        assert worded(Problem("", "it is wrong", "mend it", code=code)).remedy == "mend it"


def test_values_are_not_taken_for_placeholders() -> None:
    """Names of columns are other people's."""
    facts = FACTS | {"column": "{entry} {0}"}
    shown = worded(Problem("", "unclear", code="columns.unclear", facts=facts))
    assert "{entry} {0}=subscribed" in shown.remedy


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("campaign", "There is no campaign '9'. `mailer campaigns list` shows them."),
        ("trial", "There is no trial '9'."),
    ],
)
def test_what_is_missing_is_said_with_where_to_look(kind: str, expected: str) -> None:
    """The next step is at hand."""
    assert message_of(NotFoundError(kind, "9")) == expected


def test_an_action_that_does_not_fit_is_answered_with_the_one_that_does() -> None:
    """The number is in it, so that the command can be copied."""
    with pytest.raises(StateError) as caught:
        TRANSITIONS.follow(State.PAUSED, Action.SEND, 3)
    assert message_of(caught.value) == (
        "Cannot send campaign 3: it is paused. Resume it to go on where it stopped."
        " `mailer campaigns resume 3` does that."
    )


def test_states_that_have_an_addition_are_those_that_refuse() -> None:
    """An addition to what never happens would be dead."""
    for kind, state, action in STATES:
        if kind == "campaign" and state in set(State):
            with pytest.raises(StateError):
                TRANSITIONS.follow(State(state), Action(action))


def test_an_old_store_is_answered_with_the_command_that_migrates() -> None:
    """The person who reads it is the one who runs it."""
    assert "`mailer migrate`" in message_of(SchemaError("The store is old.", 1, 2))


def test_the_hold_that_has_a_command_is_the_one_that_services_tell() -> None:
    """Else nobody would ever see the command."""
    assert list(HOLDS) == [NO_WORKER]


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_that_are_named_exist(command: str) -> None:
    """A remedy that cannot be typed is worse than none."""
    noun, *rest = command.split()
    found = typer.main.get_command(app)
    context = typer.Context(found)
    assert noun in NOUNS
    _, loaded, _ = found.resolve_command(context, [noun])  # type: ignore[attr-defined]
    if NOUNS[noun].group:
        assert rest[0] in loaded.commands
    else:
        options = {name for one in loaded.params for name in one.opts}
        assert {one for one in rest if one.startswith("--")} <= options


def test_options_have_the_form_of_options() -> None:
    """Or of an argument's name, as the help shows it."""
    assert all(re.fullmatch(r"--[a-z-]+|[A-Z]+", option) for option in OPTIONS.values())
