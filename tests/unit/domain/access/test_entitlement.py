"""Law 13: who may cause what from outside, for everything that comes in, whoever stands behind it."""

from __future__ import annotations

from itertools import product
from typing import Final

import pytest

from mailer.domain.access.entitlement import RULES, TABLE, Authority, Claim, Effect, Source, decide
from mailer.domain.subscribers.command import Verb
from mailer.domain.subscribers.subscriber import Status
from mailer.domain.subscribers.subscribing import Act, Facts, Proof
from mailer.domain.subscribers.subscribing import decide as answer_to

LETTERS: Final = {
    "S": Effect.SUPPRESS,
    "C": Effect.COUNT,
    "A": Effect.ACT,
    "?": Effect.ASK,
    "s": Effect.SHOW,
    ".": Effect.NOTHING,
}
# By source a row for each claim, in it a letter for each authority, all in the order of the code.
EXPECTED: Final = {
    Source.COMPLAINT: ("SSSS", "Ssss", "Ssss", "ssss"),
    Source.CFBL: ("SSSs", "Ssss", "Ssss", "ssss"),
    Source.BOUNCE: ("CCCC", "....", "....", "...."),
    Source.AUTO_REPLY: ("ssss", "ssss", "ssss", "ssss"),
    Source.SUBSCRIBING: ("????", "ssss", "????", "ssss"),
    Source.CONFIRMING: ("AAAA", "ssss", "ssss", "ssss"),
    Source.LEAVING: ("AAAA", "ssss", "??A?", "ssss"),
    Source.INVITED: ("AAAA", "ssss", "ssss", "ssss"),
    Source.APPROVING: ("ssAs", "ssss", "ssss", "ssss"),
}
PRODUCT: Final = list(product(Source, Claim, Authority))
CHANGING: Final = frozenset({Effect.SUPPRESS, Effect.COUNT, Effect.ACT})


@pytest.mark.parametrize(("source", "claim", "authority"), PRODUCT)
def test_what_may_follow(source: Source, claim: Claim, authority: Authority) -> None:
    """The whole product, written down a second time: no cell is decided in passing."""
    row = EXPECTED[source][list(Claim).index(claim)]
    decision = decide(source, claim, authority)
    assert decision.effect is LETTERS[row[list(Authority).index(authority)]]
    assert decision.reason


@pytest.mark.parametrize(("source", "claim", "authority"), PRODUCT)
def test_nothing_that_a_stranger_could_write_changes_anything(
    source: Source, claim: Claim, authority: Authority
) -> None:
    """Law 13 in one sentence."""
    if claim is not Claim.SECRET and authority in {Authority.NOBODY, Authority.ELSEWHERE}:
        assert decide(source, claim, authority).effect not in CHANGING
    if claim in {Claim.MESSAGE_ID, Claim.NOTHING}:
        listed = authority is Authority.REPORTER and claim is Claim.MESSAGE_ID
        assert decide(source, claim, authority).effect not in CHANGING or listed


def test_only_listed_reporters_and_secrets_suppress() -> None:
    """Suppression is for ever, so that no author's own signature is enough."""
    for (source, claim, authority), decision in TABLE.items():
        if decision.effect is Effect.SUPPRESS:
            assert source in {Source.COMPLAINT, Source.CFBL}
            assert claim is Claim.SECRET or authority is Authority.REPORTER


def test_every_row_of_the_table_decides_something() -> None:
    """A row that no cell comes to would only mislead who reads the page."""
    used = [next(rule for rule in RULES if rule.fits(*cell)) for cell in PRODUCT]
    assert {id(rule) for rule in used} == {id(rule) for rule in RULES}


@pytest.mark.parametrize("verb", [Verb.LEAVE, Verb.TOPICS, Verb.LANGUAGE])
@pytest.mark.parametrize(
    ("proof", "claim", "authority"),
    [
        (Proof.TOKEN, Claim.SECRET, Authority.NOBODY),
        (Proof.AUTHENTICATED, Claim.ADDRESS, Authority.AUTHOR),
        (Proof.NONE, Claim.ADDRESS, Authority.NOBODY),
    ],
)
def test_what_a_reader_s_mail_does_agrees_with_the_table(
    verb: Verb, proof: Proof, claim: Claim, authority: Authority
) -> None:
    """Leaving and changing are decided elsewhere, in detail; never beyond what the table allows."""
    act = answer_to(Facts(verb, Status.ACTIVE, proof=proof, changes=True)).act
    entitled = decide(Source.LEAVING, claim, authority).effect is Effect.ACT
    assert (act in {Act.LEAVE, Act.CHANGE}) is entitled


@pytest.mark.parametrize("proof", Proof)
@pytest.mark.parametrize("status", [None, Status.PENDING, Status.UNSUBSCRIBED])
def test_nobody_is_subscribed_without_the_token_of_a_question(
    proof: Proof, status: Status | None
) -> None:
    """An author whom a domain vouches for is asked all the same: consent is given knowingly."""
    assert answer_to(Facts(Verb.SUBSCRIBE, status, proof=proof)).act is Act.ASK
    assert decide(Source.SUBSCRIBING, Claim.ADDRESS, Authority.AUTHOR).effect is Effect.ASK
