"""Asks web servers, and checks the address by which readers leave with one click (RFC 8058)."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import httpx

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.access.token import Signer
from mailer.domain.deliverability.codes import found
from mailer.domain.deliverability.finding import Finding
from mailer.domain.subscribers.bearer import sign_leave
from mailer.relay.smtp.looking import certificate_problem

SECONDS: Final = 8.0
CONNECT_SECONDS: Final = 5.0
MOST_OCTETS: Final = 64 * 1024
"""Of an answer; RFC 8461 section 3.3 suggests so many for a policy."""
AGENT: Final = "Mailer-Doctor/1"
NOBODY, NO_ADDRESS = 0, "nobody"
"""Whom the token that is tried is of: nobody leaves by it."""


class UnreachableError(Exception):
    """Nobody answered; the text says why."""


class RefusedError(UnreachableError):
    """The host refused the connection: nobody listens there."""


class CertificateError(Exception):
    """The server's certificate does not hold; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of a web server."""

    status: int
    text: str


class Dates:
    """The times that others told while they were asked, each with ours."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.seen: dict[str, tuple[datetime, datetime]] = {}
        """Whose -> (ours, theirs)."""

    def note(self, whose: str, theirs: datetime | None) -> None:
        """Keep what somebody told the time to be."""
        if theirs is not None:
            self.seen.setdefault(whose, (self._clock.now(), theirs))


class Web:
    """Asks web servers; belongs to one event loop."""

    def __init__(self, dates: Dates, context: ssl.SSLContext | None = None) -> None:
        """Verify with a context; none: by the system's authorities."""
        self._dates, self._context = dates, context

    async def get(self, url: str) -> Answer:
        """Get a page; no redirect is followed.

        Raises:
            CertificateError: it is not who it says.
            UnreachableError: it did not answer.
        """
        return await self._ask("GET", url)

    async def post(self, url: str, form: dict[str, str]) -> Answer:
        """Post a form likewise."""
        return await self._ask("POST", url, form)

    async def _ask(self, method: str, url: str, form: dict[str, str] | None = None) -> Answer:
        context = self._context or ssl.create_default_context()
        timeout = httpx.Timeout(SECONDS, connect=CONNECT_SECONDS)
        try:
            async with (
                asyncio.timeout(SECONDS),
                httpx.AsyncClient(
                    verify=context, trust_env=False, follow_redirects=False, timeout=timeout
                ) as client,
                client.stream(method, url, data=form, headers={"user-agent": AGENT}) as answer,
            ):
                read = bytearray()
                async for piece in answer.aiter_bytes(MOST_OCTETS):
                    read += piece
                    if len(read) >= MOST_OCTETS:
                        break
                self._dates.note(urlsplit(url).hostname or "", _date(answer.headers.get("date")))
                return Answer(answer.status_code, read[:MOST_OCTETS].decode("utf-8", "replace"))
        except (TimeoutError, httpx.TimeoutException):
            raise UnreachableError(f"no answer within {SECONDS:g} seconds") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            if problem := certificate_problem(error):
                raise CertificateError(problem) from error
            words = " ".join(str(error).split()) or type(error).__name__
            kind = RefusedError if _refused(error) else UnreachableError
            raise kind(words) from error


def _refused(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ConnectionRefusedError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _date(field: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(field or "")
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


class OneClick:
    """Checks the address by which mail programs let readers leave."""

    def __init__(self, settings: Settings, signer: Signer, web: Web) -> None:
        self._url, self._signer, self._web = settings.public_url, signer, web

    async def look(self) -> list[Finding]:
        """Do as a mail program does, in nobody's name: POST to where a reader would leave.

        The token is a true one, of no reader: where our pages answer, nothing happens.
        """
        if not self._url:
            return [found("one_click.by_mail")]
        if urlsplit(self._url).scheme != "https":  # RFC 8058 section 3.1
            return [found("one_click.insecure", url=self._url)]
        return [await self._click()]

    async def _click(self) -> Finding:
        url = f"{self._url}/leave/{sign_leave(self._signer, NOBODY, NO_ADDRESS)}"
        form = {"List-Unsubscribe": "One-Click"}
        try:
            answer = await self._web.post(url, form)
        except CertificateError as error:
            return found("one_click.certificate", url=self._url, why=str(error))
        except RefusedError as error:
            return found("one_click.away", url=self._url, why=str(error))
        except UnreachableError as error:
            return found("one_click.unknown", url=self._url, why=str(error))
        if answer.status != HTTPStatus.OK:
            return found("one_click.refused", url=self._url, status=answer.status)
        return found("one_click.good", url=self._url)
