"""A service with the sample template, and programs that have mail sent of it."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from mailer.services.transactional import ledger, library, sending
from mailer.services.transactional.ledger import Sent
from mailer.services.transactional.sending import Accepted
from mailer.store.server.connection import Store
from support.samples.registration import DATA, files
from support.samples.returned_mail import ReturnedMail


class TemplateMail(ReturnedMail):
    """The sample as it is, and once more for the readers of a topic."""

    def __init__(self, store: Store, data_dir: Path, **settings: Any) -> None:
        """Import both templates."""
        super().__init__(store, data_dir, **settings)
        self.take(**files())
        manifest = files()["template.toml"].replace(
            b'slug = "registration"', b'slug = "news"\ntopic = "meetings"'
        )
        self.take(**{**files(), "template.toml": manifest})

    def take(self, **given: bytes) -> str:
        """Import a template; returns its version."""
        return library.import_files(self.store, self.settings, given, self.clock)[0].version

    def send(self, address: str = "ana@example.org", **asked: Any) -> Accepted:
        """Have a mail sent: of the sample, if no other template is named."""
        asked = {"template": "registration", "data": dict(DATA)} | asked
        return sending.send(self.store, self.settings, self.clock, address=address, **asked)

    def of(self, number: int) -> Sent:
        """Tell how a mail stands."""
        return ledger.get(self.store, number)

    def arrived(self, **relay: Any) -> list[EmailMessage]:
        """Post all that is due; returns what the relay got."""
        return [parsed(one.content) for one in self.posted(**relay)]


def parsed(content: bytes) -> EmailMessage:
    """Read a message, which must have no defect."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message
