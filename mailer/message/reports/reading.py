"""Reads the report in a mail."""

from __future__ import annotations

from typing import Final

from mailer.domain.deliverability.reports import Kind, Report
from mailer.message.incoming import mime
from mailer.message.reports import attached, dmarc, tls
from mailer.message.reports.attached import MOST_PACKED, PackedError
from mailer.message.reports.dmarc import ReportError

LARGEST: Final = 8 * 1024 * 1024
"""Octets of a mail with a report that are looked at: base64 takes a third more than the file."""


def read(content: bytes, kind: Kind) -> Report:
    """Read the report that a mail holds.

    Args:
        content: as it came; any bytes.
        kind: what it was understood as.

    Raises:
        ReportError: it holds none that we read; the text says why, as `the report …`.
    """
    message = mime.read_large(content[:LARGEST], 2 * MOST_PACKED)
    why = "is not among its files"
    try:
        for file in attached.files(message, kind):
            try:
                return tls.read(file) if kind is Kind.TLS else dmarc.read(file)
            except ReportError as error:
                why = str(error)
    except PackedError as error:
        why = str(error)
    raise ReportError(why)
