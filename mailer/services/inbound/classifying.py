"""Tells what a message is, without keeping it: for whoever wonders, and for other programs."""

from __future__ import annotations

from typing import Any

from mailer.content.language.command_words import vocabularies
from mailer.domain.inbound.kinds import Understanding
from mailer.domain.subscribers.command import Vocabularies
from mailer.message.incoming.understand import understand
from mailer.services.access.acting import act


@act("inbound.classify")
def classify(content: bytes, words: Vocabularies | None = None) -> Understanding:
    """Tell what a message is: a bounce of whom and why, a complaint, a command, a letter.

    Args:
        content: as it came.
        words: of the commands; None: of all languages.
    """
    return understand(content, words or vocabularies())


def facts_of(found: Understanding) -> dict[str, Any]:
    """Return a decision for programs."""
    complaint = found.complaint
    return {
        "kind": found.kind,
        "command": found.command or None,
        "language": found.language or None,
        "bounces": [
            {
                "recipient": one.recipient,
                "action": one.action,
                "status": one.status or None,
                "severity": one.severity,
                "reason": one.reason,
                "diagnostic": one.diagnostic,
                "remote_mta": one.remote_mta or None,
            }
            for one in found.bounces
        ],
        "complaint": complaint
        and {
            "type": complaint.type,
            "recipient": complaint.recipient or None,
            "message_id": complaint.message_id or None,
        },
    }
