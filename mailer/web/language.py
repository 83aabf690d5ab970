"""Chooses a page's language: that of the token's owner, else what the reader's program asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import Depends, Request

from mailer.web.problems import PageError
from mailer.web.site import site_of

_RANGE: Final = re.compile(
    r"(?P<tag>[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)"
    r"(?:[ \t]*;[ \t]*q=(?P<weight>[01](?:\.[0-9]{0,3})?))?"
)
LONGEST: Final = 1000
"""Characters of an Accept-Language that are looked at."""


def accepted(header: str, languages: Sequence[str]) -> str:
    """Choose by an Accept-Language field (RFC 9110 section 12.5.4); empty if none fits.

    A range fits a language that it equals, that it is more special than (`fr-CH` is content with
    `fr`) or less special than (`pt` with `pt-BR`). What cannot be read is passed over.

    Args:
        header: the field's value.
        languages: those that there are, the most usual first.
    """
    wanted = []
    for place, part in enumerate(header[:LONGEST].split(",")):
        found = _RANGE.fullmatch(part.strip(" \t"))
        weight = min(float(found["weight"] or 1), 1.0) if found else 0.0
        if found and weight > 0:
            wanted.append((-weight, place, found["tag"].lower()))
    for _, _, tag in sorted(wanted):
        if fit := _fit(tag, languages):
            return fit
    return ""


def preferred(request: Request, owner: str = "") -> str:
    """Choose for a page whose address names no language.

    Args:
        request: the request.
        owner: the language of whom the page's token belongs to; empty if it has none.
    """
    site = site_of(request)
    languages = site.settings.languages
    asked = request.query_params.get("lang", "")
    return (
        _fit(owner.lower(), languages)
        or _fit(asked.lower(), languages)
        or accepted(request.headers.get("accept-language", ""), languages)
        or languages[0]
    )


async def of_path(request: Request, language: str) -> str:
    """Return the language named in a page's address; not in a thread, which would cost more.

    Raises:
        PageError: 404, the list has no such language.
    """
    if language not in site_of(request).settings.languages:
        raise PageError(404)
    return language


Language = Annotated[str, Depends(of_path)]
"""The language of pages under `/{language}/…`: a parameter of their handlers."""


def of_request(request: Request) -> str:
    """Choose for an error page, of which nothing is known but its request."""
    first = request.url.path.strip("/").partition("/")[0]
    return first if first in site_of(request).settings.languages else preferred(request)


def _fit(tag: str, languages: Sequence[str]) -> str:
    if not tag:
        return ""
    if tag == "*":
        return languages[0]
    known = {code.lower(): code for code in reversed(languages)}
    while tag:
        if tag in known:
            return known[tag]
        general = (code for code in languages if code.lower().startswith(f"{tag}-"))
        if fit := next(general, ""):
            return fit
        tag = tag.rpartition("-")[0]
    return ""
