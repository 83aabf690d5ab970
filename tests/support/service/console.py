"""A browser at the console: it keeps cookies, follows what leads on, and presses buttons."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any, Final

import anyio
import httpx

from mailer.domain.access.rights import Role
from mailer.domain.access.user import User
from mailer.domain.subscribers.address import parse_address
from mailer.services.access import users
from support.service.web_service import BASE, WebService

_STAMP: Final = re.compile(r'name="stamp" value="([^"]*)"')
_LINK: Final = re.compile(r"https?://\S+/console/link/(\S+)")
FIREFOX: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Browser:
    """One browser, with its own cookies and network address."""

    def __init__(self, web: WebService, client: str = "192.0.2.7", base: str = BASE) -> None:
        """Open it; nothing is asked for yet."""
        self.web, self.client, self.base = web, client, base
        self.cookies = httpx.Cookies()

    def get(self, path: str, **headers: str) -> httpx.Response:
        """GET a page; redirects are not followed."""
        return self._ask("GET", path, headers=headers)

    def post(self, path: str, form: Mapping[str, Any], **headers: str) -> httpx.Response:
        """POST a form, as from one of our own pages."""
        return self._ask("POST", path, data=form, headers={"Origin": self.base} | headers)

    def send(self, path: str, body: bytes, content_type: str) -> httpx.Response:
        """POST a form as its octets, as from one of our own pages: one with files."""
        headers = {"Origin": self.base, "Content-Type": content_type}
        return self._ask("POST", path, content=body, headers=headers)

    def press(self, path: str, target: str = "", **fields: Any) -> httpx.Response:
        """Open a page and send a form of it, by default to where the page is."""
        referer = f"{self.base}{path}"
        sent = {"stamp": self.stamp(path), **fields}
        return self.post(target or path, sent, Referer=referer)

    def stamp(self, path: str) -> str:
        """Open a page and return the stamp of its forms."""
        found = _STAMP.search(self.get(path).text)
        assert found, f"{path} holds no form"
        return html.unescape(found[1])

    def ask(self, address: str, next_: str = "/console") -> httpx.Response:
        """Ask for a link."""
        return self.press("/console/sign-in", address=address, next=next_)

    def sign_in(self, address: str, next_: str = "/console") -> httpx.Response:
        """Sign in by a link: ask, let the job mail it, open the newest one, press its button."""
        self.ask(address, next_)
        return self.press(f"/console/link/{links(self.web)[-1]}")

    def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        return anyio.run(self._asked, method, path, options)

    async def _asked(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self.web.app, client=(self.client, 40000))
        options["headers"] = {"User-Agent": FIREFOX} | options["headers"]
        async with httpx.AsyncClient(
            transport=transport, base_url=self.base, cookies=self.cookies
        ) as asking:
            answer = await asking.request(method, path, **options)
            self.cookies = asking.cookies
            return answer


def links(web: WebService) -> list[str]:
    """Let the job work off what was asked for, and return the tokens of the links mailed by it."""
    web.site.links.work_off()
    found = []
    for mail in web.mail.sent():
        part = mail.get_body(("plain",))
        assert part is not None
        found += _LINK.findall(str(part.get_content()))
    return found


def add_user(
    web: WebService, address: str = "ada@example.org", role: Role = Role.OWNER, name: str = "Ada"
) -> User:
    """Add a user, as the operator does."""
    given = parse_address(address)
    return users.add(
        web.store, web.settings, web.clock.now(), given, name=name, role=role, language="en"
    )
