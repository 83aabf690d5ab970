"""Makes the message of a template's mail when its turn in the outbox has come."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Final

from mailer.config import Settings, secret_key
from mailer.content.language.topic_words import in_words
from mailer.content.rendering.brand import brand_of
from mailer.content.rendering.service_mail import Way, mailto, phrase
from mailer.content.transactional import source, writing
from mailer.content.transactional.writing import Frame
from mailer.domain.access.token import Signer
from mailer.domain.subscribers.bearer import sign_leave, sign_preferences, sign_standing
from mailer.domain.subscribers.subscribing import Choice, mark
from mailer.domain.transactional import variable
from mailer.domain.transactional.refusal import Refusal, refusals
from mailer.domain.transactional.template import Template
from mailer.message.outgoing.headers import Identity
from mailer.message.outgoing.service_mail import ServiceMail, compose
from mailer.message.outgoing.verp import ReturnPath
from mailer.relay.envelope import Envelope
from mailer.services.sending import composing
from mailer.store.outbox import Queued
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from mailer.store.transactional import templates

KEPT: Final = 32
"""Templates that a process keeps as read."""


class TemplateMails:
    """Writes mails of templates; one for each process that sends them."""

    def __init__(self, store: Store, settings: Settings) -> None:
        """Read the settings and the keys they name.

        Raises:
            ConfigError: the secret key, or one that signs mail, cannot be used.
        """
        self._store, self._settings = store, settings
        self._signer = Signer(secret_key(settings))
        self._keys = composing.signing_keys(settings)
        self._return_path = ReturnPath(settings.list_name, settings.list_domain, self._signer)
        self._load = lru_cache(maxsize=KEPT)(self._loaded)

    def refusal(self, mail: Queued) -> Refusal | None:
        """Tell why a mail may not leave after all, by the present status of its reader (law 4)."""
        found = subscribers.get(self._store, mail.subscriber) if mail.subscriber else None
        status = found.status.value if found else ""
        if refused := refusals(topic=bool(mail.topic)).get(status):
            return refused
        if mail.topic and (found is None or mail.topic not in found.topics):
            return Refusal.NOT_SUBSCRIBED
        return None

    def write(self, mail: Queued, now: datetime) -> Envelope:
        """Write one mail, ready for a relay; what comes back comes to a return path of its own.

        Args:
            mail: which one.
            now: the instant for its Date.

        Raises:
            NotFoundError: its template is gone.
            InputError: the template cannot be written with its data.
            UnsendableError: no message can be made for that address.
        """
        template = self._load(mail.template, mail.version)
        given = json.loads((mail.facts or {}).get("data", "{}"))
        data = variable.read(template.variables, given)
        written = writing.write(template, mail.language, data)
        identity = composing.identity(self._settings, mail.language)
        unsubscribe, frame = self._frame(mail, identity)
        message = compose(
            ServiceMail(
                identity=mail.identity,
                subscriber=mail.subscriber,
                address=mail.to,
                rendered=writing.render(written, frame),
                asked_by_program=True,
                unsubscribe=unsubscribe,
                one_click=bool(unsubscribe) and unsubscribe[0].startswith("https:"),
            ),
            replace(identity, archive_url=""),
            self._signer,
            now,
            self._keys,
        )
        sender = self._return_path.write(mail.identity, mail.subscriber)
        return composing.enveloped(message, mail.number, sender)

    def _loaded(self, slug: str, version: str) -> Template:
        return source.load_files(templates.files_of(self._store, slug, version), checked=True)

    def _frame(self, mail: Queued, identity: Identity) -> tuple[tuple[str, ...], Frame]:
        """Return the ways to get no more of the mail's topic, and what stands around its words."""
        settings = self._settings
        brand = brand_of(settings.look, mail.language, settings.languages)
        frame = Frame(identity.sender_name, mail.to, brand=brand)
        if not mail.topic:
            return (), frame
        language, bearer = mail.language, (self._signer, mail.subscriber, mail.to)
        named = in_words(self._settings.topics).short(
            mail.topic, language, self._settings.languages
        )
        label = phrase(language, "way_less", self._settings.look, topic=named)
        token = sign_standing(*bearer, mark(Choice.DROP, mail.topic))
        stop = mailto(f"{identity.list_name}-confirm+{token}@{identity.list_domain}", label)
        if not identity.public_url:
            return (stop,), replace(frame, topic=named, ways=(Way(label, stop),))
        page = f"{identity.public_url}/leave/{sign_leave(*bearer)}?topic={mail.topic}"
        more = f"{identity.public_url}/preferences/{sign_preferences(*bearer)}"
        ways = (
            Way(label, page),
            Way(phrase(language, "way_preferences", self._settings.look), more),
        )
        return (page, stop), replace(frame, topic=named, ways=ways)


def sample_frame(settings: Settings, template: Template, language: str) -> Frame:
    """Return what stands around the words of a mail to somebody made up."""
    brand = brand_of(settings.look, language, settings.languages)
    frame = Frame(settings.sender_name_in(language), "reader@example.org", brand=brand)
    if not template.topic:
        return frame
    named = in_words(settings.topics).short(template.topic, language, settings.languages)
    way = Way(phrase(language, "way_less", settings.look, topic=named), "https://example.org/")
    return replace(frame, topic=named, ways=(way,))
