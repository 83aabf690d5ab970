"""Lets the scripts of listed websites use the form to subscribe (CORS), and no others."""

from __future__ import annotations

from fastapi import Request

from mailer.web.site import Site


def headers(request: Request, site: Site) -> dict[str, str]:
    """Return what lets a listed website read an answer; empty if it comes from none."""
    allowed = site.settings.allowed_origins
    origin = request.headers.get("origin", "")
    if origin not in allowed:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Vary": "Origin",
    }


def wants_json(request: Request) -> bool:
    """Tell whether a script asks, rather than a person's browser."""
    return request.headers.get("accept", "").startswith("application/json")
