"""Looks at how a relay can be connected to, for `mailer doctor`: its greeting, TLS, certificate."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import aiosmtplib

from mailer.domain.deliverability.relay_tls import Seen
from mailer.domain.settings.relay_url import RelayUrl
from mailer.errors import RelayError

_MOST: Final = 300


async def look(
    relay: RelayUrl, *, seconds: float, ehlo_name: str | None = None, tls: ssl.SSLContext
) -> Seen:
    """Connect without logging in, look at what is offered, and begin TLS with verification.

    A certificate that does not hold is a finding here and no error, whatever the settings ask for.

    Args:
        relay: which.
        seconds: limit for each step.
        ehlo_name: what we call ourselves; none: the machine's full name.
        tls: verifies.

    Raises:
        RelayError: it cannot be connected to, or speaks no SMTP.
    """
    smtp = aiosmtplib.SMTP(
        hostname=relay.host,
        port=relay.port,
        local_hostname=ehlo_name,
        timeout=seconds,
        use_tls=relay.tls,
        start_tls=False,
        tls_context=tls if relay.tls else None,
    )
    try:
        greeting = await smtp.connect()
        date = _date(greeting.message)
        if not relay.tls:
            if not await _offers(smtp):
                return Seen(offers=False, date=date)
            await smtp.starttls(tls_context=tls, timeout=seconds)
        return Seen(offers=True, until=_until(smtp), date=date)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        problem = certificate_problem(error)
        if problem:
            return Seen(offers=True, problem=problem)
        raise RelayError(
            permanent=False, reply=0, enhanced="", command="connect", text=str(error) or "it failed"
        ) from error
    finally:
        smtp.close()


def certificate_problem(error: BaseException | None) -> str:
    """Return why a certificate does not hold, if that is behind an error; else empty."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message or str(error)
        error = error.__cause__ or error.__context__
    return ""


async def _offers(smtp: aiosmtplib.SMTP) -> bool:
    """Tell whether STARTTLS is offered (RFC 3207 section 4)."""
    try:
        await smtp.ehlo()
    except aiosmtplib.SMTPHeloError:
        return False
    return smtp.supports_extension("starttls")


def _until(smtp: aiosmtplib.SMTP) -> datetime | None:
    found = smtp.get_transport_info("peercert")
    if not found or "notAfter" not in found:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(found["notAfter"]), UTC)


def _date(greeting: str) -> datetime | None:
    """Read the date that some relays greet with: `220 mx ESMTP Sendmail; Wed, 12 Apr 2023 …`."""
    _, sign, rest = greeting[:_MOST].rpartition(";")
    try:
        date = parsedate_to_datetime(rest.strip()) if sign else None
    except ValueError:
        return None
    return date if date is None or date.tzinfo else date.replace(tzinfo=UTC)
