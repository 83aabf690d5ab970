"""Finds what the mails to users of the institution show: what waits, what ended, what is wrong.

It is looked up when a mail is written, not when it is queued. What is not so any more is not told:
a proposal that was withdrawn, changed or approved meanwhile asks nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.content.language.words import first_upper
from mailer.content.rendering import service_mail
from mailer.content.rendering.rendered import SLOT_CLOSE, SLOT_OPEN
from mailer.content.rendering.service_mail import Fact, Told, name_of
from mailer.domain.access import console_paths as pages
from mailer.domain.access.approval import Proposal
from mailer.domain.access.consent_by_mail import VALID, code_of
from mailer.domain.access.mails import Topic
from mailer.domain.access.rights import RIGHTS, Right
from mailer.domain.access.token import Purpose, Signer
from mailer.domain.access.user import User
from mailer.domain.campaigns.campaign import NOT_BEGUN, Campaign, State
from mailer.domain.subscribers.subscribing import Mail
from mailer.errors import MailerError, StoreError
from mailer.services.calendar.forecast import forecast
from mailer.services.campaigns.approving import with_look
from mailer.services.sending import contents
from mailer.services.sending.contents import Content, EditionContent
from mailer.services.service_mail.figures import Figures
from mailer.store.access import users
from mailer.store.campaigns import approvals
from mailer.store.campaigns import records as campaigns
from mailer.store.outbox import Queued
from mailer.store.server.connection import Store

MOST_LINES: Final = 400
"""Lines of a campaign's text that are shown; an edition has about half as many."""


class StaleError(Exception):
    """What a mail was to tell is not so any more, or not for that user."""

    def __init__(self, reason: str) -> None:
        """Keep the reason, in English, for the event log."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Shown:
    """What one mail shows."""

    values: Mapping[str, str]
    """What stands for the words in braces."""
    target: str = ""
    """Where its button leads; empty: no button."""
    told: Told = field(default_factory=Told)
    quoted: tuple[str, ...] = ()
    reply_to: str = ""
    """Where a reply counts; empty: where answers to all mail go."""


def page_of(mail: Mail, facts: Mapping[str, str]) -> str:
    """Return the path of the page to which a mail to the secretariat leads; empty: none."""
    number = int(facts.get("mail") or facts.get("number") or 0)
    if mail is Mail.REFUSED:
        return pages.campaign(number)
    if mail is Mail.WEBHOOK:
        return pages.webhook(facts.get("endpoint", ""))
    if mail is Mail.DIRECTORY:
        return pages.OPERATION
    if mail in {Mail.FLOOD, Mail.FULL}:
        return pages.INBOX
    if mail in {Mail.ALERT, Mail.CLOSED, Mail.LETTER, Mail.COUNTER} and number:
        return pages.letter(number)
    return ""


class ForUsers:
    """Looks it up; one for each process that writes mails."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Set up with the store, the settings and a clock.

        Raises:
            ConfigError: the secret key cannot be read.
        """
        self._store, self._settings, self._clock = store, settings, clock
        self._signer = Signer(secret_key(settings))
        self._finders: Mapping[str, Callable[[Queued, User], Shown]] = {
            Mail.APPROVAL: self._approval,
            Mail.CONSENT: self._consent,
            Mail.NO_CONSENT: self._consent,
            Mail.FINISHED: self._finished,
            Mail.USER_ALERT: self._alert,
        }

    def shown(self, mail: Queued) -> Shown | None:
        """Return what a mail shows; None: it is not to a user.

        Raises:
            StaleError: it is not to be sent any more.
            MailerError: what it is about cannot be loaded.
        """
        finder = self._finders.get(mail.name)
        if finder is None:
            return None
        user = users.get(self._store, int((mail.facts or {})["user"]))
        if user is None or user.address != mail.to:
            raise StaleError("that user is gone, or has another address")
        return finder(mail, user)

    def _link(self, path: str) -> str:
        return f"{self._settings.public_url}{path}" if self._settings.public_url else ""

    def _approval(self, mail: Queued, user: User) -> Shown:
        facts = mail.facts or {}
        campaign = campaigns.get(self._store, int(facts["campaign"]))
        proposal = approvals.find(self._store, campaign.number)
        if proposal is None or proposal.approved or proposal.terms.digest != facts["terms"]:
            raise StaleError("it was withdrawn, changed or approved meanwhile")
        may = Right.CAMPAIGNS_APPROVE in RIGHTS[user.role] and user.wants(Topic.APPROVALS)
        if campaign.state not in NOT_BEGUN or not may:
            raise StaleError("it was started meanwhile, or that user is not asked any more")
        content = self._content(campaign, proposal)
        request = int(facts.get("request", "0")) if self._settings.approve_by_mail else 0
        figures = self._figures(mail.language)
        reply_to = ""
        if request:
            token = self._signer.pack(Purpose.APPROVE, request)
            list_name, domain = self._settings.list_name, self._settings.list_domain
            reply_to = f"{list_name}-approve+{token}@{domain}"
        by = proposal.proposed.name if proposal.proposed.person else ""
        return Shown(
            {
                "title": self._subject(content, mail.language),
                "by": by or service_mail.word(mail.language, "facts", "service"),
                "days": str(VALID.days),
                **self._account(mail.language),
            },
            self._link(pages.campaign(campaign.number)),
            Told(
                tuple(self._asked(campaign, proposal, content, figures, mail.language)),
                code_of(self._signer, request) if request else "",
                self._preview(content, mail.language),
            ),
            reply_to=reply_to,
        )

    def _content(self, campaign: Campaign, proposal: Proposal) -> Content:
        """Load what was proposed.

        Raises:
            StaleError: it has changed, or is gone.
        """
        try:
            content = contents.load(self._store, self._settings, campaign)
        except StoreError:
            raise
        except MailerError as error:
            raise StaleError(f"there is nothing to approve any more: {error}") from error
        if with_look(content.version, self._settings) != proposal.terms.content:
            raise StaleError("its content has changed meanwhile")
        return content

    def _asked(
        self,
        campaign: Campaign,
        proposal: Proposal,
        content: Content,
        figures: Figures,
        language: str,
    ) -> Iterator[Fact]:
        """List the facts of a proposal."""

        def fact(name: str, value: str) -> Fact:
            return Fact(service_mail.word(language, "facts", name), value)

        if campaign.edition:
            yield fact("edition", campaign.edition)
        subjects = {code: self._subject(content, code) for code in content.languages}
        yield fact("subjects", "\n".join(["", *_by_language(subjects, language)]))
        service = service_mail.word(language, "facts", "service")
        yield fact("by", proposal.proposed.name if proposal.proposed.person else service)
        counted = forecast(self._store, self._settings, campaign)
        total = figures.number(sum(counted.values()))
        shares = {code: figures.number(share) for code, share in counted.items()}
        yield fact("readers", "\n".join([total, *_by_language(shares, language)]))
        at = proposal.terms.at
        soon = service_mail.word(language, "facts", "soon")
        yield fact("when", figures.moment(datetime.fromisoformat(at)) if at else soon)

    def _subject(self, content: Content, language: str) -> str:
        """Return its subject in a language, or in the one that stands in."""
        code = content.language_for(language) or content.languages[0]
        if isinstance(content, EditionContent):
            return content.edition.text_for(content.edition.subject, code)
        return content.rendered(code).subject

    def _preview(self, content: Content, language: str) -> tuple[str, ...]:
        """Return the lines of its text; what is each reader's own is left out."""
        code = content.language_for(language) or content.languages[0]
        text = "".join(
            f"…{piece.partition(SLOT_CLOSE)[2]}" if at else piece
            for at, piece in enumerate(content.rendered(code).text.split(SLOT_OPEN))
        )
        lines = text.splitlines()
        return (*lines[:MOST_LINES], *(["…"] if len(lines) > MOST_LINES else []))

    def _consent(self, mail: Queued, _user: User) -> Shown:
        facts = mail.facts or {}
        campaign = campaigns.get(self._store, int(facts["campaign"]))
        words = service_mail.word(mail.language, "no_consent", facts.get("why", ""))
        values = {"title": self._title(campaign, mail.language), "why": words}
        return Shown(values, self._link(pages.campaign(campaign.number)))

    def _title(self, campaign: Campaign, language: str) -> str:
        """Name a campaign by its subject; by what it sends, if that cannot be loaded."""
        try:
            content = contents.load(self._store, self._settings, campaign)
            return self._subject(content, language)
        except StoreError:
            raise
        except MailerError:
            return campaign.what

    def _finished(self, mail: Queued, user: User) -> Shown:
        facts, language = mail.facts or {}, mail.language
        if not (user.wants(Topic(facts["topic"])) or user.wants(Topic.ALL_FINISHED)):
            raise StaleError("that user wants no such mails any more")
        campaign = campaigns.get(self._store, int(facts["campaign"]))
        title, figures = self._title(campaign, language), self._figures(language)
        ended = "stopped" if campaign.state is State.CANCELLED else "sent"
        named = {"title": title}
        values = {
            **named,
            "headline": service_mail.word(language, "ended", f"{ended}-headline", **named),
            "said": service_mail.word(language, "ended", ended, **named),
            **self._account(language),
        }
        rows = [
            (name, figures.number(int(facts[name])))
            for name in ("planned", "accepted", "rejected", "skipped", "unknown")
        ]
        if campaign.started_at and campaign.finished_at:
            rows.append(("begun", figures.moment(campaign.started_at)))
            rows.append(("ended", figures.moment(campaign.finished_at)))
            rows.append(("took", figures.span(campaign.finished_at - campaign.started_at)))
        told = [Fact(service_mail.word(language, "facts", name), value) for name, value in rows]
        link = self._link(pages.report(campaign.number))
        return Shown(values, link, Told(tuple(told)))

    def _alert(self, mail: Queued, user: User) -> Shown:
        if not user.wants(Topic.ALERTS):
            raise StaleError("that user wants no such mails any more")
        facts, language = mail.facts or {}, mail.language
        kind, campaign = facts["kind"], int(facts.get("campaign") or 0)
        named = {
            "list": self._settings.sender_name_in(language),
            "number": str(campaign),
            "why": service_mail.reason(language, facts.get("reason", "")),
            "limit": service_mail.limit(language, facts.get("limit", "")),
            "endpoint": facts.get("endpoint", ""),
            "title": self._title_of(campaign, language),
        }
        values = {
            "headline": service_mail.word(language, "alert_headlines", kind, **named),
            "said": service_mail.word(language, "alert_texts", kind, **named),
            **self._account(language),
        }
        quoted = (facts["words"],) if facts.get("words") else ()
        return Shown(values, self._link(_alert_page(kind, facts, campaign)), quoted=quoted)

    def _title_of(self, campaign: int, language: str) -> str:
        found = campaigns.find(self._store, campaign) if campaign else None
        return self._title(found, language) if found else ""

    def _account(self, language: str) -> dict[str, str]:
        """Return where users choose which mails they get; the command where there is no console."""
        link = self._link(pages.MAILS)
        choose = service_mail.word(language, "facts", "choose", account=link) if link else ""
        return {"choose": choose}

    def _figures(self, language: str) -> Figures:
        return Figures(language, self._settings.time_zone)


def _by_language(values: Mapping[str, str], language: str) -> Iterator[str]:
    """Write a line for each language, named in the reader's."""
    for code, value in values.items():
        label = first_upper(name_of(code, language))
        yield service_mail.word(language, "words", "pair", label=label, value=value)


def _alert_page(kind: str, facts: Mapping[str, str], campaign: int) -> str:
    if kind in {"flooded", "full"}:
        return pages.INBOX
    if kind == "webhook":
        return pages.webhook(facts.get("endpoint", ""))
    if letter := int(facts.get("mail") or 0):
        return pages.letter(letter)
    return pages.campaign(campaign) if campaign else pages.OPERATION
