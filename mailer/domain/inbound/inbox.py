"""The inbox: mail that came in and that a person has to see, why it is there, and what was done.

A mail has a state for the service (`MailState`) and, if a person has to see it, an item here. A
letter that was passed on to the secretariat's mailbox is handled and waits here all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from mailer.domain.inbound.kinds import Kind

BIN: Final = timedelta(days=7)
"""The time for which a dropped mail can be taken back."""
LONGEST_SUBJECT: Final = 200
"""Characters of a subject that are kept in an item; of a name and an address too."""
LONGEST_ANSWER: Final = 20_000
"""Characters of an answer."""


class Standing(StrEnum):
    """What people did about an item."""

    WAITING = "waiting"
    """Nobody has dealt with it yet."""
    ANSWERED = "answered"
    """An answer was written here."""
    DONE = "done"
    """A person dealt with it in another way."""
    DROPPED = "dropped"
    """In the bin: removed for good after `BIN`."""


NEXT: Final[Mapping[Standing, frozenset[Standing]]] = {
    Standing.WAITING: frozenset(Standing),
    Standing.ANSWERED: frozenset(Standing),
    Standing.DONE: frozenset(Standing),
    Standing.DROPPED: frozenset({Standing.WAITING, Standing.DROPPED}),
}
"""The standings that may follow. What lies in the bin is taken out before anything else."""


class Group(StrEnum):
    """The groups that the inbox shows."""

    LETTERS = "letters"
    """What people write to people."""
    UNACTED = "unacted"
    """What looks like a command or a report, and was not acted on."""
    QUARANTINE = "quarantine"
    """What could not be read."""
    FAILED = "failed"
    """Letters whose answer did not leave for sure, or came back."""


class Why(StrEnum):
    """The reason why a mail is in the inbox: a closed list, so that each has its sentence."""

    LETTER = "letter"
    """A letter to the secretariat."""
    REPLY = "reply"
    """A reply to an answer that was written here."""
    TOLD = "told"
    """A person said that it is a letter."""
    REFUSED = "refused"
    """Its author refused to confirm, and may have something to say."""
    INVITATION = "invitation"
    """An answer to an invitation that holds words, another time, or something unclear."""
    ONE_WORD = "one-word"
    """A one-word subject over a letter (law 17)."""
    PUZZLED = "puzzled"
    """It seems to be about a subscription, without clear words."""
    UNCLEAR = "unclear"
    """A reply to a question of ours that says neither yes nor no (law 17)."""
    UNANSWERABLE = "unanswerable"
    """A command by somebody to whom no mail can be sent."""
    FLOOD = "flood"
    """Its answer was held back for a day: too many were asked for."""
    REPORT = "report"
    """A bounce, complaint or receipt that nothing could follow from."""
    RETIRED = "retired"
    """A machine says that an address is not used any more."""
    UNKNOWN = "unknown"
    """Nobody could tell what it is."""
    QUARANTINE = "quarantine"
    """It could not be read: a defect of ours."""
    UNSENT = "unsent"
    """The answer to it did not leave for sure."""
    RETURNED = "returned"
    """The answer to it came back."""
    BY_ITSELF = "by-itself"
    """No reason: the service dealt with it by itself, and it is not in the inbox."""


GROUPS: Final[Mapping[Why, Group]] = {
    **dict.fromkeys((Why.LETTER, Why.REPLY, Why.TOLD, Why.REFUSED, Why.INVITATION), Group.LETTERS),
    **dict.fromkeys(
        (
            Why.ONE_WORD,
            Why.PUZZLED,
            Why.UNCLEAR,
            Why.UNANSWERABLE,
            Why.FLOOD,
            Why.REPORT,
            Why.RETIRED,
            Why.UNKNOWN,
            Why.BY_ITSELF,
        ),
        Group.UNACTED,
    ),
    Why.QUARANTINE: Group.QUARANTINE,
    Why.UNSENT: Group.FAILED,
    Why.RETURNED: Group.FAILED,
}
"""The group of each reason."""

_BY_KIND: Final[Mapping[Kind, Why]] = {
    Kind.PERSON: Why.LETTER,
    Kind.COMMAND: Why.FLOOD,
    Kind.AUTO_REPLY: Why.RETIRED,
    Kind.BOUNCE: Why.REPORT,
    Kind.COMPLAINT: Why.REPORT,
    Kind.RECEIPT: Why.REPORT,
    Kind.CHALLENGE: Why.REPORT,
    Kind.DOMAIN_REPORT: Why.REPORT,
    Kind.UNKNOWN: Why.UNKNOWN,
}


def why_of(kind: Kind) -> Why:
    """Return the reason for a mail that waits for a person, where its handler gave none."""
    return _BY_KIND[kind]


TAUGHT: Final[Mapping[Kind, Standing]] = {
    Kind.PERSON: Standing.WAITING,
    Kind.COMMAND: Standing.WAITING,
    Kind.BOUNCE: Standing.DONE,
    Kind.COMPLAINT: Standing.WAITING,
    Kind.AUTO_REPLY: Standing.DONE,
    Kind.RECEIPT: Standing.DONE,
}
"""The kinds that a person can say a mail is, and what becomes of it then.

A command and a complaint wait on: what follows from them is for the same person to do.
"""


class Deed(StrEnum):
    """What can be done about several items at once."""

    DONE = "done"
    WAITING = "waiting"
    """Put back: nobody has dealt with it."""
    DROP = "drop"
    UNSUBSCRIBE = "unsubscribe"
    """Take the author off the list."""
    ADD = "add"
    """Ask the author to confirm a subscription (law 6)."""
    SUPPRESS = "suppress"
    """Never mail the author again."""
    REQUEUE = "requeue"
    """Have it read again."""


STANDINGS: Final[Mapping[Deed, Standing]] = {
    Deed.DONE: Standing.DONE,
    Deed.WAITING: Standing.WAITING,
    Deed.DROP: Standing.DROPPED,
}
"""The deeds that change nothing but the item."""

_ANYTHING: Final = (Deed.DONE, Deed.DROP)
_SUGGESTED: Final[Mapping[Why, tuple[Deed, ...]]] = {
    Why.ONE_WORD: (Deed.UNSUBSCRIBE, Deed.ADD),
    Why.PUZZLED: (Deed.UNSUBSCRIBE, Deed.ADD),
    Why.UNCLEAR: (Deed.ADD,),
    Why.FLOOD: (Deed.REQUEUE,),
    Why.REFUSED: (Deed.SUPPRESS,),
    Why.RETIRED: (Deed.UNSUBSCRIBE,),
    Why.QUARANTINE: (Deed.REQUEUE,),
}


def suggested(why: Why, *, subscribed: bool) -> tuple[Deed, ...]:
    """List the deeds that fit an item, the likeliest first.

    Args:
        why: the reason for its being here.
        subscribed: true if its author is on the list.
    """
    useless = Deed.ADD if subscribed else Deed.UNSUBSCRIBE
    fit = tuple(one for one in _SUGGESTED.get(why, ()) if one is not useless)
    return (*fit, *_ANYTHING)


@dataclass(frozen=True, slots=True)
class Item:
    """What the inbox knows of one mail; written by strangers but for what people did."""

    standing: Standing
    why: Why
    author: str = ""
    """The address of its From field, which anybody can write; empty: none, or several."""
    name: str = ""
    """The name beside it."""
    subject: str = ""
    vouched: bool = False
    """True if our own mail server found that the author's domain vouches for it."""
    language: str = ""
    """The language of its writer as far as it shows, or empty."""
    thread: int = 0
    """The number of the first mail of its thread; its own, if it began one."""
    by: str = ""
    """Who dealt with it last, as logs name them: `user:3`; empty: nobody."""
    by_name: str = ""
    """The same for people."""
    at: datetime | None = None
    """The instant of that."""
    taught: str = ""
    """The kind that a person said it is; empty: nobody did."""
    answers: tuple[int, ...] = ()
    """The numbers of the answers to it."""

    @property
    def group(self) -> Group:
        """The group that it is shown in."""
        return GROUPS[self.why]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that was written in the inbox."""

    number: int
    mail: int
    """The number of the mail that it answers."""
    thread: int
    to: str
    subject: str
    text: str
    """As it was typed, without the quotation."""
    language: str
    by: str
    by_name: str
    at: datetime
    outbox: int
    """The number of the mail that carries it."""
    identity: int
    """The number in its Message-ID and in the address that replies to it come to."""
    answers: str = ""
    """Message-ID of the mail that it answers; or empty."""
    references: str = ""
    quoted: str = ""
    """The text of that mail, as it stands below."""
    written: str = ""
    """The date of that mail in words, in the answer's language."""
