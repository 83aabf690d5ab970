"""Service mails as bytes: readable, signed, and marked so that no machine answers them."""

from __future__ import annotations

import base64
import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from mailer.content.language.command_words import vocabularies
from mailer.content.rendering import service_mail
from mailer.content.rendering.service_mail import Way
from mailer.domain.access.token import Purpose, Signer
from mailer.domain.inbound.kinds import Kind
from mailer.domain.look.look import PLAIN
from mailer.domain.subscribers.bearer import sign_service_mail
from mailer.domain.subscribers.command import Verb, of_text
from mailer.domain.subscribers.subscribing import Mail
from mailer.domain.subscribers.substance import Writing
from mailer.message.incoming.understand import understand
from mailer.message.outgoing.dkim import load_key
from mailer.message.outgoing.headers import Identity
from mailer.message.outgoing.service_mail import ServiceMail, compose, identifiers

SIGNER = Signer(bytes(range(32)))
NOW = datetime(2023, 4, 12, 7, 0, tzinfo=UTC)
IDENTITY = Identity(
    sender_name="The Bulletin",
    sender_address="bulletin@lists.example.org",
    list_name="bulletin",
    list_domain="lists.example.org",
)
TOKEN = SIGNER.sign(Purpose.CONFIRM, 7)
VALUES = {
    "list": "The Bulletin",
    "topics": "bulletin, meetings",
    "language": "French",
    "days": "7",
    "token": TOKEN,
    "author": "ana@example.org",
    "number": "4711",
    "why": "the mailbox is full",
    "limit": "for one network",
    "reason": "policy",
    "reader": "",
    "report": "",
    "endpoint": "wh0123456789ab",
    "host": "hooks.example.org",
    "directory": "staff",
    "again": "30",
    "by": "Ada",
    "choose": "https://lists.example.org/console/account#mails",
    "headline": "Two things happened",
    "said": "Nobody was mailed.",
    "count": "3",
    "waiting": "Press: 3",
    "title": "Meeting of the group",
    "planned": "Wednesday, 28 June 2023, 14:00 (Geneva, UTC+2)",
    "proposed": "Thursday, 29 June 2023, 10:00 (Geneva, UTC+2)",
}
WAYS = [Way("Leave", "mailto:bulletin-leave@lists.example.org?subject=leave & more")]
LANGUAGES = service_mail.languages()


def written(name: str = "confirm", language: str = "en", **fields: Any) -> bytes:
    """Compose one mail."""
    rendered = service_mail.render(
        name, language, VALUES, target="mailto:x@lists.example.org", ways=WAYS
    )
    mail = ServiceMail(
        identity=3, subscriber=1, address="ana@example.org", rendered=rendered, **fields
    )
    return compose(mail, IDENTITY, SIGNER, NOW).content


def parsed(content: bytes) -> EmailMessage:
    """Read it as mail programs do."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", Mail)
def test_every_mail_reads_well_in_every_language(name: str, language: str) -> None:
    """Nothing is left unfilled, lines fit, and both forms say the same."""
    content = written(name, language)
    mail = parsed(content)
    plain, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    text, markup = str(plain.get_content()), str(html.get_content())
    for shown in (text, markup.split("<body")[1], str(mail["Subject"])):
        assert "{" not in shown.replace("{mso", "")
    assert max(map(len, text.splitlines())) < 72
    assert max(map(len, content.split(b"\r\n"))) <= 78
    assert content.isascii()
    assert f'lang="{language}"' in markup
    assert text.splitlines()[0] in markup.replace("&#39;", "'")
    assert "&amp; more" in markup


def test_all_languages_have_the_same_texts_with_the_same_gaps() -> None:
    """A gap that a translator lost would be a mail that cannot be answered."""
    import re
    import tomllib

    from mailer.content.language.locale_files import TEMPLATES

    def shape(language: str) -> object:
        text = (TEMPLATES / "locale" / language / "service.toml").read_text(encoding="utf-8")
        return {
            (table, key): sorted(set(re.findall(r"{\w+}", str(value))))
            for table, texts in tomllib.loads(text).items()
            for key, value in texts.items()
            if key != "yes"
        }

    assert {"en", "fr", "es"} <= set(LANGUAGES)
    assert all(shape(language) == shape("en") for language in LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("name", "verb"), [("confirm", "confirm"), ("leave", "leave")])
def test_subjects_of_what_asks_are_commands(language: str, name: str, verb: str) -> None:
    """A reply to the list's own address must be understood by its subject."""
    subject = str(parsed(written(name, language))["Subject"])
    said = of_text(Writing(f"Re: {subject}"), vocabularies())
    assert said is not None
    assert (said.verb, said.argument) == (verb, TOKEN)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "verb"),
    [("subscribe", Verb.SUBSCRIBE), ("confirm", Verb.CONFIRM), ("leave", Verb.LEAVE)],
)
def test_the_words_that_links_write_are_commands(language: str, name: str, verb: Verb) -> None:
    """A link in a mail begins a message with such a word as its subject, for the list to read."""
    said = of_text(Writing(service_mail.phrase(language, name, PLAIN)), vocabularies())
    assert said is not None
    assert said.verb is verb


@pytest.mark.parametrize("name", Mail)
def test_no_machine_is_asked_to_answer(name: str) -> None:
    """Law 8; and our own intake takes it for what it is."""
    mail = parsed(written(name))
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["List-Id"] == "<bulletin.lists.example.org>"
    assert mail["X-Loop"] == "bulletin@lists.example.org"
    to = ["bulletin-subscribe@lists.example.org"]
    assert understand(written(name), vocabularies(), to).kind is Kind.AUTO_REPLY


def test_it_answers_the_mail_that_caused_it() -> None:
    """Programs show both as one conversation (RFC 5322 section 3.6.4)."""
    mail = parsed(written(answers="<b@x.org>", references="<a@x.org> <b@x.org>"))
    assert mail["In-Reply-To"] == "<b@x.org>"
    assert mail["References"].split() == ["<a@x.org>", "<b@x.org>"]
    alone = parsed(written(references="<a@x.org>"))
    assert alone["In-Reply-To"] is None
    assert alone["References"] is None


@given(st.text(max_size=200), st.text(max_size=200))
def test_nothing_that_a_stranger_wrote_makes_a_header_field(answers: str, references: str) -> None:
    """Message ids come from outside: only plain ones are repeated."""
    mail = parsed(written("help", answers=answers, references=references))
    known = {name.lower() for name in parsed(written("help")).keys()}  # noqa: SIM118 - fields
    assert {name.lower() for name in mail.keys()} <= known | {"in-reply-to", "references"}  # noqa: SIM118
    for one in identifiers(answers):
        assert one.isascii()
        assert " " not in one


def test_the_same_mail_is_the_same_octets() -> None:
    """A retry must be recognised as the same by its Message-ID."""
    assert written() == written()
    assert parsed(written())["Message-ID"].endswith("@lists.example.org>")


def test_a_reader_s_mail_bears_what_proves_a_complaint_and_no_other_does() -> None:
    """Its Message-ID stands in every reply: that alone takes nobody off the list."""
    mail = parsed(written())
    feedback = sign_service_mail(SIGNER, Purpose.FEEDBACK, 3, 1, "ana@example.org")
    assert mail["CFBL-Feedback-ID"] == feedback
    assert mail["CFBL-Address"] == "bulletin-complaints@lists.example.org; report=arf"
    rendered = service_mail.render("help", "en", VALUES)
    stranger = ServiceMail(identity=3, subscriber=0, address="x@example.org", rendered=rendered)
    fields = parsed(compose(stranger, IDENTITY, SIGNER, NOW).content)
    assert fields["CFBL-Feedback-ID"] is fields["CFBL-Address"] is None


def test_it_is_signed() -> None:
    """An unsigned message is taken for advertising; checked by a peer's verifier."""
    key = ed25519.Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    keys = [load_key("lists.example.org", "ed", pem)]
    rendered = service_mail.render("welcome", "fr", VALUES, ways=WAYS)
    mail = ServiceMail(identity=3, subscriber=1, address="ana@example.org", rendered=rendered)
    content = compose(mail, IDENTITY, SIGNER, NOW, keys).content
    public = base64.b64encode(key.public_key().public_bytes_raw())
    record = b"v=DKIM1; k=ed25519; p=" + public
    assert dkim.verify(content, dnsfunc=lambda *_, **__: record)
    changed = content.replace(b"Bienvenue", b"Malvenue")
    assert not dkim.verify(changed, dnsfunc=lambda *_, **__: record)
