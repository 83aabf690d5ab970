"""Recognition of our own addresses: the purpose of mail to one, and whom it concerns.

One mailbox name stands for all of them. With `bulletin` at `lists.example.org`:

| address | mail to it |
|---|---|
| `bulletin@` | for the secretariat, or a command in its subject or text |
| `bulletin-subscribe@`, `…+fr`, `…+meetings`, `…+meetings+fr` | subscribes |
| `bulletin-leave@`, `…+meetings`, `…+TOKEN` | leaves |
| `bulletin-confirm@`, `…+TOKEN` | confirms; without a token, the text holds it |
| `bulletin-bounces+TOKEN@` | reports what became of a delivery |
| `bulletin-complaints@` | reports that a reader called our mail spam (RFC 9477) |
| `bulletin-calendar@`, `…+fr` | asks for the year's dates |
| `bulletin-rsvp+TOKEN@` | answers an invitation; see `mailer.services.calendar.rsvp` |
| `bulletin-approve+TOKEN@` | approves; see `mailer.services.campaigns.approving_by_mail` |
| `bulletin-help@`, `bulletin-owner@` | asks for help; for the secretariat |
| `bulletin-owner+TOKEN@` | replies to an answer of the secretariat, or returns it |
| `bulletin-meetings-subscribe@`, `…+fr`, `bulletin-meetings-leave@` | the same for one topic |
| `postmaster@`, `abuse@` | for the secretariat (RFC 5321 section 4.5.1, RFC 2142) |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

import idna

from mailer.domain.access.token import Purpose, Signer

LONGEST: Final = 1024
"""Octets of a recipient that are looked at: rewritten ones (SRS) are longer than a path may be."""


class Role(StrEnum):
    """The purpose of one of our addresses."""

    LIST = "list"
    SUBSCRIBE = "subscribe"
    LEAVE = "leave"
    CONFIRM = "confirm"
    BOUNCES = "bounces"
    COMPLAINTS = "complaints"
    CALENDAR = "calendar"
    RSVP = "rsvp"
    APPROVE = "approve"
    HELP = "help"
    OWNER = "owner"
    POSTMASTER = "postmaster"


_TOKENS: Final = {
    Role.LEAVE: Purpose.LEAVE,
    Role.CONFIRM: Purpose.CONFIRM,
    Role.RSVP: Purpose.RSVP,
    Role.OWNER: Purpose.ANSWER,
    Role.APPROVE: Purpose.APPROVE,
}
_ONLY_WITH_TOKEN: Final = frozenset({Role.RSVP, Role.APPROVE})
_IN_A_LANGUAGE: Final = (Role.SUBSCRIBE, Role.CALENDAR)
_POSTMASTERS: Final = frozenset({"postmaster", "abuse"})
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """One of our addresses, read."""

    role: Role
    topic: str = ""
    """The topic that it names; empty if none."""
    language: str = ""
    """The language that it asks for, one of the settings'; empty if none, or one we lack."""
    numbers: tuple[int, ...] = ()
    """The numbers in its token (see `Purpose`); empty if it carries none."""


class OwnAddresses:
    """Tells our own addresses from others; a forged token is as good as another address."""

    def __init__(
        self,
        name: str,
        domain: str,
        *,
        languages: Sequence[str],
        topics: Collection[str],
        hidden: Collection[str] = (),
        signer: Signer,
        return_path: Callable[[str], tuple[int, ...] | None],
    ) -> None:
        """Recognise the addresses of one list.

        Args:
            name: the mailbox name that all addresses begin with.
            domain: their domain, in A-labels.
            languages: codes that readers can choose.
            topics: what anybody can subscribe to.
            hidden: what only the secretariat puts readers on; they can leave it all the same.
            signer: verifies tokens.
            return_path: reads a bounce address, whatever mail systems made of it on its way
                (`message.outgoing.verp.ReturnPath.read`).
        """
        self._name, self._domain = name.lower(), domain.lower()
        self._languages = {code.lower(): code for code in languages}
        offered = frozenset(topics)
        self._topics = {Role.SUBSCRIBE: offered, Role.LEAVE: offered.union(hidden)}
        self._signer, self._return_path = signer, return_path
        self.list_address = f"{name}@{domain}"

    def read(self, recipient: str) -> OwnAddress | None:
        """Tell which of our addresses a recipient is, or None if it is not ours.

        Capitals, quotes around the local part, angle brackets, and a domain written in its own
        script or with a dot at its end do not matter. Not ours is also one whose token we did
        not sign, and one with an addition that means nothing to us: whoever wrote to it must
        learn that it came to nothing (law 11).
        """
        text = recipient[: LONGEST + 1].strip().strip("<>").lower()
        if not text or len(text) > LONGEST:
            return None
        if (numbers := self._return_path(text)) is not None:
            return OwnAddress(Role.BOUNCES, numbers=tuple(numbers))
        local, sign, domain = text.rpartition("@")
        if not sign:  # RFC 5321 section 4.5.1: `Postmaster` alone must be known
            return OwnAddress(Role.POSTMASTER) if text == "postmaster" else None
        return self._local(local.strip('"')) if _ascii(domain) == self._domain else None

    def _local(self, local: str) -> OwnAddress | None:
        if local in _POSTMASTERS:
            return OwnAddress(Role.POSTMASTER)
        if local == self._name:
            return OwnAddress(Role.LIST)
        before, _, rest = local.partition(f"{self._name}-")
        return self._extended(rest) if not before and rest else None

    def _extended(self, rest: str) -> OwnAddress | None:
        """Read what follows the name and a hyphen: `[TOPIC-]ROLE[+DETAIL…]`."""
        word, plus, detail = rest.partition("+")
        topic, hyphen, role = word.rpartition("-")
        if role not in set(Role) or (hyphen and topic not in self._about(Role(role))):
            return None
        if role in {Role.LIST, Role.BOUNCES, Role.POSTMASTER} or (plus and not detail):
            return None
        return self._detailed(Role(role), topic, detail)

    def _detailed(self, role: Role, topic: str, detail: str) -> OwnAddress | None:
        if not detail:
            return None if role in _ONLY_WITH_TOKEN else OwnAddress(role, topic)
        if role in _TOKENS and not topic:
            numbers = self._signer.verify(_TOKENS[role], detail)
            if numbers is not None:
                return OwnAddress(role, numbers=numbers)
        if role not in self._topics and role not in _IN_A_LANGUAGE:
            return None
        language, asked = "", False
        for word in detail.split("+"):
            if role in _IN_A_LANGUAGE and not asked and self._is_language(word):
                language, asked = self._known_language(word), True
            elif word in self._about(role) and not topic:
                topic = word
            else:
                return None
        return OwnAddress(role, topic, language)

    def _about(self, role: Role) -> frozenset[str]:
        """Return the topics that an address for this can name."""
        return self._topics.get(role, frozenset())

    def _is_language(self, word: str) -> bool:
        """Tell a language from a topic: one of ours by its code, else what looks like a code."""
        if self._known_language(word):
            return True
        return word not in self._topics[Role.SUBSCRIBE] and bool(_LANGUAGE.fullmatch(word))

    def _known_language(self, word: str) -> str:
        stand_ins = (word, word.partition("-")[0])
        return next((self._languages[code] for code in stand_ins if code in self._languages), "")


@lru_cache(maxsize=256)
def _ascii(domain: str) -> str:
    """Return a domain in A-labels (RFC 5891), or empty if it is none."""
    domain = domain.removesuffix(".")
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return ""
