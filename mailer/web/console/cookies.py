"""The two cookies of the console: the session's secret, and the value a browser is known by.

`__Host-` lets no other host and no plain HTTP set them (the draft that follows RFC 6265); where the
pages are served by HTTP on this machine alone, browsers refuse that name, and it is left out.
SameSite is Lax, not Strict: a link in a mail comes from elsewhere, and the browser that asked for
it must be known when it is opened. Forms from other websites are sent without them all the same.
"""

from __future__ import annotations

from typing import Final

from fastapi import Request, Response

from mailer.domain.access.signing_in import browser

SESSION: Final = "mailer"
BROWSER: Final = "mailer-browser"
BROWSER_SECONDS: Final = 400 * 24 * 3600
"""The longest that browsers keep one."""


class Cookies:
    """Reads and sets them."""

    def __init__(self, public_url: str) -> None:
        """Use the names that fit the scheme of the pages' address."""
        self.secure = public_url.startswith("https:")
        prefix = "__Host-" if self.secure else ""
        self.session, self.browser = f"{prefix}{SESSION}", f"{prefix}{BROWSER}"

    def of(self, request: Request, name: str) -> str:
        """Return a cookie's value, if it has the form of ours; else nothing."""
        value = request.cookies.get(name, "")
        return value if browser.is_secret(value) else ""

    def keep(self, response: Response, name: str, value: str, seconds: int | None) -> None:
        """Give the browser a cookie; without a time, until it is closed."""
        response.set_cookie(
            name, value, seconds, path="/", secure=self.secure, httponly=True, samesite="lax"
        )

    def remove(self, response: Response, name: str) -> None:
        """Take a cookie away from the browser."""
        response.delete_cookie(name, "/", secure=self.secure, httponly=True, samesite="lax")
