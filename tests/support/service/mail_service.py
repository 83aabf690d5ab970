"""A service that readers write to: mail in as bytes, what it sends through a relay, what it knows."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

from mailer.domain.inbound.received import Incoming, MailState, Way
from mailer.domain.inbound.received import Received as Kept
from mailer.domain.subscribers.address import key_of, parse_address
from mailer.domain.subscribers.subscriber import Subscriber
from mailer.relay.limits import Backoff
from mailer.relay.smtp.pool import RelayPool
from mailer.services.calendar.rsvp import Rsvp
from mailer.services.campaigns.approving_by_mail import ApprovingByMail
from mailer.services.inbound.bounces import Bounces
from mailer.services.inbound.complaints import Complaints
from mailer.services.inbound.domain_reports import DomainReports
from mailer.services.inbound.inbox.returned import Returned
from mailer.services.inbound.intake import Intake
from mailer.services.service_mail.outbox import Outbox
from mailer.services.service_mail.posting import Posting
from mailer.services.subscriptions import subscribers as vouched
from mailer.services.subscriptions.subscribing import Subscribing
from mailer.store import outbox
from mailer.store.inbound import mails as inbound
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from support.servers.faulty_relay import FaultyRelay, Received
from support.service.inbound_service import InboundService

DOMAIN: Final = "lists.example.org"
_NAME: Final = re.compile(r"^([\w.+-]+@[\w.-]+)$")


class MailService(InboundService):
    """The whole way by mail, with a clock that stands still."""

    def __init__(self, store: Store, data_dir: Path, **settings: Any) -> None:
        """Use the store, and settings that differ from the usual."""
        super().__init__(store, data_dir, **({"sender_name": "The Bulletin"} | settings))
        self.subscribing = Subscribing(store, self.settings, self.clock)
        given = (store, self.settings, self.clock)
        handlers = {
            **self.subscribing.handlers(),
            **Bounces(*given, self.subscribing.bounced).handlers(),
            **Complaints(*given).handlers(),
            **DomainReports(*given).handlers(),
        }
        self.rsvp = Rsvp(*given)
        returned = Returned(store, self.clock)
        self.replies = ApprovingByMail(*given)
        at_addresses = {
            **self.rsvp.at_addresses(),
            **returned.at_addresses(),
            **self.replies.at_addresses(),
        }
        self.intake = Intake(*given, handlers, at_addresses)
        self.outbox = Outbox(store, self.settings, self.clock, jitter=lambda: 0.5)
        self.count = 0

    def own(self, extension: str = "") -> str:
        """Name one of the list's addresses."""
        return f"bulletin{'-' if extension else ''}{extension}@{DOMAIN}"

    def get(
        self,
        to: str,
        *,
        author: str = "ana@example.org",
        sender: str | None = None,
        subject: str = "",
        body: str = "",
        header: str = "",
        raw: bytes = b"",
    ) -> Kept:
        """Take in a mail and act on it; return what became of it."""
        self.count += 1
        from_field = f"From: {author}\n" if author else ""
        text = (
            f"{from_field}To: {to}\nMessage-ID: <{self.count}@example.org>\n{header}"
            f"Subject: {subject}\n\n{body}\n"
        )
        path = author if _NAME.match(author) else "ana@example.org"
        content = raw or text.replace("\n", "\r\n").encode()
        one = Incoming(Way.LMTP, path if sender is None else sender, (to,), content)
        self.intake.receive([one])
        number = self.mails()[-1].number
        self.intake.process(number)
        return inbound.get(self.store, number)

    def get_all(self, mails: Sequence[Incoming]) -> list[Kept]:
        """Take in mails, and act on them in one lot."""
        self.intake.receive(mails)
        numbers = [one.number for one in self.mails() if one.state is MailState.UNREAD]
        self.intake.process(*numbers)
        return list(inbound.each(self.store, numbers))

    def sent(self, **relay: Any) -> list[EmailMessage]:
        """Post all that is due; returns what the relay got, oldest first."""
        return [_parsed(one) for one in self.posted(**relay)]

    def posted(self, **relay: Any) -> list[Received]:
        """Post all that is due; returns what the relay got, as it came."""
        return asyncio.run(self._post(**relay))

    async def _post(self, **options: Any) -> list[Received]:
        async with FaultyRelay(**options) as relay:
            pool = RelayPool(
                [relay.url()], connections=1, backoff=Backoff(first=0.01, longest=0.05)
            )
            for number in range(1, int(self.store.redis.get("mailer:outbox:last") or 0) + 1):
                await self.outbox.post(number, Posting(pool))
            await pool.close()
            return relay.received

    def queued(self) -> list[str]:
        """Return the names of all service mails ever queued, oldest first."""
        last = int(self.store.redis.get("mailer:outbox:last") or 0)
        found = [outbox.get(self.store, number) for number in range(1, last + 1)]
        return [one.name for one in found if one]

    def who(self, address: str = "ana@example.org") -> Subscriber | None:
        """Return what is known of an address."""
        number = subscribers.number_of(self.store, key_of(address))
        return subscribers.get(self.store, number) if number else None

    def status(self, address: str = "ana@example.org") -> str:
        """Return the status of an address; empty: not known."""
        found = self.who(address)
        return found.status.value if found else ""

    def member(self, address: str = "ana@example.org", **fields: Any) -> Subscriber:
        """Make an address a subscriber's, and return it."""
        at = self.clock.now()
        vouched.add(self.store, self.settings, at, parse_address(address), **fields)
        return vouched.find(self.store, parse_address(address))

    def types(self) -> list[str]:
        """Return the types of all events, oldest first."""
        return [event["type"] for event in self.events()]

    def reply(self, mail: EmailMessage, **fields: Any) -> Kept:
        """Answer a mail as people's programs do."""
        to = str(mail["Reply-To"] or mail["From"])
        fields.setdefault("author", str(mail["To"]))
        fields.setdefault("subject", f"Re: {mail['Subject']}")
        quoted = "\n".join(f"> {line}" for line in text_of(mail).splitlines())
        fields["body"] = fields.pop("words", "") + f"\n\n{quoted}"
        return self.get(to, **fields)

    def asked(self, **fields: Any) -> EmailMessage:
        """Ask to subscribe, and return the confirmation."""
        self.get(self.own(fields.pop("to", "subscribe")), **fields)
        return self.sent()[-1]

    def subscribed(self, **fields: Any) -> EmailMessage:
        """Subscribe and confirm; returns the welcome."""
        self.reply(self.asked(**fields))
        return self.sent()[-1]


def _parsed(one: Received) -> EmailMessage:
    message = email.message_from_bytes(one.content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    assert one.sender == ""
    return message


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """Return a mail's text."""
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def address_in(mail: EmailMessage, beginning: str) -> str:
    """Find one of the list's addresses in a mail's text."""
    found = re.search(rf"{re.escape(beginning)}\S*@{re.escape(DOMAIN)}", text_of(mail))
    assert found is not None, f"no {beginning} in the mail"
    return found[0]
