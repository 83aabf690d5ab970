"""All pages of the console."""

from __future__ import annotations

from typing import Final

from mailer.web.console import account, finding, openid, passkeys, passwords, signing_in

ROUTERS: Final = (
    signing_in.router,
    passkeys.router,
    passwords.router,
    openid.router,
    account.router,
    finding.router,
)
