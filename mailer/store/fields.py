"""Names of the fields of hashes that there are many of, in one place: they are one letter each.

The scripts know them by the same names: a script that says `fields: subscriber` has
`SUBSCRIBER.status` where Python says `SubscriberField.STATUS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class SubscriberField(StrEnum):
    """The fields of a subscriber's hash. Short, because there are millions."""

    ADDRESS = "a"
    LANGUAGE = "l"
    STATUS = "s"
    ADDED = "i"
    """The instant at which it was added (Unix seconds), as all instants here."""
    SOURCE = "o"
    CHANGED = "d"
    """The instant at which the status changed, if it ever did."""
    TOPICS = "t"
    TAGS = "g"
    NAME = "n"
    CONSENT = "c"
    """The record of it (JSON)."""
    MARKS = "b"
    """Bounces that count; see `mailer.domain.bounces.policy.read`."""
    BOUNCED = "w"
    """The words of the last of them (JSON)."""
    VOUCHED = "v"
    """Since when its owner's word, or the secretariat's, overrules older bounces."""
    LEFT = "x"
    """The instant at which its owner left."""
    PAUSED_UNTIL = "u"
    ATTRIBUTES = "e"
    """Values of attributes, by their names (JSON)."""
    REQUEST = "q"
    """The last request that it made."""
    DIRECTORY = "y"
    """The name of the directory that brought it in."""
    DIRECTORY_SAID = "z"
    """What that said of it last (JSON)."""
    WAITING = "p"
    """Topics that wait for the secretariat's yes, as `topic:seconds`, parted by spaces."""
    DECLINED = "r"
    """Topics that it said no to, likewise."""


class RequestField(StrEnum):
    """The fields of a request to subscribe."""

    SUBSCRIBER = "n"
    LANGUAGE = "l"
    TOPICS = "t"
    STATE = "s"
    AT = "at"
    HOW = "how"
    MAIL = "mail"
    """The mail that asked."""
    NAME = "name"
    """If one was given."""


class MailField(StrEnum):
    """The fields of a service mail; those with words for names are where they are used."""

    SUBSCRIBER = "n"


class AnswerField(StrEnum):
    """The fields of a reader's answer to an invitation (JSON)."""

    ATTENDANCE = "a"
    LANGUAGE = "l"
    SEQUENCE = "q"
    STAMP = "t"
    AT = "at"
    HOW = "how"


FIELDS: Final[Mapping[str, type[StrEnum]]] = {
    "subscriber": SubscriberField,
    "request": RequestField,
    "mail": MailField,
    "answer": AnswerField,
}
"""The names that scripts use for them."""
