"""Takes in one mail that an MTA hands to a program, and answers by sysexits.h."""

from __future__ import annotations

from enum import IntEnum
from typing import IO, Final, NamedTuple

from mailer.domain.inbound.received import Incoming, Way
from mailer.errors import MailerError
from mailer.services.inbound.intake import Intake

_MBOX: Final = b"From "
"""The beginning of the line that some MTAs put before a mail for a program (RFC 4155)."""


class Exit(IntEnum):
    """The exit status of the program, which tells an MTA what to do."""

    OK = 0
    """The mail is on disk; the MTA forgets it."""
    USAGE = 64
    """EX_USAGE: it was called wrongly; the MTA returns the mail."""
    DATAERR = 65
    """EX_DATAERR: no mail, or too large a one; the MTA returns it."""
    NOUSER = 67
    """EX_NOUSER: a recipient is not ours; the MTA returns the mail."""
    TEMPFAIL = 75
    """EX_TEMPFAIL: whatever else went wrong; the MTA keeps the mail and tries again."""


class Delivered(NamedTuple):
    """The exit status, and the reason, for the MTA's log."""

    code: Exit
    why: str = ""


def deliver(
    intake: Intake, sender: str, recipients: tuple[str, ...], message: IO[bytes]
) -> Delivered:
    """Take in one mail for recipients that all must be ours; read it only as far as allowed.

    Args:
        intake: what takes mail in.
        sender: the envelope sender; empty, `<>` or `MAILER-DAEMON` for the null one.
        recipients: of the envelope, one at least.
        message: where the mail is read from.
    """
    for recipient in recipients:
        if intake.address(recipient) is None:
            return Delivered(Exit.NOUSER, f"5.1.1 {recipient}: no such address here")
    content = message.read(intake.most_bytes + 1)
    if not content.strip():
        return Delivered(Exit.DATAERR, "5.6.0 there is no mail on standard input")
    if len(content) > intake.most_bytes:
        return Delivered(Exit.DATAERR, f"5.3.4 the mail is larger than {intake.most_bytes} octets")
    if content.startswith(_MBOX):
        content = content.partition(b"\n")[2]
    null = sender.strip("<>").lower() in {"", "mailer-daemon"}
    mail = Incoming(Way.PIPE, "" if null else sender.strip("<>"), recipients, content)
    try:
        kept = intake.receive([mail])[0]
    except MailerError as error:
        return Delivered(Exit.TEMPFAIL, f"4.3.0 {error}")
    if not kept.taken:
        return Delivered(Exit.TEMPFAIL, "4.3.1 there is no room at the moment")
    return Delivered(Exit.OK)
