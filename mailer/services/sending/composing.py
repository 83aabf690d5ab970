"""Makes the messages of a campaign: each language is compiled once and kept ready."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from threading import Lock
from typing import Final, NamedTuple, TypeVar

from mailer.config import Settings, secret
from mailer.content.parsing.personal import NOBODY, Chooser, Reader
from mailer.content.rendering.rendered import Rendered
from mailer.domain.access.token import Signer
from mailer.domain.campaigns.campaign import Campaign
from mailer.errors import ConfigError, InputError
from mailer.message.outgoing import dkim
from mailer.message.outgoing.composing import (
    Draft,
    Recipient,
    Template,
    WireMessage,
    compile_message,
)
from mailer.message.outgoing.headers import Identity
from mailer.message.outgoing.slots import UnsendableError
from mailer.message.outgoing.verp import ReturnPath
from mailer.relay.envelope import Envelope
from mailer.services.editions import library as editions
from mailer.services.look.live import settings_at
from mailer.services.sending import contents
from mailer.services.sending.contents import Content, Personal
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers

KEPT: Final = 64
"""Compiled templates that a worker keeps: a few campaigns in a few languages, or the variants of
one whose text has conditions; each takes about as much memory as its message."""
LOADED: Final = 4
"""Campaigns whose content a worker keeps as it was written."""


Key = TypeVar("Key")
Value = TypeVar("Value")


Version = tuple[int, str, str, str | None]
"""The key of a compiled template: mailing (a store that takes over may give the number of a
campaign again), version, language, and its variant, where words differ from reader to
reader."""


def identity(settings: Settings, language: str) -> Identity:
    """Name the sender, to a reader of that language."""
    return Identity(
        sender_name=settings.sender_name_in(language),
        sender_address=settings.sender_address,
        list_name=settings.list_name,
        list_domain=settings.list_domain,
        list_title=settings.list_title_in(language),
        reply_to=settings.reply_to,
        public_url=settings.public_url,
        archive_url=editions.archive_url(settings, language),
    )


def signing_keys(settings: Settings) -> tuple[dkim.Key, ...]:
    """Load the keys that sign the mail.

    Raises:
        ConfigError: a file cannot be read, or holds no key that can sign.
    """
    out = frozenset(settings.dkim_unsigned)
    try:
        return tuple(
            dkim.load_key(key.domain, key.selector, secret.read(key.file).encode("ascii"), out)
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
    reader: Reader = NOBODY,
) -> Template:
    """Render and compile what a campaign sends in one language.

    Args:
        settings: for the sender and, unless they are given, keys.
        content: what is sent.
        language: one of its own.
        signer: makes the tokens.
        keys: sign the messages.
        reader: whom passages for some readers only are chosen for.

    Raises:
        InputError: the text cannot be rendered.
        UnsendableError: something in it cannot stand in a message.
        ConfigError: a key cannot be used.
    """
    if keys is None:
        keys = signing_keys(settings)
    who = identity(settings, language)
    rendered = rendered_for(content, language, reader)
    return compile_message(rendered, who, content.mailing, signer, keys)


def rendered_for(content: Content, language: str, reader: Reader) -> Rendered:
    """Render what a campaign sends, for a reader where that makes a difference."""
    if reader is not NOBODY and isinstance(content, Personal):
        return content.rendered_for(language, reader)
    return content.rendered(language)


def enveloped(message: WireMessage, number: int, sender: str) -> Envelope:
    """Put a message into its envelope.

    Args:
        message: to whom it says.
        number: by which its outcome is told.
        sender: where it comes back; empty for the null sender.
    """
    return Envelope(
        number=number,
        sender=sender,
        recipient=message.recipient,
        content=message.parts,
        size=message.size,
        smtputf8=message.smtputf8,
    )


class Unsigned(NamedTuple):
    """A delivery's message but for its signatures, which are made elsewhere."""

    draft: Draft
    number: int
    sender: str

    @property
    def digests(self) -> list[bytes]:
        """Return the digests to be signed, one for each key in turn."""
        return self.draft.unsigned.digests

    def signed(self, made: Sequence[bytes]) -> Envelope:
        """Complete it, given the signature of each digest, in their order."""
        return enveloped(self.draft.signed(made), self.number, self.sender)


def reader_of(store: Store, number: int | None, name: str | None = None) -> Reader:
    """Tell what a text may ask of a subscriber; of whom nothing is known, no more than the name.

    Args:
        store: with the subscribers.
        number: the subscriber's; none: somebody who is none.
        name: as known already; none: the subscriber's.
    """
    known = subscribers.get(store, number) if number else None
    if known is None:
        return Reader(name or "")
    return Reader(known.name if name is None else name, known.topics, known.tags)


class Composer:
    """Writes messages for any campaign, keeping what was compiled lately.

    A text with conditions is rendered anew for each reader whose words differ from those that
    were compiled before; whoever gets the same words shares the work, as all do elsewhere.
    `write` may be called in several threads.
    """

    def __init__(self, store: Store, settings: Settings, secret: bytes) -> None:
        """Compose from the editions of a store; `secret` signs tokens.

        Raises:
            ConfigError: a key that signs the mail cannot be used.
        """
        self._store, self._settings = store, settings
        self.keys: Final = signing_keys(settings)
        """The keys that sign the messages."""
        self._signer = Signer(secret)
        self._return_path = ReturnPath(settings.list_name, settings.list_domain, self._signer)
        self._kept: dict[Version, Template] = {}
        self._loaded: dict[tuple[int, str], tuple[Content, Personal | None]] = {}
        self._laid: dict[int, Settings] = {}
        """The settings with the look of each revision that a campaign began with."""
        self._choosers: dict[tuple[int, str, str], Chooser] = {}
        self._lock = Lock()
        """Held while one of these is changed."""

    def use(self, settings: Settings) -> None:
        """Go on with other settings; a campaign under way keeps the look that it began with."""
        with self._lock:
            self._settings, self._laid = settings, {}

    def is_personal(self, campaign: Campaign) -> bool:
        """Tell whether words may differ from reader to reader, so that a message takes longer."""
        return self._content(campaign)[1] is not None

    def prepare(self, campaign: Campaign, language: str) -> None:
        """Compile what all messages of a campaign in one language share, unless it is kept.

        Takes a tenth of a second; `write` would do it too, but while others wait.

        Raises:
            NotFoundError: what it sends is gone, or has no words in that language.
            InputError: the text cannot be rendered, or cannot stand in a message.
        """
        self._template(campaign, language, None)

    def write(self, campaign: Campaign, language: str, to: Recipient, now: datetime) -> Envelope:
        """Write one delivery's message; the same arguments give the same octets.

        Args:
            campaign: a started one.
            language: of the delivery.
            to: whom it is for.
            now: the instant for its Date.

        Raises:
            UnsendableError: no message can be made for that address or reader.
        """
        message = self._template(campaign, language, to).fill(to, now)
        return enveloped(message, to.number, self._return_path.write(campaign.mailing, to.number))

    def draft(self, campaign: Campaign, language: str, to: Recipient, now: datetime) -> Unsigned:
        """Write one delivery's message but for its signatures; as `write`.

        Raises:
            UnsendableError: no message can be made for that address or reader.
            RuntimeError: there are no keys.
        """
        draft = self._template(campaign, language, to).draft(to, now)
        sender = self._return_path.write(campaign.mailing, to.number)
        return Unsigned(draft, to.number, sender)

    def _template(self, campaign: Campaign, language: str, to: Recipient | None) -> Template:
        """Return a campaign's template in a language: for one reader, where words may differ."""
        version: Version = (campaign.mailing, campaign.digest, language, None)
        found = self._kept.get(version)
        if found is not None:
            return found
        content, personal = self._content(campaign)
        reader = NOBODY
        if personal is not None:
            chooser = self._chooser(campaign, personal, language)
            reader = self._reader(to, chooser) if to is not None else NOBODY
            version = (*version[:3], chooser.variant(reader))
            found = self._kept.get(version)
        if found is None:
            settings = self._settings_of(campaign)
            found = self._compiled(settings, content, language, reader, to)
            _keep(self._kept, version, found, KEPT, self._lock)
        return found

    def _settings_of(self, campaign: Campaign) -> Settings:
        """Return the settings with the look that a campaign began with."""
        found = self._laid.get(campaign.look)
        if found is None:
            found = settings_at(self._store, self._settings, campaign.look)
            _keep(self._laid, campaign.look, found, LOADED, self._lock)
        return found

    def _compiled(
        self,
        settings: Settings,
        content: Content,
        language: str,
        reader: Reader,
        to: Recipient | None,
    ) -> Template:
        try:
            return template(
                settings, content, language, self._signer, keys=self.keys, reader=reader
            )
        except InputError as error:
            if to is None or reader is NOBODY or isinstance(error, UnsendableError):
                raise
            # About this reader's words only: the others' messages must not wait for it.
            problem = error.problems[0]
            raise UnsendableError(problem.place, problem.text, problem.remedy) from error

    def _chooser(self, campaign: Campaign, content: Personal, language: str) -> Chooser:
        key = (campaign.mailing, campaign.digest, language)
        found = self._choosers.get(key)
        if found is None:
            found = content.chooser(language)
            _keep(self._choosers, key, found, KEPT, self._lock)
        return found

    def _reader(self, to: Recipient, chooser: Chooser) -> Reader:
        """Tell what the texts ask; the store is asked only for what did not come along."""
        if chooser.asks <= {"name"}:
            return Reader(to.name)
        return reader_of(self._store, to.number, to.name)

    def _content(self, campaign: Campaign) -> tuple[Content, Personal | None]:
        """Load what a campaign sends; again as what may differ from reader to reader, if it may."""
        key = (campaign.mailing, campaign.digest)
        found = self._loaded.get(key)
        if found is None:
            content = contents.load(self._store, self._settings_of(campaign), campaign)
            personal = content if isinstance(content, Personal) and content.is_personal else None
            found = (content, personal)
            _keep(self._loaded, key, found, LOADED, self._lock)
        return found


def _keep(kept: dict[Key, Value], key: Key, value: Value, most: int, lock: Lock) -> None:
    """Put something into a cache from which what came first goes first."""
    with lock:
        kept[key] = value
        while len(kept) > most:
            del kept[next(iter(kept))]
