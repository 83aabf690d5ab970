"""Consequences of a wish: every combination of facts is decided, and none breaks a law."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.subscribers.command import Verb
from mailer.domain.subscribers.subscriber import TRANSITIONS, Action, Status
from mailer.domain.subscribers.subscribing import (
    Act,
    Choice,
    Decision,
    Facts,
    Mail,
    Proof,
    Reply,
    Request,
    abuse_key,
    decide,
    mark,
    marked,
)

EVERY = [
    Facts(
        verb,
        status=status,
        suppressed=suppressed,
        proof=proof,
        request=request,
        reply=reply,
        changes=changes,
        topic=topic,
    )
    for verb, status, suppressed, proof, request, reply, changes, topic in itertools.product(
        Verb,
        (None, *Status),
        (False, True),
        Proof,
        (None, *Request),
        Reply,
        (False, True),
        (False, True),
    )
]
ALL: list[tuple[Facts, Decision]] = [(facts, decide(facts)) for facts in EVERY]


def test_every_combination_is_decided_with_a_reason() -> None:
    """A combination that nobody thought of would be met first in production."""
    assert all(decision.code and decision.reason for _, decision in ALL)


def test_reasons_are_words_for_people() -> None:
    """The secretariat reads them in lists, and knows no numbers of cases nor names in our code."""
    for _, decision in ALL:
        assert not re.search(r"case|\d|[()]|proof", decision.reason)


def test_who_is_never_mailed_gets_nothing() -> None:
    """Case 12, whatever is asked and however it is proved."""
    for facts, decision in ALL:
        if facts.suppressed or facts.status is Status.COMPLAINED:
            assert (decision.act, decision.mail) == (Act.NOTHING, None)


def test_nobody_is_subscribed_without_a_clear_answer_to_an_open_request() -> None:
    """Double opt-in: the only way to active by mail."""
    for facts, decision in ALL:
        if decision.act is Act.CONFIRM:
            assert (facts.verb, facts.request) == (Verb.CONFIRM, Request.OPEN)
            assert facts.reply is Reply.YES


def test_nothing_of_a_subscriber_changes_without_proof() -> None:
    """A From field can be written by anybody."""
    for facts, decision in ALL:
        if decision.act in {Act.LEAVE, Act.CHANGE}:
            assert facts.proof is not Proof.NONE
            assert facts.status is not None


def test_strangers_are_told_nothing_but_what_a_stranger_may_get() -> None:
    """Law 6, and case 11: no answer tells that an address is subscribed."""
    for facts, decision in ALL:
        if facts.status is None and decision.mail and facts.request is not Request.OPEN:
            told = {Mail.CONFIRM, Mail.NOT_MEMBER, Mail.HELP, Mail.OWN, Mail.CALENDAR}
            assert decision.mail in told


def test_what_is_decided_fits_the_table_of_statuses() -> None:
    """The script refuses what the table lacks: a decision for it would be lost."""
    actions = {Act.CONFIRM: Action.CONFIRM, Act.LEAVE: Action.LEAVE, Act.ASK: Action.REQUEST}
    for facts, decision in ALL:
        if decision.act in actions and facts.status is not None:
            assert (facts.status, actions[decision.act]) in TRANSITIONS


def test_a_mail_goes_with_each_act_that_needs_one() -> None:
    """A reader who is asked or changed is told so."""
    told = {Act.ASK, Act.CONFIRM, Act.LEAVE, Act.CHANGE, Act.ANSWER}
    for _, decision in ALL:
        assert (decision.act in told) == (decision.mail is not None)


@pytest.mark.parametrize(
    ("key", "same"),
    [
        ("a.n.a@gmail.com", "ana@gmail.com"),
        ("ana+x@googlemail.com", "ana@gmail.com"),
        ("ana+x@example.org", "ana@example.org"),
        ("a.n.a@example.org", "a.n.a@example.org"),
        ("+ana@example.org", "+ana@example.org"),
    ],
)
def test_spellings_of_one_mailbox_share_a_limit(key: str, same: str) -> None:
    """Case 15."""
    assert abuse_key(key) == same


@given(st.sampled_from(Choice), st.sampled_from(Choice), st.sampled_from(["en", "fr", "meetings"]))
def test_a_standing_address_does_one_thing(made: Choice, read: Choice, word: str) -> None:
    """One that adds a topic must not drop it, whatever the words are."""
    words = ("en", "fr", "es", "bulletin", "meetings")
    assert marked(mark(made, word), read, words) == (word if made is read else "")
    assert mark(made, word) < 2**16
