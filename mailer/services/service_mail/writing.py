"""Writes the service mails: finds the words, the addresses that act, and who sends them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from mailer.config import Settings, secret_key
from mailer.content.language.topic_words import in_words
from mailer.content.rendering import service_mail
from mailer.content.rendering.rendered import Rendered
from mailer.content.rendering.service_mail import Told, Way, mailto, name_of, phrase
from mailer.domain.access.token import Purpose, Signer
from mailer.domain.subscribers.bearer import sign_leave, sign_standing
from mailer.domain.subscribers.moderation import DECLINED_FOR
from mailer.domain.subscribers.subscribing import VALID, Choice, Mail, mark
from mailer.message.incoming import facts as letters
from mailer.message.outgoing import headers
from mailer.message.outgoing.headers import Identity
from mailer.message.outgoing.service_mail import ServiceMail, compose
from mailer.message.outgoing.tokens import Tokens
from mailer.relay.envelope import Envelope
from mailer.services.calendar.year import Year
from mailer.services.sending import composing
from mailer.services.service_mail.for_users import Shown, page_of
from mailer.store.outbox import Queued

_FOR_MEMBERS: Final = frozenset({Mail.WELCOME, Mail.ALREADY, Mail.STATUS, Mail.CHANGED})
_DECISIONS: Final = frozenset({Mail.APPROVED, Mail.DECLINED})
_SIGNS_IN: Final = frozenset({Mail.SIGN_IN, Mail.INVITATION})
PASSED_ON: Final = frozenset({Mail.LETTER, Mail.CLOSED, Mail.COUNTER})
"""Those with which a mail that came in is passed on."""
_BACK: Final = frozenset({Mail.GOODBYE, Mail.NOT_MEMBER, Mail.OWN, Mail.SUSPENDED})
_CHOSEN: Final = ("waits", "declined")
"""Facts of a letter that name topics which the reader chose and does not get."""
LARGEST_LETTER: Final = 5_000_000
"""Octets; a larger letter is not attached, for relays would refuse it."""
MOST_LINES: Final = 60
"""Lines of a letter that are shown in the mail to the secretariat itself."""
NULL_SENDER: Final = ""
"""RFC 3834 section 3.3: nothing automatic may come back for what is sent automatically."""


def values(
    settings: Settings, language: str, topics: tuple[str, ...], reads: str
) -> dict[str, str]:
    """Return what stands for the words in braces.

    Args:
        settings: for the names of the list and of the topics.
        language: of the mail.
        topics: what the reader gets.
        reads: the language that the reader gets it in.
    """
    named = in_words(settings.topics)
    return {
        "list": settings.list_title_in(language),
        "topics": ", ".join(named.short(one, language, settings.languages) for one in topics),
        "language": name_of(reads, language),
        "days": str(VALID.days),
    }


def consent(settings: Settings, language: str, topics: tuple[str, ...]) -> str:
    """Return the sentence that a reader agrees to by confirming, as the mail shows it."""
    filled = values(settings, language, topics, language)
    return service_mail.consent(language, filled, settings.look)


class ServiceMails:
    """Writes service mails; one for each process that sends them."""

    def __init__(self, settings: Settings, signer: Signer | None = None) -> None:
        """Read the settings and the keys they name.

        Args:
            settings: the settings.
            signer: makes the tokens; none: by the secret key.

        Raises:
            ConfigError: the secret key, or one that signs mail, cannot be used.
        """
        self._settings = settings
        self._signer = signer or Signer(secret_key(settings))
        self._keys = composing.signing_keys(settings)

    def rendered(
        self,
        mail: Queued,
        letter: bytes = b"",
        year: Year | None = None,
        shown: Shown | None = None,
    ) -> Rendered:
        """Render one mail without a message around it: to be looked at.

        Raises:
            NotFoundError: there is no such service mail.
        """
        return self._rendered(mail, self._identity(mail.language), letter, year, shown)[0]

    def write(
        self,
        mail: Queued,
        now: datetime,
        letter: bytes = b"",
        year: Year | None = None,
        shown: Shown | None = None,
        *,
        title: str = "",
    ) -> Envelope:
        """Write one mail, ready for a relay; sent with the null envelope sender.

        Args:
            mail: which one.
            now: the instant for its Date.
            letter: the mail that is passed on with it, if one is.
            year: the dates that it tells, if it does.
            shown: what it shows to a user of the institution, if it is to one.
            title: stands before its subject: of one that is sent for a look.

        Raises:
            NotFoundError: there is no such service mail.
            UnsendableError: no message can be made for that address.
        """
        facts, identity = mail.facts or {}, self._identity(mail.language)
        rendered, reply_to = self._rendered(mail, identity, letter, year, shown)
        if title:
            rendered = replace(rendered, subject=f"{title} {rendered.subject}")
        attached = year.file if year else letter if len(letter) <= LARGEST_LETTER else b""
        message = compose(
            ServiceMail(
                identity=mail.identity,
                subscriber=mail.subscriber,
                address=mail.to,
                rendered=rendered,
                reply_to=reply_to,
                answers=facts.get("answers", ""),
                references=facts.get("references", ""),
                attached=attached,
                filename=year.filename if year else "letter.eml",
            ),
            identity,
            self._signer,
            now,
            self._keys,
        )
        return composing.enveloped(message, mail.number, NULL_SENDER)

    def _rendered(
        self,
        mail: Queued,
        identity: Identity,
        letter: bytes,
        year: Year | None,
        shown: Shown | None = None,
    ) -> tuple[Rendered, str]:
        """Render one mail; returns also where answers to it go, empty for the sender's address."""
        facts = mail.facts or {}
        name, topics = Mail(mail.name), tuple(facts.get("topics", "").split())
        reads = facts.get("reads", "") or mail.language
        token, reply_to, target = self._answer(name, mail, identity, facts.get("request", "0"))
        filled = values(self._settings, mail.language, topics, reads) | {"token": token}
        quoted: tuple[str, ...] = ()
        filled |= self._moderated(mail.language, facts)
        filled["why"] = service_mail.reason(mail.language, facts.get("reason", ""))
        filled["limit"] = service_mail.limit(mail.language, facts.get("limit", ""))
        filled |= {one: facts.get(one, "") for one in ("title", "planned", "proposed")}
        if name in PASSED_ON:
            read = letters.read(letter)
            quoted = (read.writing.subject, "", *read.writing.lines[:MOST_LINES])
            reply_to = facts.get("reply_to", "")
            filled |= {"author": facts.get("author", ""), "number": facts.get("mail", "")}
        if name in {Mail.CLOSED, Mail.ALERT}:
            filled |= self._places(mail.language, facts)
            quoted = quoted or (facts.get("words", ""),)
        if name in {Mail.REFUSED, Mail.DIRECTORY}:
            filled |= {"number": facts.get("number", ""), "directory": facts.get("directory", "")}
            quoted = (facts.get("words", ""),)
        if name is Mail.WEBHOOK:
            filled |= {one: facts.get(one, "") for one in ("endpoint", "host")}
            quoted = (facts.get("words", ""),)
        if shown is not None:
            filled |= shown.values
            quoted, reply_to, target = shown.quoted, shown.reply_to, shown.target
        elif path := page_of(name, facts) if identity.public_url else "":
            target = f"{identity.public_url}{path}"
        rendered = service_mail.render(
            name,
            mail.language,
            filled,
            target=target,
            ways=list(self._ways(name, mail, identity, topics, reads)),
            more=[*self._more(name, mail.language, filled)],
            empty=name in _FOR_MEMBERS and not topics,
            quoted=quoted,
            dates=year.dates if year else None,
            look=self._settings.look,
            fallback=self._settings.languages,
            told=shown.told if shown else Told(),
        )
        return rendered, reply_to

    def _moderated(self, language: str, facts: Mapping[str, str]) -> dict[str, str]:
        """Return the words for topics that wait, and for how many wait for them."""
        named = in_words(self._settings.topics)

        def short(topic: str) -> str:
            return named.short(topic, language, self._settings.languages)

        pairs = [one.rpartition(":") for one in facts.get("waiting", "").split()]
        return {
            **{one: ", ".join(map(short, facts.get(one, "").split())) for one in _CHOSEN},
            "waiting": ", ".join(f"{short(topic)} ({count})" for topic, _, count in pairs),
            "count": str(sum(int(count) for _, _, count in pairs)),
            "again": str(DECLINED_FOR.days),
        }

    def _more(self, name: Mail, language: str, filled: Mapping[str, str]) -> Iterator[str]:
        """Tell which topics are still to be decided on, or were not granted."""
        if name is Mail.CONFIRM and filled["waits"]:
            yield self._say(language, "decided_later", waits=filled["waits"])
        if name in _FOR_MEMBERS:
            for one in _CHOSEN:
                if filled[one]:
                    yield self._say(language, one, again=filled["again"], **{one: filled[one]})

    def _places(self, language: str, facts: Mapping[str, str]) -> dict[str, str]:
        """Return the page at which the secretariat can look, if there is anything to see."""
        who, number = facts.get("who", ""), facts.get("number", "")
        return {
            "reader": service_mail.where(language, "reader", who=who) if who else "",
            "report": service_mail.where(language, "report", number=number) if number else "",
            "reason": facts.get("reason", ""),
        }

    def _answer(
        self, name: Mail, mail: Queued, identity: Identity, request: str
    ) -> tuple[str, str, str]:
        """Make the token of a mail that asks, where its answer goes, and where its button leads."""
        if name is Mail.CONFIRM:
            extension, token = "confirm", self._signer.sign(Purpose.CONFIRM, int(request))
        elif name is Mail.LEAVE:
            extension = "leave"
            token = sign_leave(self._signer, mail.subscriber, mail.to, asked=True)
        elif name in _SIGNS_IN:
            token = self._signer.sign(Purpose.SIGN_IN, int(request))
            return "", "", f"{identity.public_url}/console/link/{token}"
        elif name is Mail.CALENDAR and identity.public_url:
            return "", "", f"{identity.public_url}/{mail.language}/calendar"
        elif name in _BACK:
            return "", "", self._subscribe(identity, mail.language)
        else:
            return "", "", ""
        reply_to = f"{identity.list_name}-{extension}+{token}@{identity.list_domain}"
        if name is Mail.CONFIRM and identity.public_url:
            return token, reply_to, f"{identity.public_url}/confirm/{token}"
        subject = f"{self._say(mail.language, extension)} {token}"
        return token, reply_to, mailto(reply_to, subject)

    def _identity(self, language: str) -> Identity:
        """Return the sender's name; only what is mailed to the list has an archive."""
        return replace(composing.identity(self._settings, language), archive_url="")

    def _ways(
        self, name: Mail, mail: Queued, identity: Identity, topics: tuple[str, ...], reads: str
    ) -> Iterator[Way]:
        if name is Mail.HELP:
            yield from self._ways_of_anybody(identity, mail.language)
        elif name in _DECISIONS and mail.subscriber:
            yield from self._ways_after(name, identity, mail)
        elif name in _FOR_MEMBERS and mail.subscriber:
            yield from self._ways_of_member(identity, mail, topics, reads)

    def _ways_of_member(
        self, identity: Identity, mail: Queued, topics: tuple[str, ...], reads: str
    ) -> Iterator[Way]:
        language, settings = mail.language, self._settings
        granted = Tokens(self._signer, 0, 0).of(mail.subscriber, mail.to)
        links = headers.links(identity, granted)
        if identity.public_url:
            yield Way(self._say(language, "way_preferences"), links.preferences_url)
        for code in settings.languages:
            if code != reads:
                label = self._say(language, "way_language", language=name_of(code, language))
                yield self._standing(identity, mail, label, (Choice.LANGUAGE, code))
        named = in_words(settings.topics)
        waits, declined = ((mail.facts or {}).get(one, "").split() for one in _CHOSEN)
        for topic in named.shown_to((*topics, *waits)):
            has = topic in topics or topic in waits
            choice = Choice.DROP if has else Choice.ADD
            if (*topics, *waits) != (topic,) and topic not in declined:
                way = _way(topic in topics, topic in waits, named[topic].moderated)
                name = named.short(topic, language, settings.languages)
                label = self._say(language, way, topic=name)
                yield self._standing(identity, mail, label, (choice, topic))
        target = mailto(links.leave_address, self._say(language, "leave"))
        yield Way(self._say(language, "way_leave"), target)

    def _ways_after(self, name: Mail, identity: Identity, mail: Queued) -> Iterator[Way]:
        """List the few ways that belong to a decision of the secretariat."""
        language = mail.language
        links = headers.links(identity, Tokens(self._signer, 0, 0).of(mail.subscriber, mail.to))
        if identity.public_url:
            yield Way(self._say(language, "way_preferences"), links.preferences_url)
        if name is Mail.DECLINED:
            yield self._owner(identity, language)
        else:
            topic = (mail.facts or {}).get("topics", "")
            named = in_words(self._settings.topics).short(topic, language, self._settings.languages)
            label = self._say(language, "way_less", topic=named)
            yield self._standing(identity, mail, label, (Choice.DROP, topic))
        target = mailto(links.leave_address, self._say(language, "leave"))
        yield Way(self._say(language, "way_leave"), target)

    def _owner(self, identity: Identity, language: str) -> Way:
        name = self._settings.list_title_in(language)
        return Way(
            self._say(language, "way_owner", list=name), mailto(identity.address("owner"), name)
        )

    def _standing(
        self, identity: Identity, mail: Queued, label: str, change: tuple[Choice, str]
    ) -> Way:
        """Make an address that changes one thing for its bearer, at any time."""
        token = sign_standing(self._signer, mail.subscriber, mail.to, mark(*change))
        address = f"{identity.list_name}-confirm+{token}@{identity.list_domain}"
        return Way(label, mailto(address, label))

    def _ways_of_anybody(self, identity: Identity, language: str) -> Iterator[Way]:
        for code in self._settings.languages:
            label = self._say(language, "way_subscribe")
            yield Way(f"{label} ({name_of(code, code)})", self._subscribe(identity, code, language))
        leave = mailto(identity.address("leave"), self._say(language, "leave"))
        yield Way(self._say(language, "way_leave"), leave)
        yield Way(self._say(language, "way_help"), mailto(identity.address("help"), "help"))
        dates = mailto(identity.address(f"calendar+{language.lower()}"), "calendar")
        yield Way(self._say(language, "way_calendar"), dates)
        yield self._owner(identity, language)

    def _say(self, language: str, name: str, /, **values: str) -> str:
        """Return one of the words that all service mails share."""
        return phrase(language, name, self._settings.look, **values)

    def _subscribe(self, identity: Identity, code: str, language: str = "") -> str:
        known = code in self._settings.languages
        address = identity.address(f"subscribe+{code.lower()}" if known else "subscribe")
        return mailto(address, self._say(language or code, "subscribe"))


def _way(on: bool, waits: bool, moderated: bool) -> str:
    """Return the words for changing a topic, by how it stands."""
    if on or waits:
        return "way_less" if on else "way_withdraw"
    return "way_ask" if moderated else "way_topic"


def facts_of(
    *, topics: tuple[str, ...] = (), reads: str = "", request: int = 0, **others: str
) -> dict[str, str]:
    """Gather what a service mail is made from; see `ServiceMails.write`."""
    found = {"topics": " ".join(topics), "reads": reads, "request": str(request or ""), **others}
    return {name: value for name, value in found.items() if value}
