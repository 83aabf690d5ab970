"""Tracing complaints by what we signed, and answers of closed addresses: parsers of strangers' bytes."""

from __future__ import annotations

import base64
import quopri
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.access.token import BRIEF, Purpose, Signer
from mailer.domain.subscribers.bearer import Bearer, Leave, check_of, short, sign_service_mail
from mailer.message.incoming import traces
from mailer.message.incoming.retired import is_retired
from mailer.message.incoming.traces import How, Trace
from mailer.message.outgoing.tokens import Tokens
from mailer.message.outgoing.verp import ReturnPath
from support.places import CORPUS

SIGNER = Signer(bytes(range(32)))
OTHER = Signer(bytes(range(1, 33)))
PATH = ReturnPath("bulletin", "lists.example.org", SIGNER)
SAMPLES = [file.read_bytes() for file in sorted(CORPUS.glob("*/*.eml"))]
REPORT = """From: fbl@example.com
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
{fact}

--b
Content-Type: {kind}

{field}
From: bulletin@lists.example.org

--b--
"""


def traced(
    *, fact: str = "Version: 1", field: str = "X: y", kind: str = "message/rfc822", to: str = ""
) -> Trace | None:
    """Trace one report."""
    content = REPORT.format(fact=fact, kind=kind, field=field).encode()
    return traces.find(content, [to], PATH, SIGNER)


ONE = 2**63 + 12345
ANA = "ana@example.org"
GRANTED = Tokens(SIGNER, 3, ONE).of(7, ANA)
FEEDBACK, LEAVE, MESSAGE = GRANTED.feedback, GRANTED.leave, GRANTED.message
MEANT = {
    How.RETURN_PATH: (short(ONE), Bearer(7), None),
    How.FEEDBACK_ID: (ONE, Bearer(7), None),
    How.MESSAGE_ID: (ONE, Bearer(7), None),
}
SAID = Leave(Bearer(7, SIGNER.mark(ANA)[:BRIEF]), 3, check_of(ONE))
MEANT[How.LEAVE] = (0, SAID.bearer, SAID)  # type: ignore[assignment]


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
@pytest.mark.parametrize(
    ("field", "how"),
    [
        (f"Return-Path: <{PATH.write(ONE, 7)}>", How.RETURN_PATH),
        (f"Message-ID: <{MESSAGE}@lists.example.org>", How.MESSAGE_ID),
        (f"Message-ID:\n <{MESSAGE.upper()}@lists.example.org>", How.MESSAGE_ID),
        (f"CFBL-Feedback-ID: {FEEDBACK}", How.FEEDBACK_ID),
        (f"List-Unsubscribe: <https://lists.example.org/leave/{LEAVE}>", How.LEAVE),
        (f"List-Unsubscribe:\n <mailto:bulletin-leave+{LEAVE.upper()}@x>", How.LEAVE),
        (f"CFBL-Feedback-ID:  {FEEDBACK} \nMessage-ID: <1@x>", How.FEEDBACK_ID),
    ],
)
def test_a_delivery_is_found_by_each_thing_that_we_signed(field: str, how: How, kind: str) -> None:
    """Reports leave out what they like; one of them is enough."""
    assert traced(field=field, kind=kind) == (how, *MEANT[how])


@pytest.mark.parametrize("link", ["https://x.example/leave/{}", "mailto:bulletin-leave+{}@x"])
@pytest.mark.parametrize("coding", ["7bit", "quoted-printable", "base64"])
def test_a_link_in_the_reported_text_tells_too(link: str, coding: str) -> None:
    """Some reporters keep the text and little of the header."""
    text = f"To leave the list: {link.format(LEAVE)}\n".encode()
    coded = {
        "7bit": text,
        "quoted-printable": quopri.encodestring(text),
        "base64": base64.encodebytes(text),
    }
    content = coded[coding].decode()
    field = f"Content-Transfer-Encoding: {coding}\nContent-Type: text/plain\n\n{content}\n"
    assert traced(field=field) == (How.LEAVE, *MEANT[How.LEAVE])


def test_the_envelope_and_the_report_s_own_fields_tell_too() -> None:
    """Some reports come to the return path, some name it (RFC 5965 section 3.2)."""
    assert traced(to=PATH.write(ONE, 7)) == (How.RETURN_PATH, *MEANT[How.RETURN_PATH])
    assert traced(to=f"bulletin-leave+{LEAVE}@lists.example.org") == (How.LEAVE, *MEANT[How.LEAVE])
    assert traced(fact=f"Reported-URI: https://lists.example.org/leave/{LEAVE}")[0] is How.LEAVE  # type: ignore[index]
    assert traced(fact=f"Original-Mail-From: <{PATH.write(ONE, 7)}>") == (
        How.RETURN_PATH,
        *MEANT[How.RETURN_PATH],
    )


def test_a_secret_wins_over_what_every_reply_shows() -> None:
    """A report about a forwarded mail may hold more than one."""
    other = SIGNER.pack(Purpose.FEEDBACK, ONE + 1, 9)
    field = f"Message-ID: <{MESSAGE}@lists.example.org>\nCFBL-Feedback-ID: {other}"
    assert traced(field=field) == (How.FEEDBACK_ID, ONE + 1, Bearer(9), None)


def test_a_service_mail_is_traced_to_whom_it_was_sent() -> None:
    """With the mark of the address: the number may be somebody else's by now (law 16)."""
    token = sign_service_mail(SIGNER, Purpose.MESSAGE, 5, 7, ANA)
    meant = (How.MESSAGE_ID, 0, Bearer(7, SIGNER.mark(ANA)), None)
    assert traced(field=f"Message-ID: <{token}@lists.example.org>") == meant


def test_mail_from_before_identities_is_traced_as_it_was() -> None:
    """Complaints come months later."""
    feedback = SIGNER.sign(Purpose.FEEDBACK, 3, 7)
    leave = SIGNER.sign(Purpose.LEAVE, 7, 3)
    meant = (How.FEEDBACK_ID, 3, Bearer(7), None)
    assert traced(field=f"CFBL-Feedback-ID: {feedback}") == meant
    assert traced(to=PATH.write(3, 7)) == (How.RETURN_PATH, 3, Bearer(7), None)
    said = Leave(Bearer(7), 3)
    assert traced(to=f"bulletin-leave+{leave}@x") == (How.LEAVE, 0, Bearer(7), said)


def test_all_but_the_message_id_is_secret() -> None:
    """A token that can end a reader's mail must not stand in each reply."""
    assert {how for how in How if not how.secret} == {How.MESSAGE_ID}


@pytest.mark.parametrize(
    "field",
    [
        f"Message-ID: <{OTHER.pack(Purpose.MESSAGE, ONE, 7)}@lists.example.org>",
        f"Message-ID: <{FEEDBACK}@lists.example.org>",
        f"CFBL-Feedback-ID: {MESSAGE}",
        f"CFBL-Feedback-ID: {FEEDBACK[:-1]}",
        f"X-Note: {FEEDBACK}",
        f"List-Unsubscribe: <https://lists.example.org/leave/{OTHER.sign(Purpose.LEAVE, 7, 3)}>",
        f"List-Unsubscribe: <https://lists.example.org/leave/{FEEDBACK}>",
        f"Subject: {LEAVE}",
        "Message-ID: <1@example.com>",
    ],
)
def test_what_we_did_not_sign_for_it_tells_nothing(field: str) -> None:
    """A complaint ends mail for good: nobody may end another's."""
    assert traced(field=field) is None


@given(st.binary(max_size=2000), st.lists(st.text(max_size=100), max_size=3))
def test_any_bytes_are_traced_to_nobody(data: bytes, recipients: list[str]) -> None:
    """No random bytes hold a token; and none may stop the mail that comes after."""
    assert traces.find(data, recipients, PATH, SIGNER) is None
    is_retired(data)


@given(st.sampled_from(SAMPLES), st.randoms(use_true_random=False))
def test_damaged_samples_are_read(sample: bytes, chance: random.Random) -> None:
    """Mail is cut, joined and recoded on its way."""
    data = bytearray(sample)
    for _ in range(chance.randrange(1, 8)):
        at = chance.randrange(len(data) + 1)
        end = at + chance.randrange(40)
        data[at:end] = chance.randbytes(chance.randrange(20))
    assert traces.find(bytes(data), [], PATH, SIGNER) is None
    is_retired(bytes(data))


HOSTILE = {
    "many attached messages": b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
    + b"--b\nContent-Type: message/rfc822\n\nMessage-ID: <x>\nReturn-Path: <bulletin-bounces+\n\n"
    * 10_000,
    "many fields": b"Content-Type: message/feedback-report\n\n"
    + b"Original-Mail-From: <bulletin-bounces+1-1-0000000000000000@x>\n" * 50_000,
    "many tokens": b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
    + (b"--b\nContent-Type: message/rfc822\n\n" + b"List-Unsubscribe: " + b"1-" * 900 + b"\n")
    * 9_000,
    "a long field": b"Message-ID: <" + b"1-" * 2_000_000 + b">\n\n",
    "a long sentence": b"Subject: x\n\n" + b"this address of the account of the mailbox " * 50_000,
    "nearly closed": b"Subject: x\n\n" + b"address is address was address will be " * 50_000,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_mail_takes_bounded_time(data: bytes) -> None:
    """One mail must not keep a worker busy (case 72)."""
    began = time.process_time()
    assert traces.find(data, ["bulletin-bounces+" * 1000], PATH, SIGNER) is None
    is_retired(data)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "text",
    [
        "This email address is no longer in use.",
        "This mailbox is no longer monitored. Please write to office@example.net.",
        "Please note that I no longer work at this organization.",
        "Ana has left our organization. Please update your address book.",
        "My email address has changed: please use ana@example.net from now on.",
        "Diese Adresse wird nicht mehr gelesen.",
        "Frau Muster ist nicht mehr bei uns beschäftigt.",
        "Cette adresse électronique n’est plus utilisée.",
        "Madame Dupont ne travaille plus à l’agence.",
        "Esta cuenta de correo ya no está en uso.",
        "La señora García ya no trabaja en esta institución.",
        "Questo indirizzo non è più attivo.",
        "Este endereço já não está ativo.",
        "Dit adres is niet meer in gebruik.",
        "Этот адрес больше не используется.",
    ],
)
def test_an_address_that_is_given_up_is_known_by_its_words(text: str) -> None:
    """Case 64, in the languages that readers' servers speak."""
    assert is_retired(
        f"Subject: Automatic reply\nContent-Type: text/plain; charset=utf-8\n\n{text}\n".encode()
    )


@pytest.mark.parametrize(
    "text",
    [
        "I am out of the office until 3 May and will answer after that.",
        "This mailbox is not monitored. Please do not reply.",
        "I am on leave. In urgent matters please write to my colleague.",
        "I do not work on Fridays.",
        "I am not working this week, and not at the organization's office.",
        "Ich bin bis 3. Mai nicht im Büro.",
        "Je suis absente jusqu’au 3 mai.",
        "Estoy fuera de la oficina hasta el 3 de mayo.",
        "Your request has been received and a ticket was opened.",
    ],
)
def test_who_is_only_away_is_not_taken_for_gone(text: str) -> None:
    """Case 55: each edition draws hundreds of these, which nobody must look at."""
    assert not is_retired(
        f"Subject: Automatic reply\nContent-Type: text/plain; charset=utf-8\n\n{text}\n".encode()
    )
