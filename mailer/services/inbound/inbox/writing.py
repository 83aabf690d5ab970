"""Writes the mail that carries an answer: the words as typed, and below them what they answer."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from mailer.config import Settings, secret_key
from mailer.content.rendering.service_mail import phrase
from mailer.domain.access.token import Signer
from mailer.domain.inbound.inbox import Answer
from mailer.domain.look.look import PLAIN, Look
from mailer.message.outgoing import answer as mails
from mailer.message.outgoing.answer import AnswerMail
from mailer.relay.envelope import Envelope
from mailer.services.sending import composing

MOST_QUOTED: Final = 200
"""Lines of a letter that are quoted."""
LONGEST_LINE: Final = 900
"""Characters of a quoted line."""


def whole_text(answer: Answer, list_name: str, look: Look = PLAIN) -> str:
    """Return an answer as its reader gets it.

    Args:
        answer: with the text that it answers.
        list_name: stands below it as a signature (RFC 3676 section 4.3).
        look: what the institution says in place of our words.
    """
    blocks = [answer.text.rstrip(), f"-- \n{list_name}"]
    if answer.quoted.strip():
        author = answer.to
        begins = phrase(answer.language, "answer_wrote", look, date=answer.written, author=author)
        blocks.append(f"{begins}\n{_quotation(answer.quoted)}")
    return "\n\n".join(blocks) + "\n"


def _quotation(text: str) -> str:
    lines = text.strip("\n").split("\n")
    kept = [line[:LONGEST_LINE] for line in lines[:MOST_QUOTED]]
    if len(lines) > MOST_QUOTED:
        kept.append("[…]")
    # RFC 3676 section 4.5: marks of older quotations stand together
    return "\n".join(f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in kept)


class AnswerMails:
    """Writes answers; one for each process that sends them."""

    def __init__(self, settings: Settings) -> None:
        """Read the settings and the keys they name.

        Raises:
            ConfigError: the secret key, or one that signs mail, cannot be used.
        """
        self._settings = settings
        self._signer = Signer(secret_key(settings))
        self._keys = composing.signing_keys(settings)

    def write(self, answer: Answer, number: int, now: datetime) -> Envelope:
        """Write one mail, ready for a relay; it comes back to the address that replies come to.

        Args:
            answer: which one.
            number: of the mail in the outbox.
            now: the instant for its Date.

        Raises:
            UnsendableError: no message can be made for that address.
        """
        identity = composing.identity(self._settings, answer.language)
        message = mails.compose(
            AnswerMail(
                identity=answer.identity,
                address=answer.to,
                subject=answer.subject,
                text=whole_text(answer, identity.sender_name, self._settings.look),
                language=answer.language,
                answers=answer.answers,
                references=answer.references,
            ),
            identity,
            self._signer,
            now,
            self._keys,
        )
        back = mails.reply_address(
            self._signer, answer.identity, identity.list_name, identity.list_domain
        )
        return composing.enveloped(message, number, back)
