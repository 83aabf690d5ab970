"""All pages of the console."""

from __future__ import annotations

from typing import Final

from mailer.web.console import account, finding, home, openid, passkeys, passwords, signing_in
from mailer.web.console.calendar import editing as calendar_editing
from mailer.web.console.calendar import entry as calendar_entry
from mailer.web.console.calendar import importing as calendar_importing
from mailer.web.console.calendar import listing as calendar_listing
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
    users.router,
    tokens.router,
    webhooks.router,
    history.router,
    calendar_listing.router,
    calendar_editing.router,
    calendar_importing.router,
    calendar_entry.router,
)
