"""A relay's offer in its reply to EHLO, and how an envelope is announced to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from mailer.domain.campaigns.delivery import Attempt, rejected
from mailer.relay.envelope import Envelope

LONGEST_COMMANDS: Final = 4096
"""Bytes of RSET, MAIL, RCPT and DATA together; RFC 5321 section 4.5.3.1 asks for far less."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The extensions of a relay that matter to us."""

    pipelining: bool = False
    """RFC 2920."""
    smtputf8: bool = False
    """RFC 6531."""
    size: bool = False
    """RFC 1870."""
    largest: int = 0
    """Bytes of the largest message that it takes; 0: it does not say."""

    @classmethod
    def read(cls, extensions: Mapping[str, str]) -> Self:
        """Read EHLO keywords, in lower case, with their parameters."""
        size = extensions.get("size", "")
        return cls(
            pipelining="pipelining" in extensions,
            smtputf8="smtputf8" in extensions,
            size="size" in extensions,
            largest=int(size) if size.isascii() and size.isdecimal() else 0,
        )

    def announce(self, envelope: Envelope, *, reset: bool) -> bytes | Attempt:
        """Return the MAIL, RCPT and DATA for an envelope, after a RSET if one is due.

        Or return its rejection, where this relay can never take it or an address would smuggle in
        commands of its own. Addresses are not checked beyond that.
        """
        if 0 < self.largest < envelope.size:
            return rejected(0, "5.3.4", f"larger than the relay takes ({self.largest} bytes)")
        sender, recipient = envelope.sender, envelope.recipient
        sender = sender if isinstance(sender, bytes) else sender.encode(errors="replace")
        recipient = (
            recipient if isinstance(recipient, bytes) else recipient.encode(errors="replace")
        )
        utf8 = b""
        if envelope.smtputf8 or not (sender.isascii() and recipient.isascii()):
            if not self.smtputf8:
                return rejected(0, "5.6.7", "needs SMTPUTF8, which the relay does not offer")
            utf8 = b" SMTPUTF8"
        size = b" SIZE=%d" % envelope.size if self.size else b""
        commands = b"%bMAIL FROM:<%b>%b%b\r\nRCPT TO:<%b>\r\nDATA\r\n" % (
            b"RSET\r\n" if reset else b"", sender, size, utf8, recipient,
        )  # fmt: skip
        if not commands.count(b"\n") == commands.count(b"\r") == 3 + reset or b"\0" in commands:
            return rejected(0, "5.1.3", "an address with control characters")
        if len(commands) > LONGEST_COMMANDS:
            return rejected(0, "5.1.3", "an address without end")
        return commands
