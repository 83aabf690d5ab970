"""A service with users and a campaign to approve: what they are mailed, and what they reply."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

from mailer.domain.access.rights import Role
from mailer.domain.access.user import User
from mailer.domain.inbound.received import Received
from mailer.domain.subscribers.address import parse_address
from mailer.services.access import users
from mailer.services.access.acting import Recorder, acting_as
from mailer.services.campaigns.approving import Approvals
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.telling.following import Following
from mailer.store import editions
from mailer.store.server.connection import Store
from support.service.mail_service import MailService
from support.service.mail_service import text_of as whole_text_of
from support.service.small_campaign import FILES, START

BASE: Final = "https://bulletin.example.org"
OURS: Final = "mx.example.org"
CODE: Final = re.compile(r"^ {4}([0-9A-Z]{5}-[0-9A-Z]{5})\s*$", re.MULTILINE)
ROLES: Final = {"ada": Role.EDITOR, "bo": Role.SENDER, "cy": Role.OWNER}
LANGUAGES: Final = {"ada": "en", "bo": "en", "cy": "fr"}


def vouched(domain: str = "example.org") -> str:
    """Return what our own server writes above a mail for whose author that domain vouches."""
    return f"Authentication-Results: {OURS}; dmarc=pass header.from={domain}\n"


class ApprovingService(MailService):
    """Ada writes, Bo sends, Cy owns the service; campaign 1 goes to three readers."""

    def __init__(self, store: Store, data_dir: Path, **options: Any) -> None:
        """Add the users, who have signed in, and the campaign."""
        usual = {
            "public_url": BASE,
            "approval_for": ["bulletin"],
            "approve_by_mail": True,
            "authentication_server": OURS,
        }
        super().__init__(store, data_dir, **(usual | options))
        self.users = {name: self.user(name, role) for name, role in ROLES.items()}
        self.publish("")
        for name, language in {"ana": "en", "ben": "fr", "eva": "en"}.items():
            self.member(f"{name}@readers.example", language=language, topics="bulletin")
        given = (store, self.settings, self.clock)
        self.approvals, self.campaigns = Approvals(*given), Campaigns(*given)
        self.following = Following(*given)
        self.campaigns.create("small", "bulletin")

    def user(self, name: str, role: Role) -> User:
        """Add a user who has signed in."""
        at, address = self.clock.now(), parse_address(f"{name}@example.org")
        language = LANGUAGES.get(name, "en")
        made = users.add(
            self.store, self.settings, at, address, name=name.title(), role=role, language=language
        )
        return users.signed_in(self.store, at, made.number, "link")

    def publish(self, text: str) -> None:
        """Import the edition, with some text more in English."""
        editions.save(
            self.store,
            "small",
            FILES | {"en.md": FILES["en.md"] + text.encode()},
            issued=START.date(),
            season={"en": "Spring"},
            languages=("en", "fr"),
            now=START,
        )

    def as_(self, name: str) -> AbstractContextManager[None]:
        """Let a user act in the console."""
        actor = users.get(self.store, self.users[name].number).actor("console", "", proved=True)
        return acting_as(actor, Recorder(self.store, self.settings, self.clock))

    def propose(self, by: str = "ada", at: datetime | None = None) -> None:
        """Let a user propose the campaign."""
        with self.as_(by):
            self.approvals.propose(1, at)

    def told(self) -> list[EmailMessage]:
        """Let the tick follow the event log; returns what is mailed by that."""
        self.following.work_off()
        return self.sent()

    def asked(self, name: str = "bo", **_: Any) -> EmailMessage:
        """Let Ada propose the campaign; returns the mail that asks a user."""
        self.propose()
        return next(one for one in self.told() if one["To"] == f"{name}@example.org")

    def says(self, mail: EmailMessage, words: str, **fields: Any) -> Received:
        """Answer a mail; by default from its recipient, whose domain vouches for that."""
        fields = {"header": vouched(), **fields}
        return self.reply(mail, words=words, **fields)

    def is_approved(self) -> bool:
        """Tell whether somebody has approved the campaign."""
        return not self.approvals.waiting() and "campaign.approved" in self.types()


def text_of(mail: EmailMessage) -> str:
    """Return a mail's plain text, its lines ended as in Python."""
    return whole_text_of(mail).replace("\r\n", "\n")


def code_of(mail: EmailMessage) -> str:
    """Return the code that a mail shows."""
    found = CODE.search(text_of(mail))
    assert found is not None, "no code in the mail"
    return found[1]
