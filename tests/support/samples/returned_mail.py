"""A service whose edition was really sent, and the mail that comes back for it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

from mailer.domain.access.token import Signer
from mailer.domain.campaigns.campaign import Campaign
from mailer.domain.inbound.received import Received as Kept
from mailer.message.incoming import mime
from mailer.message.outgoing.verp import ReturnPath
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.campaigns.status import Status
from mailer.services.sending.worker_context import Turn
from mailer.store.server.connection import Store
from support.places import CORPUS
from support.servers.faulty_relay import FaultyRelay, Received
from support.service.mail_service import MailService
from support.service.small_campaign import SECRET, SmallService

CASES: Final = CORPUS / "cases"
ANA: Final = "ana@example.com"


def put_key(data_dir: Path) -> None:
    """Give an installation the key that the tests' worker signs with."""
    key = data_dir / "secret.key"
    key.write_text(SECRET.hex(), encoding="ascii")
    key.chmod(0o600)


class ReturnedMail(MailService):
    """Readers, campaigns, what a relay got of them, and reports made from that."""

    def __init__(self, store: Store, data_dir: Path, **settings: Any) -> None:
        """Use the store, and settings that differ from the usual."""
        data_dir.mkdir(parents=True, exist_ok=True)
        put_key(data_dir)
        super().__init__(store, data_dir, **settings)
        self.reports = 0
        self.small = SmallService(store, self.settings)
        self.small.clock = self.clock
        self.small.campaigns = self.campaigns = Campaigns(store, self.settings, self.clock)

    def campaign(self, *addresses: str, **relay: Any) -> tuple[Campaign, dict[str, Received]]:
        """Make addresses readers, send them all an edition, and return what the relay got."""
        for address in addresses:
            if self.who(address) is None:
                self.small.subscribe(address)
        campaign = self.small.started()
        return campaign, asyncio.run(self.sent_now(campaign, relay))

    async def sent_now(
        self, campaign: Campaign, options: dict[str, Any] | None = None
    ) -> dict[str, Received]:
        """Do a worker's job on a campaign; returns what the relay got, by recipient."""
        async with FaultyRelay(**(options or {})) as relay:
            async with self.small.worker([relay.url()]) as worker:
                await worker.send(campaign, Turn(60))
            self.campaigns.close_if_complete(campaign.number)
            return {one.recipient: one for one in relay.received}

    def books(self, campaign: Campaign) -> Status:
        """Return where a campaign stands."""
        return self.campaigns.status(campaign.number)

    def returned(self, file: str, mail: Received, to: str = "", **fields: Any) -> Kept:
        """Receive a report about a mail that the relay got; by default to its return path."""
        raw = self.report(file, mail, to)
        fields = {"sender": "", "author": "MAILER-DAEMON@mx.example.com"} | fields
        return self.get(to or mail.sender, raw=raw, **fields)

    def report(self, file: str, mail: Received, to: str = "") -> bytes:
        """Write a report of the cases about a mail that the relay got."""
        sent = mime.read(mail.content)
        header = mail.content.partition(b"\r\n\r\n")[0].replace(b"\r\n", b"\n")
        filled = {
            b"{RETURN_PATH}": mail.sender.encode(),
            b"{TO}": (to or mail.sender).encode(),
            b"{ADDRESS}": mail.recipient.encode(),
            b"{MESSAGE_ID}": sent.field("message-id").strip("<> ").encode(),
            b"{FEEDBACK_ID}": sent.field("cfbl-feedback-id").encode(),
            b"{HEADER}": header,
        }
        content = (CASES / file).read_bytes()
        for name, value in filled.items():
            content = content.replace(name, value)
        self.reports += 1
        return b"Message-ID: <%d@mx.example.com>\r\n" % self.reports + content.replace(
            b"\n", b"\r\n"
        )

    def told(self, event: str) -> list[dict[str, str]]:
        """Return the events of a type without type and instant, oldest first."""
        found = [dict(one) for one in self.events() if one["type"] == event]
        for one in found:
            del one["type"], one["at"]
        return found

    def signer_path(self, mailing: int, number: int) -> str:
        """Return a return path that is signed, of whichever delivery."""
        path = ReturnPath(self.settings.list_name, self.settings.list_domain, Signer(SECRET))
        return path.write(mailing, number)
