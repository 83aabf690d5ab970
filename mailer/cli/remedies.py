"""Words errors for a terminal: turns fields into options, and codes into commands that help.

Below the front ends, errors name fields and remedies that hold anywhere. Here they get the options
and the commands of this front end; a placeholder in braces is a fact of the error. An error that is
in no table is shown as it comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from mailer.errors import Fact, InputError, MailerError, NotFoundError, Problem, StateError

OPTIONS: Final = {
    "as": "--as",
    "at": "--at",
    "attributes": "--attribute",
    "city": "--city",
    "days": "--days",
    "description": "--description",
    "end": "--end",
    "id": "ID",
    "invite": "--invite",
    "language": "--language",
    "map": "--map",
    "online": "--online",
    "place": "--place",
    "reason": "--reason",
    "registration": "--registration",
    "remind": "--remind",
    "repeat": "--repeat",
    "scopes": "--scope",
    "start": "--start",
    "tags": "--tag",
    "title": "--title",
    "topic": "--topic",
    "topics": "--topic",
    "url": "--url",
    "zone": "--zone",
}
"""Field of a use case -> how a command is told it."""

PROBLEMS: Final = {
    "backup.not_whole": "use a file that `mailer backup` made, as it was made",
    "calendar.no_zone": "say which one they are of: --zone Europe/Zurich",
    "columns.no_address": (
        "let the first line name the columns (address, language, topics, tags, name), parted by"
        " commas, semicolons, tabs or |; or say which it is, --column NAME=address"
    ),
    "columns.twice": "remove one of them, or use --ignore-column",
    "columns.unclear": (
        "say what it is, --column '{column}=subscribed' where yes means that mail is wanted,"
        " --column '{column}=unsubscribed' where yes means that it is not; or, if it is about"
        " something else, --ignore-column '{column}'"
    ),
    "columns.unclear_value": (
        "write yes or no there, or a word such as active or unsubscribed; if the column does not"
        " say who may be mailed, --ignore-column '{column}'"
    ),
    "unknown_campaign": "`mailer campaigns list` shows them",
    "draft.replaces": "look at it first; then say --replace",
    "edition.has_errors": "mend it and import it again, or say --force",
    "refused_file.same": "give --refused another one",
    "refused_file.unwritable": "give --refused a file elsewhere",
    "webhook.unknown_event": (
        "`mailer events --types` lists them; a group of them is such as campaign.*"
    ),
    "taken": "choose another, or change that one: `mailer calendar change {entry}`",
    "unmapped_list": "say --map '{list}=TOPIC', or --map '{list}=-' to leave the list out",
}
"""Code of a problem -> its remedy here, in place of the general one."""

MISSING: Final = {
    "calendar entry": "`mailer calendar list` shows them.",
    "campaign": "`mailer campaigns list` shows them.",
    "draft": "`mailer editions draft list` shows them.",
    "edition": "`mailer editions import DIR` imports one.",
    "mail": "`mailer inbound list` shows those that are kept.",
    "segment": "`mailer segments list` shows them.",
    "occurrence": "`mailer calendar show {within}` lists them.",
    "template": "`mailer templates import DIR` imports one.",
    "transactional mail": "`mailer templates mails` lists those that are kept.",
    "web hook": "`mailer webhooks list` shows them.",
}
"""Kind of thing that was not found -> addition to the message."""

STATES: Final[Mapping[tuple[str, ...], str]] = {
    ("calendar entry", "cancelled", "change"): (
        "`mailer calendar change {name} --status confirmed` does that."
    ),
    ("calendar entry", "changed_again", "undo"): "`mailer calendar history {name}` shows it.",
    ("calendar entry", "never_changed", "undo"): "`mailer calendar cancel {name}` does that.",
    ("calendar entry", "too_late", "undo"): "`mailer calendar change {name}` does that.",
    ("campaign", "draft", "resume"): "`mailer campaigns send {name}` does that.",
    ("campaign", "no_readers", "send"): "`mailer subscribers count` shows who there is.",
    ("campaign", "paused", "schedule"): "`mailer campaigns resume {name}` does that.",
    ("campaign", "paused", "send"): "`mailer campaigns resume {name}` does that.",
    ("campaign", "scheduled", "pause"): "`mailer campaigns schedule {name} --at TIME` does that.",
    ("campaign", "sending", "schedule"): "`mailer campaigns pause {name}` does that.",
    ("campaign", "sending", "send"): "`mailer campaigns status {name}` shows it.",
}
"""Kind, state and action that did not fit -> addition to the message."""

ERRORS: Final = {
    "not_waiting": (
        "`mailer subscribers waiting` shows who does; `mailer subscribers show` how it is with one."
    ),
    "store_in_use": "If they are no processes of Mailer, add --connected.",
    "store_lost": "If it is Mailer's own, `mailer up` runs it.",
    "store_migrating": (
        "`mailer migrate --dry-run` says where the migration stands, `mailer migrate` goes on."
    ),
    "store_older": ("`mailer migrate --dry-run` says what would change, `mailer migrate` does it."),
}
"""Code of an error -> addition to its message."""

HOLDS: Final = {"no worker is running": "no worker is running; `mailer up` starts the service"}
"""Reason why a campaign is held back -> its wording here."""


def problems_of(error: InputError) -> list[Problem]:
    """List the problems of an input, as a person at a terminal can correct them."""
    return [worded(problem, plain=type(error) is InputError) for problem in error.problems]


def worded(problem: Problem, *, plain: bool = True) -> Problem:
    """Return a problem with the option and the remedy of this front end.

    Args:
        problem: as a use case tells it.
        plain: whether its place may be a field; settings and messages have fields of other names.
    """
    place = OPTIONS.get(problem.place, problem.place) if plain else problem.place
    if problem.code == "invalid_address" and "given" in problem.facts:
        place = str(problem.facts["given"])  # it shows better what is meant
    remedy = _filled(PROBLEMS.get(problem.code, ""), problem.facts) or problem.remedy
    if problem.code == StateError.code:  # one of several things whose state did not fit
        remedy = " ".join(filter(None, (remedy, _of_state(problem.facts))))
    return replace(problem, place=place, remedy=remedy)


def message_of(error: MailerError) -> str:
    """Write an error with what can be done about it here."""
    return " ".join(filter(None, (str(error), _addition(error))))


def _addition(error: MailerError) -> str:
    if isinstance(error, NotFoundError):
        found = MISSING.get(error.kind, "")
    elif isinstance(error, StateError):
        return _of_state(error.facts)
    else:
        found = ERRORS.get(error.code, "")
    return _filled(found, error.facts)


def _of_state(facts: Mapping[str, Fact]) -> str:
    what = tuple(str(facts.get(name, "")) for name in ("kind", "state", "action"))
    return _filled(STATES.get(what, ""), facts)


def _filled(text: str, facts: Mapping[str, Fact]) -> str:
    """Fill facts in; empty where one is not known, so that the general words stand."""
    try:
        return text.format_map(facts)
    except KeyError:
        return ""
