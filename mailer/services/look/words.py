"""The texts of service mails: ours, and what the institution has put in their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from mailer.config import Settings
from mailer.content.rendering import service_mail
from mailer.domain.look.look import Text
from mailer.domain.look.reading import read
from mailer.domain.look.texts import COMMANDS, SHARED, placeholders
from mailer.domain.subscribers.subscribing import Mail
from mailer.errors import InputError, NotFoundError, Problem
from mailer.services.access.acting import act
from mailer.services.look.live import ground_of

READERS: Final = (
    Mail.CONFIRM,
    Mail.WELCOME,
    Mail.GOODBYE,
    Mail.ALREADY,
    Mail.LEAVE,
    Mail.NOT_MEMBER,
    Mail.HELP,
    Mail.OWN,
    Mail.STATUS,
    Mail.CHANGED,
    Mail.APPROVED,
    Mail.DECLINED,
    Mail.CALENDAR,
    Mail.SUSPENDED,
)
"""Mails that readers get, in the order in which they are listed."""
USERS: Final = (Mail.SIGN_IN, Mail.INVITATION, Mail.WAYS)
SECRETARIAT: Final = tuple(one for one in Mail if one not in (*READERS, *USERS))
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "readers": tuple(READERS),
    "shared": (SHARED,),
    "secretariat": tuple(SECRETARIAT),
    "users": tuple(USERS),
}
"""All that has texts, by whom it is for; `shared`: lines that several mails have."""
PREVIEWED: Final = frozenset(one.value for one in Mail)
"""What is a whole mail, and can be looked at."""


@dataclass(frozen=True, slots=True)
class Line:
    """One text of a service mail in one language."""

    key: str
    """Such as `confirm.subject`."""
    ours: Text
    own: Text | None
    """What the institution says in its place."""
    names: tuple[str, ...]
    """What may stand in braces in it."""

    @property
    def part(self) -> str:
        """Return the key within its mail."""
        return self.key.partition(".")[2]

    @property
    def said(self) -> Text:
        """Return what is said."""
        return self.ours if self.own is None else self.own

    @property
    def is_paragraphs(self) -> bool:
        """Tell whether it is paragraphs: empty lines part them in one text."""
        return isinstance(self.ours, tuple)

    @property
    def command(self) -> str:
        """Return the word that it must begin with; empty: any."""
        return str(self.ours).split()[0] if self.key in COMMANDS else ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One mail in the list of words."""

    name: str
    """See `GROUPS`."""
    changed: Mapping[str, int]
    """Language -> how many of its texts are the institution's own; those with none are left out."""


@act("look.show")
def listed(settings: Settings) -> dict[str, list[Entry]]:
    """List the mails by group, each with how many of its texts are not ours any more.

    Args:
        settings: with the look in force.
    """
    texts = settings.look.texts

    def changed(mail: str) -> dict[str, int]:
        counts = {
            code: sum(key.partition(".")[0] == mail for key in said) for code, said in texts.items()
        }
        return {code: count for code, count in counts.items() if count}

    return {
        group: [Entry(str(one), changed(str(one))) for one in mails]
        for group, mails in GROUPS.items()
    }


@act("look.show")
def lines(settings: Settings, mail: str, language: str) -> list[Line]:
    """List the texts of one mail in one language.

    Raises:
        NotFoundError: there is no such mail.
    """
    ours = service_mail.originals(language)
    mine = {key: said for key, said in ours.items() if key.partition(".")[0] == mail}
    if not mine or not any(mail in mails for mails in GROUPS.values()):
        raise NotFoundError("service mail", mail)
    own = settings.look.texts.get(language, {})
    every = tuple(dict.fromkeys(name for said in mine.values() for name in placeholders(said)))
    return [
        Line(key, said, own.get(key), placeholders(said) if mail == SHARED else every)
        for key, said in mine.items()
    ]


def wanted(language: str, mail: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the change that puts texts into a mail, as `Looks.change_words` takes it.

    Args:
        language: of the texts.
        mail: its name.
        given: part -> text; one that is ours, or empty, takes ours back.
    """
    ours = service_mail.originals(language)
    said: dict[str, Any] = {}
    for part, text in given.items():
        key = f"{mail}.{part}"
        paragraphs = isinstance(ours.get(key), tuple)
        plain = "\n\n".join(ours[key]) if paragraphs else str(ours.get(key, ""))
        same = " ".join(text.split(" ")).replace("\r\n", "\n").strip() == plain
        said[key] = None if same or not text.strip() else text
    return {"texts": {language: said}}


def with_draft(settings: Settings, language: str, mail: str, given: Mapping[str, str]) -> Settings:
    """Return the settings with texts over them that nobody has saved.

    Args:
        settings: with the look in force.
        language: of the texts.
        mail: its name.
        given: part -> text, as `wanted` takes them.

    Raises:
        InputError: a text cannot be; places are `texts.LANGUAGE.KEY`.
    """
    problems: list[Problem] = []
    fresh = wanted(language, mail, given)["texts"][language]
    taken = {key: text for key, text in fresh.items() if text is not None}
    drafted = read({"texts": {language: taken}}, ground_of(settings), problems.append)
    if problems:
        raise InputError(problems)
    look = settings.look
    own = {key: text for key, text in look.texts.get(language, {}).items() if key not in fresh}
    merged = {**look.texts, language: {**own, **drafted.texts.get(language, {})}}
    return settings.with_look(replace(look, texts=merged))
