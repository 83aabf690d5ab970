"""Keys of mail that came in, and of the inbox of what waits for a person."""

from __future__ import annotations

from typing import Final

INBOUND_NEXT: Final = "mailer:inbound:last"
"""Counter: the highest number given to a mail that came in."""
INBOUND_DUE: Final = "mailer:inbound:due"
"""Sorted set: mail not yet read -> when the scheduler asks for it again (Unix seconds)."""
INBOUND_BYTES: Final = "mailer:inbound:bytes"
"""Counter: octets of all raw mail that is kept, as kept (compressed), but what consents cite."""
INBOUND_SHARES: Final = "mailer:inbound:shares"
"""Hash: user of the room that mail takes (see `inbound.quotas`) -> octets that wait."""
INBOUND_CITES: Final = "mailer:inbound:cites"
"""Hash: mail that a consent record cites -> whose."""
INBOX_BIN: Final = "mailer:inbound:bin"
"""Sorted set: mail that a person dropped -> when it goes for good (Unix seconds)."""
INBOX_ENTERED: Final = "mailer:inbound:entered"
"""Text: the highest number of a mail that was looked at for the inbox when there was none yet."""
INBOX_ANSWER_NEXT: Final = "mailer:inbound:answer:last"
"""Counter: the highest number given to an answer written in the inbox."""
INBOUND: Final = "mailer:inbound:mail:"
"""The prefix of a mail's number; see `inbound`."""


def inbound(m: int) -> str:
    """Hash: one mail that came in: its envelope, its state, what it was understood as."""
    return f"{INBOUND}{m}"


def inbound_raw(m: int) -> str:
    """Text: the same mail as it came, compressed (zlib)."""
    return f"mailer:inbound:raw:{m}"


def inbound_seen(digest: str) -> str:
    """Text, expiring: the digest of an envelope with its content -> the mail's number."""
    return f"mailer:inbound:seen:{digest}"


def inbound_state(state: str) -> str:
    """Sorted set: mail in that state -> when it came in (Unix seconds)."""
    return f"mailer:inbound:state:{state}"


def inbox(standing: str, group: str) -> str:
    """Sorted set: mail in the inbox, by its standing and group -> its number."""
    return f"mailer:inbound:inbox:{standing}:{group}"


def inbox_answer(a: int) -> str:
    """Text, expiring: one answer that was written in the inbox (JSON)."""
    return f"mailer:inbound:answer:text:{a}"


def inbox_thread(m: int) -> str:
    """Sorted set, expiring: `mNUMBER` and `aNUMBER`, mails and answers of a thread -> when."""
    return f"mailer:inbound:thread:{m}"


def inbox_known(name: str) -> str:
    """Text, expiring: digest of a Message-ID or of an answer's token -> `THREAD ANSWER`."""
    return f"mailer:inbound:known:{name}"


def inbox_form(name: str) -> str:
    """Text, expiring: a form by which an answer was sent -> the answer's number."""
    return f"mailer:inbound:form:{name}"
