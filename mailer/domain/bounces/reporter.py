"""Listed reporters: who may report complaints without a secret of ours, for which mailboxes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from mailer.domain.access.alignment import canonical, organisational, public_suffix
from mailer.domain.settings.setting import items, parsed, text

SHAPE: Final = 'write it like "reports.example.net for example.net example.*"'
_NAME: Final = re.compile(
    r"(?:[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@)?"
    r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+"
)
_ANY: Final = ".*"
"""Ends the name of a provider that has mailboxes under many public suffixes."""
_MAILBOXES: Final = re.compile(
    r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*(?:\.\*)?"
)


@dataclass(frozen=True, slots=True)
class Reporter:
    """One author of reports whom the operator believes about certain mailboxes."""

    author: str
    """A domain, subdomains included, or one address; in lower case and A-labels."""
    mailboxes: tuple[str, ...]
    """Mail domains that it answers for; `example.*` is `example` under any public suffix."""

    def __str__(self) -> str:
        return f"{self.author} for {' '.join(self.mailboxes)}"

    @property
    def domain(self) -> str:
        """The domain that must be authenticated."""
        return self.author.rpartition("@")[2]

    def wrote(self, address: str) -> bool:
        """Tell whether an author's address is this reporter's; says nothing of who really wrote."""
        local, _, domain = address.lower().rpartition("@")
        domain = canonical(domain)
        if "@" in self.author:
            return f"{local}@{domain}" == self.author
        return domain == self.author or domain.endswith(f".{self.author}")

    def answers_for(self, address: str) -> bool:
        """Tell whether a mailbox is at one of its domains."""
        domain = canonical(address.rpartition("@")[2])
        return bool(domain) and any(_covers(one, domain) for one in self.mailboxes)


def _covers(mailboxes: str, domain: str) -> bool:
    if not mailboxes.endswith(_ANY):
        return domain == mailboxes
    suffix = public_suffix(domain)
    return bool(suffix) and domain == f"{mailboxes.removesuffix(_ANY)}.{suffix}"


def parse_reporter(written: str) -> Reporter:
    """Read `AUTHOR for MAILBOXES …`; AUTHOR alone answers for its own organisational domain.

    Raises:
        ValueError: it is not such a text, in the form `what is wrong; remedy`.
    """
    author, *words = written.lower().split()
    if words[:1] not in ([], ["for"]):
        raise ValueError(f'"{written}" is no reporter; {SHAPE}.')
    local, at, domain = author.rpartition("@")
    name = f"{local}{at}{canonical(domain)}"
    if not _NAME.fullmatch(name):
        raise ValueError(f'"{author}" is neither a domain nor an address; {SHAPE}.')
    found = dict.fromkeys(map(_mailboxes, words[1:]))
    return Reporter(name, tuple(found) or (organisational(name.rpartition("@")[2]),))


def _mailboxes(word: str) -> str:
    ending = _ANY if word.endswith(_ANY) else ""
    covered = canonical(word.removesuffix(ending)) + ending
    if "." not in covered or not _MAILBOXES.fullmatch(covered):
        raise ValueError(f'"{word}" is no domain of mailboxes; {SHAPE}.')
    return covered


def reporters(value: Any) -> tuple[Reporter, ...]:
    """Read the setting: each in words, or a table `{ "AUTHOR" = ["MAILBOXES"] }`.

    Raises:
        SettingError: one of them is no reporter.
    """
    if isinstance(value, str) and value.lstrip().startswith("{"):
        with suppress(ValueError):  # else it is no reporter in words either, which is told
            value = json.loads(value)
    if isinstance(value, Mapping):
        value = [f"{text(name)} for {' '.join(_words(own))}" for name, own in value.items()]
    return items(parsed(Reporter, parse_reporter))(value)


def _words(value: Any) -> tuple[str, ...]:
    return (text(value),) if isinstance(value, str) else items(text)(value)
