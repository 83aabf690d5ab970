"""Shows service mails with made-up facts, also with words that nobody has saved, and sends one.

Nothing in such a mail does anything: its tokens are signed with a key that is thrown away.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Mapping
from datetime import UTC, date, datetime
from email.message import EmailMessage
from typing import Any, Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.content.language.words import first_upper, words_for
from mailer.content.rendering.rendered import Rendered
from mailer.content.rendering.service_mail import Date
from mailer.domain.access.token import Signer
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.subscribing import Mail
from mailer.errors import NotFoundError
from mailer.services.access.acting import act
from mailer.services.calendar.year import Year
from mailer.services.campaigns.trial import Feed, Trial, hand_over
from mailer.services.look import words
from mailer.services.service_mail.user_samples import sample
from mailer.services.service_mail.writing import ServiceMails
from mailer.store.outbox import Queued, State

READER: Final = "reader@example.org"
DOMAIN: Final = "lists.example.org"
_EXAMPLES: Final[Mapping[str, Mapping[str, str]]] = {
    Mail.SUSPENDED: {"reason": "mailbox-full"},
    Mail.ALERT: {"reason": "reputation", "words": "550 5.7.1 listed", "number": "12"},
    Mail.FLOOD: {"limit": "address"},
    Mail.FULL: {"limit": "strangers"},
    Mail.LETTER: {"author": READER, "mail": "12", "reply_to": READER},
    Mail.CLOSED: {"author": READER, "mail": "12", "who": READER, "words": "…"},
    Mail.COUNTER: {
        "author": READER,
        "mail": "12",
        "title": "27 June",
        "planned": "14:00 (Geneva, UTC+2)",
        "proposed": "15:00 (Geneva, UTC+2)",
    },
    Mail.DIRECTORY: {"directory": "staff", "words": "…"},
    Mail.REFUSED: {"number": "7", "words": "relay.example.org: 454 4.7.0"},
    Mail.WEBHOOK: {"endpoint": "3", "host": "hooks.example.org", "words": "410 Gone"},
}
"""Facts by mail, beside those that all have."""
_LETTER: Final = (
    ("From", READER),
    ("To", f"bulletin@{DOMAIN}"),
    ("Subject", "27 June"),
    ("Message-ID", "<1@example.org>"),
    ("Date", "Tue, 27 Jun 2023 12:00:00 +0000"),
)


@act("look.preview")
def preview(
    settings: Settings, mail: str, language: str, given: Mapping[str, str] | None = None
) -> Rendered:
    """Render a service mail with made-up facts.

    Args:
        settings: with the look in force.
        mail: its name.
        language: to render it in.
        given: part -> text, in place of what is saved; see `words.wanted`.

    Raises:
        NotFoundError: there is no such mail.
        InputError: a text cannot be.
    """
    queued, letter, year = _sample(settings, mail, language)
    over = words.with_draft(settings, language, mail, given) if given else settings
    return _mails(_complete(over)).rendered(queued, letter, year, sample(mail, language))


@act("look.test", "mail", "language")
def send_trial(settings: Settings, clock: Clock, mail: str, language: str, address: str) -> Trial:
    """Send a service mail with made-up facts to one address, once.

    Args:
        settings: with the look in force.
        clock: for its Date.
        mail: its name.
        language: to write it in.
        address: of whoever wants to see it.

    Raises:
        NotFoundError: there is no such mail.
        InputError: the address is none.
        ConfigError: the settings lack what every message needs.
    """
    settings.check_for_sending()
    to = parse_address(address).given
    queued, letter, year = _sample(settings, mail, language, to)
    title = f"[Test {language}]"
    shown = sample(mail, language)
    envelope = _mails(settings).write(queued, clock.now(), letter, year, shown, title=title)
    feed = Feed(deque([envelope]))
    asyncio.run(hand_over(settings, feed))
    return Trial(language, *feed.outcomes[queued.number])


def _mails(settings: Settings) -> ServiceMails:
    return ServiceMails(settings, Signer(os.urandom(32)))


def _complete(settings: Settings) -> Settings:
    """Put examples in the places of what is not set yet: a mail can be looked at before that."""
    examples: dict[str, Any] = {"list_domain": DOMAIN, "sender_address": f"bulletin@{DOMAIN}"}
    missing = {name: value for name, value in examples.items() if not getattr(settings, name)}
    look = settings.look
    return settings.under.model_copy(update={**missing, "dkim_keys": ()}).with_look(look)


def _sample(
    settings: Settings, mail: str, language: str, to: str = READER
) -> tuple[Queued, bytes, Year | None]:
    """Make up what a mail is made from."""
    if mail not in {one.value for one in Mail}:
        raise NotFoundError("service mail", mail)
    topic = settings.topics.default
    facts = {"topics": topic, "reads": language, "request": "1", **_EXAMPLES.get(mail, {})}
    facts |= {"waiting": f"{topic}:2"} if mail == Mail.WAITING else {}
    now = datetime.now(UTC)
    queued = Queued(1, mail, language, 1, State.CLAIMED, 1, now, to=to, facts=facts, identity=1)
    letter = _letter() if mail in {Mail.LETTER, Mail.CLOSED, Mail.COUNTER} else b""
    return queued, letter, _year(settings, language) if mail == Mail.CALENDAR else None


def _letter() -> bytes:
    made = EmailMessage()
    for name, value in _LETTER:
        made[name] = value
    made.set_content("…\n")
    return made.as_bytes()


def _year(settings: Settings, language: str) -> Year:
    day = words_for(language).day(date(datetime.now(UTC).year, 6, 27))
    return Year([Date(first_upper(day), "…")], b"", f"{settings.list_name}.ics")
