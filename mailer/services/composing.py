"""Makes the messages of a campaign: each language is compiled once and kept ready."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from mailer import secret
from mailer.config import Settings
from mailer.domain.campaign import Campaign
from mailer.domain.token import Signer
from mailer.errors import ConfigError
from mailer.message import dkim
from mailer.message.compose import Recipient, Template, compile_message
from mailer.message.headers import Identity
from mailer.message.verp import ReturnPath
from mailer.relay.envelope import Envelope
from mailer.services import contents, editions
from mailer.services.contents import Content
from mailer.store.connection import Store

KEPT: Final = 16
"""Compiled templates that a worker keeps: a few campaigns in a few languages."""


def identity(settings: Settings, language: str) -> Identity:
    """Say who sends, to a reader of that language."""
    return Identity(
        sender_name=settings.sender_name_in(language),
        sender_address=settings.sender_address,
        list_name=settings.list_name,
        list_domain=settings.list_domain,
        list_title=settings.sender_name_in(language),
        reply_to=settings.reply_to,
        public_url=settings.public_url,
        archive_url=editions.archive_url(settings, language),
    )


def signing_keys(settings: Settings) -> tuple[dkim.Key, ...]:
    """Load the keys that sign the mail.

    Raises:
        ConfigError: a file cannot be read, or holds no key that can sign.
    """
    try:
        return tuple(
            dkim.load_key(key.domain, key.selector, secret.read(key.file).encode("ascii"))
            for key in settings.dkim_keys
        )
    except secret.SecretFileError as error:
        raise ConfigError([error.problem]) from error


def template(
    settings: Settings,
    content: Content,
    language: str,
    signer: Signer,
    *,
    keys: Sequence[dkim.Key] | None = None,
) -> Template:
    """Render and compile what a campaign sends in one language.

    Args:
        settings: for the sender and, unless they are given, keys.
        content: what is sent.
        language: one of its own.
        signer: makes the tokens.
        keys: sign the messages.

    Raises:
        InputError: the text cannot be rendered.
        UnsendableError: something in it cannot stand in a message.
        ConfigError: a key cannot be used.
    """
    if keys is None:
        keys = signing_keys(settings)
    who = identity(settings, language)
    return compile_message(content.rendered(language), who, content.mailing, signer, keys)


class Composer:
    """Writes messages for any campaign, keeping what was compiled lately."""

    def __init__(self, store: Store, settings: Settings, secret: bytes) -> None:
        """Take the store with the editions, and the key that signs tokens.

        Raises:
            ConfigError: a key that signs the mail cannot be used.
        """
        self._store, self._settings = store, settings
        self._keys = signing_keys(settings)
        self._signer = Signer(secret)
        self._return_path = ReturnPath(settings.list_name, settings.list_domain, self._signer)
        self._kept: OrderedDict[tuple[int, str, str], Template] = OrderedDict()
        self._loaded: tuple[int, str, Content] | None = None
        """Campaign, digest and content of what was loaded last: for its next language."""

    @property
    def is_slow(self) -> bool:
        """Tell whether a message takes so long to sign that others should go on meanwhile."""
        return any(key.algorithm.startswith("rsa") for key in self._keys)

    def prepare(self, campaign: Campaign, language: str) -> None:
        """Compile what all messages of a campaign in one language share, unless it is kept.

        Takes a tenth of a second; `write` would do it too, but while others wait.

        Raises:
            NotFoundError: what it sends is gone, or has no words in that language.
            InputError: the text cannot be rendered, or cannot stand in a message.
        """
        self._template(campaign, language)

    def write(
        self, campaign: Campaign, language: str, number: int, address: str, now: datetime
    ) -> Envelope:
        """Write one delivery's message; the same arguments give the same octets.

        Args:
            campaign: a started one.
            language: of the delivery.
            number: the subscriber's.
            address: where to, as the subscriber gave it.
            now: the instant for its Date.

        Raises:
            UnsendableError: no message can be made for that address.
        """
        message = self._template(campaign, language).fill(Recipient(number, address), now)
        return Envelope(
            number=number,
            sender=self._return_path.write(campaign.number, number),
            recipient=message.recipient,
            content=message.parts,
            size=message.size,
            smtputf8=message.smtputf8,
        )

    def _template(self, campaign: Campaign, language: str) -> Template:
        key = (campaign.number, campaign.digest, language)
        found = self._kept.get(key)
        if found is None:
            content = self._content(campaign)
            found = template(self._settings, content, language, self._signer, keys=self._keys)
            self._kept[key] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return found

    def _content(self, campaign: Campaign) -> Content:
        if self._loaded is None or self._loaded[:2] != (campaign.number, campaign.digest):
            content = contents.load(self._store, self._settings, campaign)
            self._loaded = (campaign.number, campaign.digest, content)
        return self._loaded[2]
