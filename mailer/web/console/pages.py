"""All pages of the console."""

from __future__ import annotations

from typing import Final

from mailer.web.console import (
    account,
    finding,
    home,
    inbox,
    look,
    openid,
    passkeys,
    passwords,
    signing_in,
)
from mailer.web.console.operation import doctor
from mailer.web.console.service import history, overview, tokens, users, webhooks

ROUTERS: Final = (
    signing_in.router,
    passkeys.router,
    passwords.router,
    openid.router,
    home.router,
    account.router,
    finding.router,
    overview.router,
    doctor.router,
    users.router,
    tokens.router,
    webhooks.router,
    history.router,
    *look.ROUTERS,
    *inbox.ROUTERS,
)
