"""Tells what a change of the calendar would mail, and to whom, before it is made (law 18).

what is to change -> the version that would be kept, checked -> what readers know otherwise
    -> the notices, counted by language, each as the mail that it would be
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from typing import Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.access.token import Signer
from mailer.domain.calendar.comparing import Difference, compared
from mailer.domain.calendar.entry import Entry
from mailer.domain.calendar.notice import Change
from mailer.domain.campaigns.campaign import Campaign
from mailer.message.outgoing.composing import Recipient
from mailer.services.access.acting import act
from mailer.services.calendar.entries import Calendar
from mailer.services.calendar.forecast import counted
from mailer.services.calendar.reminders import News, Reminders
from mailer.services.sending import composing, entry_content
from mailer.services.sending.entry_content import EntryContent
from mailer.store.server.connection import Store

READER: Final = "reader@example.org"
"""The address in the recipient's place."""
_NOBODY: Final = 0
_SAMPLE_KEY: Final = b"links in previews lead nowhere"
"""Signs the links, so that none of them is a key to anything."""


@dataclass(frozen=True, slots=True)
class Mail:
    """What one language's readers would get."""

    language: str
    direction: str
    """`ltr` or `rtl`."""
    subject: str
    text: str
    """The plain text, lines ended by a bare newline."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One mailing that a change would cause: about the entry, or about one of its occurrences."""

    occurrence: str
    """Empty for an entry that does not repeat."""
    change: Change
    by_language: Mapping[str, int]
    """Readers by the language of delivery, most first."""
    campaign: Campaign
    """As it would be made; without a number."""
    content: EntryContent

    @property
    def readers(self) -> int:
        """Return how many would get it."""
        return sum(self.by_language.values())


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change would do."""

    before: Entry
    after: Entry
    """The version that would be kept; `before` itself where nothing differs."""
    differences: Sequence[Difference]
    notices: Sequence[Notice]
    """Empty: nobody would be mailed."""
    at: datetime
    """The instant at which the notices would leave, if the change were made now, UTC."""

    @property
    def readers(self) -> int:
        """Return how many messages would leave: a reader counts once for each occurrence."""
        return sum(one.readers for one in self.notices)

    @property
    def by_language(self) -> Mapping[str, int]:
        """Return them by the language of delivery, most first."""
        return together(one.by_language for one in self.notices)


class Planning:
    """Makes plans; nothing is kept by it."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Set up with the store, the settings and a clock."""
        self._store, self._settings, self._clock = store, settings, clock
        self._reminders = Reminders(store, settings, clock)

    @act("calendar.preview")
    def plan(self, name: str, revise: Callable[[Entry], Entry], occurrence: str = "") -> Plan:
        """Plan a change of an entry, or of one occurrence; arguments and errors as `change` has.

        Raises:
            NotFoundError: there is no such entry, or no such occurrence.
            InputError: something is wrong with the new version.
            StateError: it is cancelled.
        """
        calendar = Calendar(self._store, self._settings, self._clock)
        before, after = calendar.proposed(name, revise, occurrence)
        notices = () if after is before else self.notices(after)
        return Plan(before, after, compared(before, after), notices, self._leaving())

    def notices(self, after: Entry) -> tuple[Notice, ...]:
        """Tell what would be mailed if this were the present version of an entry.

        The gravest first where it has several occurrences; what concerns nobody is left out.
        """
        found = [self._notice(news) for news in self._reminders.news(after)]
        order = list(Change)
        told = (one for one in found if one.by_language)
        return tuple(sorted(told, key=lambda one: (order.index(one.change), one.occurrence)))

    def mails(self, plan: Plan) -> dict[int, list[Mail]]:
        """Write each notice as the mail that it would be, in every language that anybody gets.

        Returns:
            Place of the notice in the plan -> its mails.

        Raises:
            ConfigError: the settings lack what every message needs.
        """
        return {place: self._mails(one) for place, one in enumerate(plan.notices)}

    def _notice(self, news: News) -> Notice:
        draft = self._reminders.draft_notice(news, self._leaving())
        if draft.about is None:
            raise ValueError("a notice is about an entry")
        content = entry_content.load(
            self._store, self._settings, draft, draft.about, proposed=news.entry
        )
        numbers = counted(self._store, self._settings, draft, content)
        return Notice(news.occurrence, news.change, numbers, draft, content)

    def _mails(self, notice: Notice) -> list[Mail]:
        self._settings.check_for_sending()
        return [self._mail(notice.content, language) for language in notice.by_language]

    def _mail(self, content: EntryContent, language: str) -> Mail:
        signer = Signer(_SAMPLE_KEY)
        template = composing.template(self._settings, content, language, signer, keys=())
        filled = template.fill(Recipient(_NOBODY, READER, ""), self._clock.now()).content
        message = message_from_bytes(filled, policy=policy.default)
        part = message.get_body(("plain",))
        text = str(part.get_content()) if part is not None else ""
        rendered = content.rendered(language)
        return Mail(language, rendered.direction, rendered.subject, text.replace("\r\n", "\n"))

    def _leaving(self) -> datetime:
        return self._clock.now() + self._settings.notice_grace


def together(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Add up numbers by language, most first."""
    found: dict[str, int] = {}
    for one in counts:
        for language, number in one.items():
            found[language] = found.get(language, 0) + number
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))
