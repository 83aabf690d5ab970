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
    subscribers,
)
from mailer.web.console.calendar import editing as calendar_editing
from mailer.web.console.calendar import entry as calendar_entry
from mailer.web.console.calendar import importing as calendar_importing
from mailer.web.console.calendar import listing as calendar_listing
from mailer.web.console.campaigns import listing as campaigns_listing
from mailer.web.console.campaigns import progress as campaigns_progress
from mailer.web.console.campaigns import report as campaigns_report
from mailer.web.console.campaigns import sending as campaigns_sending
from mailer.web.console.editions import pages as editions
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
    campaigns_listing.router,
    campaigns_progress.router,
    campaigns_report.router,
    campaigns_sending.router,
    *subscribers.ROUTERS,
    *editions.ROUTERS,
    calendar_listing.router,
    calendar_editing.router,
    calendar_importing.router,
    calendar_entry.router,
)
