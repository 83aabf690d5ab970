"""The table of who may cause what from outside (law 13), consulted before anything is done.

What comes in is a source; it names whom it is about by a claim; somebody, or nobody, is known to
stand behind it. `decide` says what may follow. That an effect is allowed does not say that it comes
about: a reader who is gone, a request that is over, or a limit may stop it after that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Final


class Source(StrEnum):
    """The kinds of things that come in."""

    COMPLAINT = "complaint"
    """A report that our mail is not wanted, at any address but the next."""
    CFBL = "complaint to the CFBL address"
    """The same at `…-complaints@`, which our mail names for it (RFC 9477)."""
    BOUNCE = "bounce"
    """A report of what became of mail."""
    AUTO_REPLY = "automatic answer"
    SUBSCRIBING = "wish to subscribe"
    """By mail or by form."""
    CONFIRMING = "confirmation"
    """By mail or by button."""
    LEAVING = "wish to leave or to change"
    """By mail, by one-click or by button; of topics and language too."""
    INVITED = "answer to an invitation"
    """By mail or by button."""
    APPROVING = "reply to a request for approval"
    """By mail, where the settings allow it."""


class Claim(StrEnum):
    """The evidence of whom it is about; of several, the first in this order."""

    SECRET = "secret of ours"  # noqa: S105 - a word, no secret
    """A token that we signed for the purpose, and put only where the reader's own mail shows it.
    Whoever has it from the reader may use it, as with one-click leaving."""
    MESSAGE_ID = "Message-ID"
    """A sign of ours by its signature, but no secret: every reply and every archive shows it."""
    ADDRESS = "address"
    """An address, which anybody can write."""
    NOTHING = "nothing"


class Authority(StrEnum):
    """The party known to vouch for it; of several, the first in this order."""

    REPORTER = "listed reporter"
    """Listed in `complaint_reporters`, authenticated, and names a delivery that we made to a
    mailbox it answers for."""
    ELSEWHERE = "listed reporter, elsewhere"
    """Listed and authenticated; but we made no such delivery, or the mailbox is not of its own."""
    AUTHOR = "author"
    """Our own mail server found that the author's domain vouches for the mail."""
    NOBODY = "nobody"


class Effect(StrEnum):
    """The effects that may follow."""

    SUPPRESS = "off the list, never mailed again"
    COUNT = "counts for that reader"
    ACT = "is done"
    ASK = "that address is asked, once a day"
    SHOW = "kept and shown"
    """A person finds it; nothing changes."""
    NOTHING = "kept"
    """Kept as long as other mail; nothing changes, and nobody is asked to look."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The effect that may follow, and the reason."""

    effect: Effect
    reason: str
    """For people."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table; what it leaves empty may be any."""

    sources: tuple[Source, ...]
    claims: tuple[Claim, ...]
    authorities: tuple[Authority, ...]
    decision: Decision

    def fits(self, source: Source, claim: Claim, authority: Authority) -> bool:
        """Tell whether the row is about them."""
        return (
            source in self.sources
            and (not self.claims or claim in self.claims)
            and (not self.authorities or authority in self.authorities)
        )

    def row(self) -> str:
        """Write it as it stands in docs/security.md."""
        cells = [
            ", ".join(map(str, one)) or "any"
            for one in (self.sources, self.claims, self.authorities)
        ]
        return f"| {' | '.join(cells)} | {self.decision.effect} | {self.decision.reason} |"


_COMPLAINTS: Final = (Source.COMPLAINT, Source.CFBL)


def _rule(
    sources: Source | tuple[Source, ...],
    claims: Claim | tuple[Claim, ...],
    authorities: Authority | tuple[Authority, ...],
    effect: Effect,
    reason: str,
) -> Rule:
    return Rule(
        sources if isinstance(sources, tuple) else (sources,),
        claims if isinstance(claims, tuple) else (claims,),
        authorities if isinstance(authorities, tuple) else (authorities,),
        Decision(effect, reason),
    )


RULES: Final = (
    # RFC 9477 section 3.3: what comes to the address for complaints must be signed.
    _rule(Source.CFBL, Claim.SECRET, Authority.NOBODY, Effect.SHOW,
          "nothing shows who reports it, as RFC 9477 demands at this address"),
    _rule(_COMPLAINTS, Claim.SECRET, (), Effect.SUPPRESS,
          "bears a secret of ours"),
    _rule(_COMPLAINTS, (Claim.MESSAGE_ID, Claim.ADDRESS), Authority.REPORTER, Effect.SUPPRESS,
          "a listed reporter names a delivery of ours to a mailbox that it answers for"),
    _rule(_COMPLAINTS, Claim.NOTHING, (), Effect.SHOW,
          "does not tell who complains"),
    _rule(_COMPLAINTS, (), Authority.ELSEWHERE, Effect.SHOW,
          "the reporter is listed, but names no delivery of ours to a mailbox that it answers for"),
    _rule(_COMPLAINTS, Claim.MESSAGE_ID, (), Effect.SHOW,
          "a Message-ID is no secret, and no listed reporter is known to have sent it"),
    _rule(_COMPLAINTS, Claim.ADDRESS, (), Effect.SHOW,
          "an address is no secret, and no listed reporter is known to have sent it"),
    _rule(Source.BOUNCE, Claim.SECRET, (), Effect.COUNT,
          "came to a return path that we signed"),
    # Not for a person: a forged sender makes other servers return thousands to us.
    _rule(Source.BOUNCE, (), (), Effect.NOTHING,
          "came to no return path that we signed"),
    _rule(Source.AUTO_REPLY, (), (), Effect.SHOW,
          "a machine's word about an address is for a person to judge"),
    _rule(Source.SUBSCRIBING, (Claim.SECRET, Claim.ADDRESS), (), Effect.ASK,
          "only the owner of an address can agree, by the token that the question bears"),
    _rule(Source.CONFIRMING, Claim.SECRET, (), Effect.ACT,
          "bears the token of the question"),
    _rule(Source.LEAVING, Claim.SECRET, (), Effect.ACT,
          "bears the reader's own token"),
    _rule(Source.LEAVING, Claim.ADDRESS, Authority.AUTHOR, Effect.ACT,
          "the author's domain vouches for the author"),
    _rule(Source.LEAVING, Claim.ADDRESS, (), Effect.ASK,
          "anybody can write an address into From"),
    _rule(Source.INVITED, Claim.SECRET, (), Effect.ACT,
          "bears the token of the invitation"),
    _rule(Source.APPROVING, Claim.SECRET, Authority.AUTHOR, Effect.ACT,
          "bears the approver's own token and code, and their domain vouches for them"),
    _rule(Source.APPROVING, (), (), Effect.SHOW,
          "many would be mailed by it, so it takes both"),
    _rule((Source.SUBSCRIBING, Source.CONFIRMING, Source.LEAVING, Source.INVITED), (), (),
          Effect.SHOW,
          "names nobody by what entitles to it"),
)  # fmt: skip
"""The first row that fits decides; the last ones fit all that is left."""


def _table() -> Mapping[tuple[Source, Claim, Authority], Decision]:
    return {
        cell: next(rule.decision for rule in RULES if rule.fits(*cell))
        for cell in product(Source, Claim, Authority)
    }


TABLE: Final = _table()


def decide(source: Source, claim: Claim, authority: Authority) -> Decision:
    """Decide what may follow."""
    return TABLE[source, claim, authority]
