"""Holds a campaign's ledger against what the catcher took, and lays messages out to look at."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from mailer.demo.maildir import Captured
from mailer.domain.campaigns.campaign import Campaign
from mailer.domain.subscribers.address import key_of
from mailer.store.campaigns import deliveries
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers

_MOST_SHOWN: Final = 5


def accepted(store: Store, campaign: Campaign) -> dict[str, str]:
    """Tell whose deliveries the ledger holds as accepted: key of the address -> language."""
    languages = deliveries.accepted_languages(store, campaign.number, campaign.languages)
    return {
        key_of(one.address): languages[one.number]
        for one in subscribers.each(store)
        if one.number in languages
    }


def differences(books: Mapping[str, str], held: Iterable[Captured]) -> list[str]:
    """Tell in words how the catcher's messages differ from the accepted ones, if they do.

    Args:
        books: key of the address -> language, of the deliveries that were accepted.
        held: the messages that were caught.
    """
    languages: dict[str, str] = {}
    copies: Counter[str] = Counter()
    for mail in held:
        key = key_of(mail.recipient)
        languages[key] = mail.language
        copies[key] += 1
    missing = [key for key in books if not copies[key]]
    repeated = [key for key, count in copies.items() if count > 1]
    foreign = [key for key in copies if key not in books]
    mistaken = [key for key in books if copies[key] and languages[key] != books[key]]
    return [
        *_told(missing, "accepted by the books, but not with the catcher"),
        *_told(repeated, "with the catcher more than once"),
        *_told(foreign, "with the catcher, but not accepted by the books"),
        *_told(mistaken, "in another language than the books have"),
    ]


@dataclass(frozen=True, slots=True)
class Look:
    """One message laid out to be looked at."""

    language: str
    subject: str
    files: Sequence[Path]
    """As it came (`.eml`), its page for a browser (`.html`), its text for a terminal (`.txt`)."""


def lay_out(held: Iterable[Captured], folder: Path) -> list[Look]:
    """Lay out the first message of each language, in a folder that is made.

    Raises:
        OSError: the folder cannot be written.
    """
    first: dict[str, Captured] = {}
    for mail in held:
        first.setdefault(mail.language, mail)
    folder.mkdir(exist_ok=True)
    return [_laid_out(mail, folder / language) for language, mail in sorted(first.items())]


def page(message: EmailMessage) -> str:
    """Return the HTML part as one page that needs nothing else: its images are within it."""
    html = message.get_body(("html",))
    shown = str(html.get_content()) if html else ""
    for part in message.walk():
        cid = str(part["Content-ID"] or "").strip("<>")
        if cid and part.get_content_maintype() == "image":
            data = base64.b64encode(part.get_content()).decode("ascii")
            shown = shown.replace(f"cid:{cid}", f"data:{part.get_content_type()};base64,{data}")
    return shown


def _laid_out(mail: Captured, stem: Path) -> Look:
    message = mail.parsed()
    text = message.get_body(("plain",))
    eml, html, txt = (stem.with_suffix(suffix) for suffix in (".eml", ".html", ".txt"))
    eml.write_bytes(mail.content)
    html.write_text(page(message), encoding="utf-8")
    txt.write_text(str(text.get_content()) if text else "", encoding="utf-8")
    return Look(mail.language, str(message["Subject"]), (eml, html, txt))


def _told(keys_: Sequence[str], what: str) -> list[str]:
    if not keys_:
        return []
    more = f" and {len(keys_) - _MOST_SHOWN} more" if len(keys_) > _MOST_SHOWN else ""
    return [f"{', '.join(keys_[:_MOST_SHOWN])}{more}: {what}."]
