"""Puts the web pages together."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Mount
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from mailer.clock import Clock
from mailer.config import Settings
from mailer.services.operation.opening import Store
from mailer.web import errors, health
from mailer.web.api.about import about
from mailer.web.api.app import create_api
from mailer.web.console import pages as console
from mailer.web.freshness import Fresh
from mailer.web.middleware import API, UNIX, PageMiddleware
from mailer.web.public import (
    brand,
    calendar,
    confirm,
    editions,
    home,
    leave,
    preferences,
    rsvp,
    sitemap,
    subscribe,
)
from mailer.web.site import Site

ROUTERS = (
    leave.router,
    subscribe.router,
    health.router,
    confirm.router,
    preferences.router,
    rsvp.router,
    *console.ROUTERS,
    brand.router,
    home.router,
    sitemap.router,
    editions.router,
    calendar.router,
)
"""The routers, with the most frequent first, as each is asked in turn; then fixed addresses, which
`/{language}/…` would fit too."""


def create_app(settings: Settings, store: Store, clock: Clock) -> PageMiddleware:
    """Make the web pages, as an ASGI application.

    Args:
        settings: the settings.
        store: the store, open; it stays the caller's.
        clock: the time.
    """
    app = FastAPI(
        title="Mailer",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.site = site = Site(settings, store, clock)
    app.state.paths = frozenset(
        route.path for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)
    )
    errors.register(app)
    app.add_api_route(API, about, include_in_schema=False)  # the mount has it with a slash only
    app.router.routes.append(_api_at(API, create_api(site)))
    for router in ROUTERS:
        app.include_router(router)
    trusted = [*settings.trusted_proxies, UNIX]
    proxied: Any = ProxyHeadersMiddleware(Fresh(app, site), trusted)  # type: ignore[arg-type]
    return PageMiddleware(app, proxied, settings)


def _api_at(path: str, api: FastAPI) -> Mount:
    """Mount the API so that it answers all paths below its own, also those with a line feed."""
    mount = Mount(path, api)
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount
