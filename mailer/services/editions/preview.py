"""Shows what a reader would get, and what is to be mended, before anything is sent."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from typing import Final

from mailer.config import Settings
from mailer.content import preflight
from mailer.content.parsing.personal import NOBODY, Reader
from mailer.content.preflight import Finding
from mailer.domain.access.token import Signer
from mailer.domain.campaigns.edition import Edition
from mailer.message.outgoing import headers, slots
from mailer.message.outgoing.composing import Recipient
from mailer.message.outgoing.headers import Mailing
from mailer.message.outgoing.tokens import Tokens
from mailer.services.access.acting import act
from mailer.services.editions import library as editions
from mailer.services.sending import composing
from mailer.services.sending.contents import EditionContent
from mailer.store.campaigns import audience
from mailer.store.server.connection import Store

READER: Final = "reader@example.org"
"""The address in the recipient's place in previews."""
_NOBODY: Final = 0
_SAMPLE_KEY: Final = b"links in previews lead nowhere"
"""Signs the links of previews, so that none of them is a key to anything."""
_SAMPLE_DOMAIN: Final = "example.org"


def findings(settings: Settings, edition: Edition, readers: Iterable[str] = ()) -> list[Finding]:
    """Look an edition over; errors come first.

    Args:
        settings: for the links, and the languages that readers may choose.
        edition: which one.
        readers: further languages that subscribers read.
    """
    settings = with_domain(settings)
    languages = list(dict.fromkeys([*settings.languages, *sorted(readers)]))
    links = editions.links_for(settings, edition, edition.languages[0])
    return preflight.check(edition, languages, links)


@act("editions.preview")
def edition(store: Store, settings: Settings, slug: str) -> Edition:
    """Load an edition that was imported, as a campaign would send it now.

    Raises:
        NotFoundError: it never was.
    """
    return editions.load(store, settings.topics, slug)


def languages_read(store: Store) -> set[str]:
    """Return the languages that subscribers read: an edition is looked over for each."""
    return audience.readers(store)


@act("editions.preview")
def page(settings: Settings, edition: Edition, language: str, reader: Reader = NOBODY) -> str:
    """Write the HTML that a reader sees, whole in itself: images are within, slots are filled.

    Raises:
        NotFoundError: the edition is not written in that language.
    """
    settings = with_domain(settings)
    rendered = editions.rendered(settings, edition, language, reader)
    shown = _filled(rendered.html, _values(settings, rendered.language, reader), html=True)
    for image in rendered.images:
        data = base64.b64encode(image.data).decode("ascii")
        shown = shown.replace(f"cid:{image.cid}", f"data:{image.content_type};base64,{data}")
    return shown


@act("editions.preview")
def text(settings: Settings, edition: Edition, language: str, reader: Reader = NOBODY) -> str:
    """Write the plain text that a reader sees, slots filled.

    Raises:
        NotFoundError: the edition is not written in that language.
    """
    settings = with_domain(settings)
    rendered = editions.rendered(settings, edition, language, reader)
    return _filled(rendered.text, _values(settings, rendered.language, reader), html=False)


@act("editions.preview")
def message(
    settings: Settings,
    edition: Edition,
    language: str,
    topic: str,
    now: datetime,
    *,
    reader: Reader = NOBODY,
) -> bytes:
    """Write the complete message, as it would be sent to a sample reader; its lines end in CRLF.

    Raises:
        NotFoundError: the edition is not written in that language.
        ConfigError: the settings lack what every message needs.
    """
    settings.check_for_sending()
    mailing = Mailing(campaign=0, topic=topic)
    content = EditionContent(settings, edition, "", mailing)
    signer = Signer(_SAMPLE_KEY)
    template = composing.template(settings, content, language, signer, reader=reader)
    return template.fill(Recipient(_NOBODY, READER, reader.name), now).content


def with_domain(settings: Settings) -> Settings:
    """Replace the missing domain, so that an edition can be looked at before it is settled."""
    if settings.list_domain:
        return settings
    return settings.model_copy(update={"list_domain": _SAMPLE_DOMAIN})


def _values(settings: Settings, language: str, reader: Reader) -> Mapping[str, str]:
    identity = composing.identity(settings, language)
    links = headers.links(identity, Tokens(Signer(_SAMPLE_KEY), 0, 0).of(_NOBODY, READER))
    return {
        "address": READER,
        "name": reader.name,
        "leave_url": links.leave_url,
        "preferences_url": links.preferences_url,
    }


def _filled(body: str, values: Mapping[str, str], *, html: bool) -> str:
    pieces = slots.split(body, html=html)
    return "".join(
        piece
        if isinstance(piece, str)
        else (escape(values[piece.name]) if html else values[piece.name])
        for piece in pieces
    )
