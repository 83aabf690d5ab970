"""Answers invitations as readers' mail programs do, for the demonstration (RFC 5546, RFC 6047)."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Final

import icalendar

from mailer.demo.maildir import Captured
from mailer.domain.inbound.received import Incoming, Way

WORDS: Final = {"ACCEPTED": "Accepted", "TENTATIVE": "Tentative", "DECLINED": "Declined"}
"""The possible answers, and the beginning of the subject that a program writes for each."""


def invitation(mail: Captured) -> Any:
    """Return the meeting that a mail invites to; None if it invites to none."""
    for part in mail.parsed().walk():
        if part.get_content_type() == "text/calendar":
            data = part.get_payload(decode=True)
            found = icalendar.Calendar.from_ical(data if isinstance(data, bytes) else b"")
            return found.walk("VEVENT")[0] if found.get("METHOD") == "REQUEST" else None
    return None


def answer(mail: Captured, event: Any, status: str, now: datetime) -> Incoming:
    """Write the answer of whoever got a mail, addressed to the organizer.

    Args:
        mail: the invitation.
        event: what it invites to, by `invitation`.
        status: one of `WORDS`.
        now: the time of the answer.
    """
    organizer = str(event["ORGANIZER"]).removeprefix("mailto:")
    reply = EmailMessage(policy=SMTP)
    reply["From"], reply["To"] = mail.recipient, organizer
    reply["Subject"] = f"{WORDS[status]}: {event['SUMMARY']}"
    reply["Date"] = now
    reply["Message-ID"] = f"<{status.lower()}-{mail.path.stem}@example.org>"
    reply.set_content(f"{WORDS[status]}.\n")
    reply.add_alternative(
        _calendar(event, status, now), subtype="calendar", params={"method": "REPLY"}
    )
    return Incoming(Way.SMTP, mail.recipient, (organizer,), bytes(reply))


def _calendar(event: Any, status: str, now: datetime) -> str:
    found = icalendar.Calendar()
    found.add("prodid", "-//Demonstration//Reader//EN")
    found.add("version", "2.0")
    found.add("method", "REPLY")
    one = icalendar.Event()
    for name in ("UID", "ORGANIZER", "SEQUENCE", "SUMMARY", "DTSTART"):
        one[name] = event[name]
    one.add("dtstamp", now)
    attendee = icalendar.vCalAddress(str(event["ATTENDEE"]))
    attendee.params["PARTSTAT"] = status
    one.add("attendee", attendee)
    found.add_component(one)
    written: bytes = found.to_ical()
    return written.decode()
