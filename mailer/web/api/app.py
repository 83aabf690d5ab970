"""Puts the API together, as an application within that of the pages."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI

from mailer.web.api import about, document, errors
from mailer.web.api.gate import Gate
from mailer.web.api.operation import Operations
from mailer.web.api.resources import (
    bulk,
    doctor,
    edition_drafts,
    editions,
    events,
    exports,
    imports,
    jobs,
    look,
    moderation,
    segments,
    settings,
    subscribers,
    suppressions,
)
from mailer.web.api.resources.access import audit, tokens, users
from mailer.web.api.resources.calendar import answers, changes, entries, files
from mailer.web.api.resources.campaigns import (
    after,
    approvals,
    deliveries,
    drafts,
    progress,
    starts,
)
from mailer.web.api.resources.mail import inbound, inbox, outbox
from mailer.web.api.resources.transactional import mails, templates
from mailer.web.api.resources.webhooks import endpoints
from mailer.web.site import Site

ROUTERS: Final = (
    bulk.router,
    exports.router,
    imports.router,
    jobs.router,
    subscribers.router,
    moderation.router,
    suppressions.router,
    edition_drafts.router,
    editions.router,
    drafts.router,
    approvals.router,
    starts.router,
    after.router,
    deliveries.router,
    progress.router,
    entries.router,
    changes.router,
    files.router,
    answers.router,
    segments.router,
    inbound.router,
    inbox.router,
    outbox.router,
    templates.router,
    mails.router,
    events.router,
    endpoints.router,
    settings.router,
    look.router,
    doctor.router,
    users.router,
    tokens.router,
    audit.router,
)
"""The resources. Each route says which act it is; a test holds every one to it."""


def create_api(site: Site) -> FastAPI:
    """Make the API, as an ASGI application to be mounted.

    Args:
        site: what the pages have as well: the settings, the store, the time.
    """
    api = FastAPI(
        title="Mailer",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    api.state.site = site
    errors.register(api)
    api.include_router(about.router)
    for router in ROUTERS:
        api.include_router(router)
    document.register(api, site)
    api.add_middleware(Gate, site=site, operations=Operations(ROUTERS))
    return api
