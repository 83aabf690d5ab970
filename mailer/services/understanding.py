"""Asks the rules what a mail is."""

from __future__ import annotations

from typing import Any

from mailer.domain.inbound import Kind
from mailer.domain.received import Received


def understand(_content: bytes, _record: Received) -> tuple[Kind, Any]:
    """Tell a mail's kind, and what else was understood of it."""
    return Kind.UNKNOWN, None
