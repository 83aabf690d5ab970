"""How the API answers errors: each kind has its status, and says what the caller may know."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

import mailer
from mailer.domain.access.approval import Lack as Missing
from mailer.domain.campaigns.campaign import Campaign, State
from mailer.domain.segments.tokens import RuleError
from mailer.domain.subscribers.address import AddressError, parse_address
from mailer.domain.subscribers.subscriber import Status, Subscriber
from mailer.errors import (
    ConfigError,
    InputError,
    MailerError,
    MigratingError,
    NewerSchemaError,
    NotAllowedError,
    NotFoundError,
    Problem,
    ProofNeededError,
    RelayError,
    SchemaError,
    StateError,
    StoreDeniedError,
    StoreDiskError,
    StoreError,
    StoreFullError,
    StoreInUseError,
    StoreLostError,
    StoreRefusedError,
)
from mailer.inbound.mailbox import NoRoomError
from mailer.message.outgoing.slots import UnsendableError
from mailer.services.campaigns.approving import ApprovalNeededError, SecondPersonError
from mailer.services.campaigns.readers import UnclearReadersError
from mailer.services.campaigns.sizes import OtherSizeError
from mailer.services.directories.people import DirectoryError
from mailer.services.directories.syncing import DirectoryBusyError, DirectoryRefusedError
from mailer.services.look.looks import LookChangedError
from mailer.services.operation.jobs import JobLimitError
from mailer.services.sending.contents import Lack, NothingError
from mailer.services.subscriptions.bulk import NumberChangedError
from mailer.services.subscriptions.details import ChangedError
from mailer.services.subscriptions.moderation import NotWaitingError
from mailer.services.subscriptions.subscribers import LeftAloneError
from mailer.services.transactional.sending import KeyReusedError, MailLimitError, MailRefusedError
from mailer.store.subscribers.rows import Refusal
from mailer.web.problem_details import KINDS, TYPE, answer_of

PRIVATE = "/srv/mailer/data at 10.0.0.7"
PAST = Problem("at", "9:00 is past", "give a later time", code="past", facts={"zone": "UTC"})


def address_error() -> AddressError:
    """Return what a wrong address raises."""
    with pytest.raises(AddressError) as caught:
        parse_address("nobody")
    return caught.value


SINCE = datetime(2023, 4, 1, tzinfo=UTC)
READER = Subscriber(1, "reader@example.org", "en", Status.ACTIVE, SINCE, SINCE, "web")
CAMPAIGN = Campaign(7, State.DRAFT, "spring-2023", "bulletin", SINCE)
RULE = RuleError.of("character 1", 'there is no topic "x"', code="unknown_topic")
EXAMPLES: list[tuple[MailerError, int]] = [
    (MailerError(PRIVATE), 500),
    (InputError([PAST]), 422),
    (address_error(), 422),
    (UnsendableError("subject", "is empty", "write one"), 422),
    (ConfigError.of("data_dir", PRIVATE, code="setting.bad_value"), 500),
    (NotFoundError("occurrence", "2023-04-26", "Look again.", within="meeting"), 404),
    (StateError("campaign", "7", "sent", "send", "Create another one."), 409),
    (NothingError(CAMPAIGN, Lack.OVER, "over", "Cancel it."), 409),
    (UnclearReadersError(CAMPAIGN, RULE), 409),
    (RULE, 422),
    (NotAllowedError("campaigns.send", "send"), 403),
    (ProofNeededError("campaigns.send"), 403),
    (ApprovalNeededError(CAMPAIGN, Missing.NOT_PROPOSED), 409),
    (SecondPersonError(CAMPAIGN), 409),
    (MailRefusedError(7, "suppressed"), 409),
    (MailLimitError("address", 60), 429),
    (KeyReusedError(7), 422),
    (ChangedError(7), 409),
    (JobLimitError(), 429),
    (DirectoryBusyError("staff is being read already"), 409),
    (DirectoryRefusedError("it is empty"), 409),
    (DirectoryError("it is away"), 502),
    (NotWaitingError(READER, "press", "withdrew"), 409),
    (OtherSizeError(4312, 4400), 409),
    (NumberChangedError(12, 14), 409),
    (LookChangedError(("name.en",)), 409),
    (LeftAloneError("reader@example.org", Refusal(0, "unsubscribed", SINCE)), 409),
    (RelayError(permanent=True, reply=550, enhanced="5.1.1", command="RCPT", text="no"), 502),
    (StoreError(PRIVATE, PRIVATE), 503),
    (SchemaError(PRIVATE, 3, 4), 503),
    (NewerSchemaError(PRIVATE, 5, 4), 503),
    (MigratingError(PRIVATE), 503),
    (StoreInUseError(PRIVATE), 503),
    (StoreLostError(PRIVATE, PRIVATE), 503),
    (StoreDeniedError(PRIVATE, PRIVATE), 503),
    (StoreFullError(PRIVATE, PRIVATE), 503),
    (StoreDiskError(PRIVATE, PRIVATE), 503),
    (StoreRefusedError(PRIVATE, PRIVATE), 500),
    (NoRoomError(PRIVATE), 503),
]
"""One of every class, with the status that it is answered with."""
RESERVED = {"type", "title", "status", "detail", "instance"}
"""Members that RFC 9457 gives a meaning to."""


def kinds(of: type[MailerError] = MailerError) -> Iterator[type[MailerError]]:
    """Yield a class of errors and all below it."""
    yield of
    for one in of.__subclasses__():
        yield from kinds(one)


def own_kinds() -> set[type[MailerError]]:
    """Return all classes of errors that Mailer has, with every module loaded."""
    for module in pkgutil.walk_packages(mailer.__path__, "mailer."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return {one for one in kinds() if one.__module__.startswith("mailer.")}


def test_every_class_of_errors_has_an_answer_and_an_example_here() -> None:
    """A new one without would be answered as what it derives from, perhaps with another status."""
    assert {one.code for one in own_kinds()} == set(KINDS)
    assert {type(error) for error, _ in EXAMPLES} == own_kinds()


@pytest.mark.parametrize(("error", "status"), EXAMPLES, ids=lambda one: getattr(one, "code", ""))
def test_every_error_is_answered_by_its_status_and_code(error: MailerError, status: int) -> None:
    """Programs go by both; whatever is in an answer can be written as JSON."""
    answered, details = answer_of(error)
    assert (answered, details["status"]) == (status, status)
    assert (details["type"], details["code"]) == (f"{TYPE}{error.code}", error.code)
    assert details["title"]
    assert details["detail"]
    assert set(details) - RESERVED <= {"code", "errors", "facts"}
    assert json.loads(json.dumps(details)) == details


@pytest.mark.parametrize(("error", "status"), EXAMPLES, ids=lambda one: getattr(one, "code", ""))
def test_what_is_our_fault_is_told_without_paths_and_hosts(error: MailerError, status: int) -> None:
    """Nobody outside needs them, and they help an attacker."""
    _, details = answer_of(error)
    assert PRIVATE not in json.dumps(details)
    assert ("facts" in details) <= (status < 500 or error.code == "relay_failed")


def test_each_problem_of_an_input_is_told_with_its_field() -> None:
    """A form shows it beside the field; a program goes by its code and facts."""
    missing = Problem("title", "it has no title", code="missing")
    _, details = answer_of(InputError([PAST, missing]))
    assert details["errors"] == [
        {
            "field": "at",
            "code": "past",
            "detail": "9:00 is past; give a later time",
            "facts": {"zone": "UTC"},
        },
        {"field": "title", "code": "missing", "detail": "it has no title"},
    ]
    assert "2" in details["detail"]


def test_an_address_is_told_by_its_field() -> None:
    """What was given is a fact; the field is what the caller must correct."""
    _, details = answer_of(address_error())
    (one,) = details["errors"]
    assert (one["field"], one["code"]) == ("address", "invalid_address")
    assert one["facts"] == {"given": "nobody"}


def test_facts_tell_what_the_message_tells() -> None:
    """A program must not read messages."""
    _, details = answer_of(NotFoundError("occurrence", "2023-04-26", within="meeting"))
    assert details["facts"] == {"kind": "occurrence", "name": "2023-04-26", "within": "meeting"}
    _, details = answer_of(NothingError(CAMPAIGN, Lack.OVER, "over", "Cancel it."))
    expected = {"kind": "campaign", "name": "7", "state": "over", "action": "send"}
    assert details["facts"] == expected


def test_a_class_without_an_entry_is_answered_as_what_it_derives_from() -> None:
    """An answer of some kind must come, whatever was forgotten; its own code is told."""
    forgotten = type("ForgottenError", (StateError,), {"code": "forgotten"})
    status, details = answer_of(forgotten("campaign", "7", "sent", "send"))
    assert (status, details["code"]) == (409, "forgotten")


def test_lists_among_the_facts_stay_lists() -> None:
    """What is possible is listed, so that a program can offer it."""
    facts = {"topic": "x", "known": ("bulletin", "meetings")}
    error = InputError.of("topic", "there is no topic 'x'", code="unknown_topic", facts=facts)
    _, details = answer_of(error)
    assert details["errors"][0]["facts"]["known"] == ["bulletin", "meetings"]
