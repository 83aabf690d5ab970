"""Opens a connection to a relay: TCP, greeting, TLS, EHLO and AUTH, all done by aiosmtplib."""

from __future__ import annotations

import asyncio
import ssl
from typing import NamedTuple

import aiosmtplib

from mailer.domain.settings.relay_url import RelayUrl, StartTls
from mailer.errors import RelayError
from mailer.relay.smtp.offer import Offer
from mailer.relay.smtp.replies import Reply


class Line(NamedTuple):
    """An open connection, ready for MAIL; whoever gets it must set its protocol at once."""

    transport: asyncio.Transport
    offer: Offer


async def dial(
    relay: RelayUrl,
    *,
    seconds: float,
    ehlo_name: str | None = None,
    tls: ssl.SSLContext | None = None,
) -> Line:
    """Connect to a relay and bring the connection to where MAIL may be said.

    Args:
        relay: where it is, and how to log in.
        seconds: limit for each step.
        ehlo_name: what we call ourselves; none: the machine's full name.
        tls: how certificates are verified, if at all; none: by the system's authorities, but
            not where TLS is used only because it is offered (RFC 7435).

    Raises:
        RelayError: there is no usable connection. It is never the fault of a delivery.
    """
    opportunistic = not relay.tls and relay.starttls is StartTls.WHEN_OFFERED
    smtp = aiosmtplib.SMTP(
        hostname=relay.host,
        port=relay.port,
        username=relay.user or None,
        password=relay.password or None,
        local_hostname=ehlo_name,
        timeout=seconds,
        use_tls=relay.tls,
        start_tls=None if opportunistic else relay.starttls is StartTls.REQUIRED,
        validate_certs=not opportunistic,
        tls_context=tls,
    )
    try:
        await smtp.connect()
        await _greet(smtp)
    except aiosmtplib.SMTPResponseException as error:
        smtp.close()
        raise _refused(error) from error
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        smtp.close()
        raise _failed(str(error)) from error
    except BaseException:
        smtp.close()
        raise
    return _take_over(smtp)


async def _greet(smtp: aiosmtplib.SMTP) -> None:
    if not smtp.is_ehlo_or_helo_needed:
        return
    try:
        await smtp.ehlo()
    except aiosmtplib.SMTPHeloError:
        # RFC 5321 section 3.2: a relay without extensions is greeted in the old way.
        await smtp.helo()


def _take_over(smtp: aiosmtplib.SMTP) -> Line:
    protocol = smtp.protocol
    transport = protocol.transport if protocol is not None else None
    if not isinstance(transport, asyncio.Transport) or transport.is_closing():
        smtp.close()
        raise _failed("the relay closed the connection after its greeting")
    if protocol is not None and protocol._buffer:  # noqa: SLF001 - it has no other way to tell
        smtp.close()
        raise _failed("the relay said more than it was asked")
    return Line(transport, Offer.read(smtp.esmtp_extensions))


def _refused(error: aiosmtplib.SMTPResponseException) -> RelayError:
    reply = Reply(error.code, tuple(error.message.encode(errors="replace").split(b"\n")))
    return RelayError(
        permanent=error.code >= 500,
        reply=max(error.code, 0),
        enhanced=reply.enhanced(),
        command=_command(error),
        text=reply.text() or "the relay gave no reason",
    )


def _command(error: aiosmtplib.SMTPResponseException) -> str:
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return "AUTH"
    return "EHLO" if isinstance(error, aiosmtplib.SMTPHeloError) else "connect"


def _failed(text: str) -> RelayError:
    return RelayError(
        permanent=False, reply=0, enhanced="", command="connect", text=text or "it failed"
    )
