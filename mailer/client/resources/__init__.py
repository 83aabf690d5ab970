"""The methods of the client, by noun."""

from __future__ import annotations

from typing import Final, Generic

from mailer.client.asking import Connection, Mode
from mailer.client.resources.access import Audit, Tokens, Users
from mailer.client.resources.calendar import Calendar
from mailer.client.resources.campaigns import Campaigns
from mailer.client.resources.editions import Drafts, Editions
from mailer.client.resources.inbox import Inbox
from mailer.client.resources.look import Looks
from mailer.client.resources.mail import Inbound, Outbox
from mailer.client.resources.operation import Configuration, Doctor, Events
from mailer.client.resources.segments import Segments
from mailer.client.resources.subscribers import Jobs, Subscribers, Suppressions
from mailer.client.resources.transactional import Mails, Templates
from mailer.client.resources.webhooks import Webhooks


class Resources(Generic[Mode]):
    """All resources, over one connection."""

    def __init__(self, connection: Connection) -> None:
        self.subscribers: Final[Subscribers[Mode]] = Subscribers(connection)
        self.suppressions: Final[Suppressions[Mode]] = Suppressions(connection)
        self.jobs: Final[Jobs[Mode]] = Jobs(connection)
        self.drafts: Final[Drafts[Mode]] = Drafts(connection)
        self.editions: Final[Editions[Mode]] = Editions(connection)
        self.campaigns: Final[Campaigns[Mode]] = Campaigns(connection)
        self.calendar: Final[Calendar[Mode]] = Calendar(connection)
        self.segments: Final[Segments[Mode]] = Segments(connection)
        self.inbound: Final[Inbound[Mode]] = Inbound(connection)
        self.inbox: Final[Inbox[Mode]] = Inbox(connection)
        self.outbox: Final[Outbox[Mode]] = Outbox(connection)
        self.templates: Final[Templates[Mode]] = Templates(connection)
        self.mail: Final[Mails[Mode]] = Mails(connection)
        self.webhooks: Final[Webhooks[Mode]] = Webhooks(connection)
        self.events: Final[Events[Mode]] = Events(connection)
        self.settings: Final[Configuration[Mode]] = Configuration(connection)
        self.look: Final[Looks[Mode]] = Looks(connection)
        self.doctor: Final[Doctor[Mode]] = Doctor(connection)
        self.users: Final[Users[Mode]] = Users(connection)
        self.tokens: Final[Tokens[Mode]] = Tokens(connection)
        self.audit: Final[Audit[Mode]] = Audit(connection)
