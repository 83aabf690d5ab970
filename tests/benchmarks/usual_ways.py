"""The usual ways to send from Python, for comparison; a program, run once for each way.

    python -m benchmarks.usual_ways aiosmtplib|django HOST PORT MESSAGES FILE

FILE holds a message as we send it. `aiosmtplib` hands over these very octets, over 32 connections
that are kept. `django` does per reader what a Django site does: it renders two templates, builds an
EmailMessage and gives it to smtplib; 8 threads, each with a connection that is kept.
"""

from __future__ import annotations

import asyncio
import smtplib
import sys
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Final

import aiosmtplib
import jinja2

CONNECTIONS: Final = 32
THREADS: Final = 8
SENDER: Final = "bulletin@example.org"


def with_aiosmtplib(host: str, port: int, count: int, content: bytes) -> None:
    """Hand over ready octets."""
    numbers = iter(range(count))

    async def connection() -> None:
        async with aiosmtplib.SMTP(hostname=host, port=port, start_tls=False) as client:
            for number in numbers:
                await client.sendmail(SENDER, [f"reader{number}@example.org"], content)

    async def everything() -> None:
        await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))

    asyncio.run(everything())


def with_django(host: str, port: int, count: int, content: bytes) -> None:
    """Render, build and send each message by itself."""
    environment = jinja2.Environment(autoescape=True)
    example = message_from_bytes(content, policy=policy.default)
    parts = {
        part.get_content_subtype(): environment.from_string(part.get_content() + "{{ leave_url }}")
        for part in example.walk()
        if part.get_content_maintype() == "text"
    }

    def build(number: int) -> EmailMessage:
        values = {"leave_url": f"https://lists.example.org/leave/{number}"}
        message = EmailMessage()
        message["From"], message["Subject"] = SENDER, "Bulletin"
        message["To"] = f"reader{number}@example.org"
        message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="example.org")
        message.set_content(parts["plain"].render(values))
        message.add_alternative(parts["html"].render(values), subtype="html")
        return message

    def thread(first: int) -> None:
        with smtplib.SMTP(host, port) as client:
            for number in range(first, count, THREADS):
                client.send_message(build(number))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(thread, range(THREADS)))


def main() -> None:
    """Send as the arguments say."""
    way, host, port, count, file = sys.argv[1:]
    send = {"aiosmtplib": with_aiosmtplib, "django": with_django}[way]
    send(host, int(port), int(count), Path(file).read_bytes())


if __name__ == "__main__":
    main()
