"""Has one mail of a template sent to one address: checked at once, queued once, sent by the outbox.

    `send` -> does the data fit? -> is the key known? -> one script: may the address get it, is a
    limit used up? -> mail, event, key and job in one transaction

What is refused for the address's sake is written down as skipped, and told with its number; what
is refused for a limit's sake leaves no trace, so that it can be asked for again under the same key.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.content.transactional import writing
from mailer.domain.access.token import suppression_hash
from mailer.domain.subscribers.address import Address, parse_address
from mailer.domain.subscribers.subscribing import abuse_key
from mailer.domain.transactional import variable
from mailer.domain.transactional.template import Template
from mailer.errors import Fact, InputError, MailerError, NotFoundError
from mailer.message.outgoing import headers
from mailer.services.access.acting import act, current, tell
from mailer.services.transactional import library
from mailer.store import outbox
from mailer.store.outbox import State
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from mailer.store.transactional import mails, templates
from mailer.store.transactional.mails import Answer, Limit, Verdict, Wish

LARGEST_DATA: Final = 64 * 1024
"""Octets of a mail's data as JSON."""
_KEY: Final = re.compile(r"[!-~]{1,255}")
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_WHY: Final = {
    "suppressed": "it is suppressed",
    "complained": "its owner reported our mail as unwanted",
    "suspended": "mail to it came back",
    "not-subscribed": "it is no active subscriber's of the template's topic",
}


class MailRefusedError(MailerError):
    """An address may not get the mail that was asked for.

    Attributes:
        number: of the mail, which the ledger has as skipped.
        reason: why; see `mailer.domain.transactional.refusal`.
    """

    code = "mail_refused"

    def __init__(self, number: int, reason: str) -> None:
        """Name the mail and the reason."""
        self.number, self.reason = number, reason
        why = _WHY.get(reason, reason)
        super().__init__(f"Nothing was sent to this address: {why} (mail {number}).")

    @property
    def facts(self) -> Mapping[str, Fact]:
        """The mail and the reason."""
        return {"number": self.number, "reason": self.reason}


class MailLimitError(MailerError):
    """A limit of transactional mail is used up for now; nothing was queued.

    Attributes:
        limit: `address` (mails to one address a day) or `actor` (mails of one token or user an
            hour).
        retry_after: seconds until it is over.
    """

    code = "mail_limit"

    def __init__(self, limit: str, retry_after: int) -> None:
        """Name the limit, and how long it lasts."""
        self.limit, self.retry_after = limit, retry_after
        what = "to this address for now" if limit == "address" else "by you for now"
        super().__init__(
            f"No more mail can be sent {what}.", f"Try again in {retry_after} seconds."
        )

    @property
    def facts(self) -> Mapping[str, Fact]:
        """The limit, and how long it lasts."""
        return {"limit": self.limit, "retry_after": self.retry_after}


class KeyReusedError(MailerError):
    """An idempotency key was used before, for something else.

    Attributes:
        number: of the mail that it was used for.
    """

    code = "key_reused"

    def __init__(self, number: int) -> None:
        """Name the mail."""
        self.number = number
        super().__init__(
            f"This idempotency key was used for mail {number}, which was asked for with other"
            " content.",
            "Use a new key for each mail.",
        )

    @property
    def facts(self) -> Mapping[str, Fact]:
        """The mail."""
        return {"number": self.number}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A mail that is queued, or was before under the same key."""

    number: int
    repeated: bool
    """True if the key was known: nothing was queued now."""
    template: str
    version: str
    language: str


@act("mail.send", "template", "language", "version")
def send(
    store: Store,
    settings: Settings,
    clock: Clock,
    *,
    template: str,
    address: str,
    data: Mapping[str, Any],
    language: str = "",
    idempotency_key: str = "",
    version: str = "",
) -> Accepted:
    """Queue one mail of a template to one address; durably, and once for an idempotency key.

    Args:
        store: with the templates.
        settings: for limits and languages.
        clock: the present.
        template: its slug.
        address: the recipient's, as written.
        data: for the template's variables, as from JSON; forgotten when the mail has ended.
        language: the recipient's; empty: the subscriber's, else the first of the settings. Where
            the template lacks it, its first language stands in.
        idempotency_key: of the program that asks, known for a day; empty: none.
        version: of the template; empty: the newest.

    Raises:
        NotFoundError: there is no such template or version.
        InputError: the address is none, the data does not fit, or the key cannot be.
        MailRefusedError: the address may not get it; the ledger has it as skipped.
        MailLimitError: a limit is used up for now.
        KeyReusedError: the key was used for other content.
    """
    settings.check_for_sending()
    to, given = _recipient(address), _json(data)
    secret = secret_key(settings)
    key = _key(secret, idempotency_key)
    digest = _hashed(secret, "mail-content", template, version, language, to.key, given)
    if key and (known := mails.known(store, key)) is not None:
        return _accepted(store, known, digest)
    used = version or templates.get(store, template).version
    found = library.load(store, template, used)
    code = _language(store, settings, found, to, language)
    writing.write(found, code, variable.read(found.variables, data))
    by_actor, by_address = _limits(settings, secret, to)
    wish = Wish(
        slug=template,
        version=used,
        topic=found.topic,
        language=code,
        key=to.key,
        address=to.given,
        hashed=suppression_hash(secret, to.key),
        data=given,
        idempotency=key,
        content=digest,
        by_actor=by_actor,
        by_address=by_address,
    )
    return _accepted(store, mails.put(store, wish, clock.now()), digest)


def _accepted(store: Store, answer: Answer, digest: str) -> Accepted:
    """Turn the store's answer into what the caller learns."""
    if answer.verdict is Verdict.GONE:
        raise NotFoundError("template", answer.slug, "It was removed a moment ago.")
    if answer.verdict in {Verdict.ACTOR, Verdict.ADDRESS}:
        raise MailLimitError(answer.verdict.value, answer.wait_seconds)
    if answer.verdict is Verdict.KNOWN and not hmac.compare_digest(answer.content, digest):
        raise KeyReusedError(answer.number)
    tell(mail=answer.number)
    mail = outbox.get(store, answer.number)
    if mail is None:
        raise NotFoundError("transactional mail", str(answer.number))
    tell(subscriber=mail.subscriber)
    if mail.state is State.SKIPPED:
        raise MailRefusedError(mail.number, mail.reason)
    repeated = answer.verdict is Verdict.KNOWN
    return Accepted(mail.number, repeated, mail.template, mail.version, mail.language)


def _recipient(address: str) -> Address:
    """Read an address, of which a message can be made as well."""
    found = parse_address(address)
    headers.addressee(found.given)
    return found


def _actor() -> str:
    actor = current()
    return str(actor) if actor else "service"


def _limits(settings: Settings, secret: bytes, to: Address) -> tuple[Limit, Limit]:
    """Return the limits of whoever asks, and of the mailbox, however it is spelt."""
    mailbox = suppression_hash(secret, abuse_key(to.key))
    return (
        Limit(f"actor:{_actor()}", settings.mail_per_token, _HOUR),
        Limit(f"address:{mailbox}", settings.mail_per_address, _DAY),
    )


def _key(secret: bytes, key: str) -> str:
    """Hash an idempotency key: nobody uses up or finds out those of others."""
    if not key:
        return ""
    if not _KEY.fullmatch(key):
        remedy = "use 1 to 255 visible ASCII characters, such as a UUID"
        said = "this cannot be a key"
        raise InputError.of("idempotency_key", said, remedy, code="bad_key")
    return _hashed(secret, "mail-key", _actor(), key)


def _json(data: Mapping[str, Any]) -> str:
    """Write data in the one form in which the same data is the same text."""
    try:
        written = json.dumps(
            variable.plain(dict(data)), ensure_ascii=False, sort_keys=True, allow_nan=False
        )
        size = len(written.encode())
    except (TypeError, ValueError, RecursionError, UnicodeEncodeError):
        said = "this is no plain data"
        raise InputError.of("data", said, "give what JSON holds", code="data.not_json") from None
    if size > LARGEST_DATA:
        said = f"the data has {size // 1024} KB"
        remedy = f"give at most {LARGEST_DATA // 1024} KB"
        raise InputError.of("data", said, remedy, code="data.too_large")
    return written


def _language(store: Store, settings: Settings, template: Template, to: Address, asked: str) -> str:
    if not asked:
        number = subscribers.number_of(store, to.key)
        found = subscribers.get(store, number) if number else None
        asked = found.language if found else settings.languages[0]
    return template.language_for(asked.lower())


def _hashed(secret: bytes, purpose: str, *parts: str) -> str:
    """Name something by its content without telling it: the content is personal."""
    written = json.dumps([purpose, *parts], ensure_ascii=True)
    return hmac.digest(secret, b"transactional\0" + written.encode(), "sha256").hex()[:40]
