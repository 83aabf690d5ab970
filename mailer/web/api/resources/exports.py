"""Exports of all subscribers, or of a choice of them, written while they are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from mailer.domain.subscribers.subscriber import Status
from mailer.services.subscriptions.exporting import csv_pieces, known_pieces
from mailer.services.subscriptions.listing import Known
from mailer.services.subscriptions.subscribers import Chosen
from mailer.web.api.operation import operation
from mailer.web.api.refusals import RefusedError
from mailer.web.api.resources.subscriber_models import subscriber_of
from mailer.web.exports import Download
from mailer.web.site import site_of

router = APIRouter(tags=["subscribers"])

NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"
_FORMS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The subscribers, one a line",
        "content": {NDJSON: {"schema": {"type": "string"}}, CSV: {"schema": {"type": "string"}}},
    },
    406: {"description": "Neither of these forms is accepted"},
}


class Exporting(BaseModel):
    """Which subscribers: those to whom all of it applies."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Status | None = None
    language: str = Field(default="", max_length=40)
    topic: str = Field(default="", max_length=40)
    rule: str = Field(default="", max_length=2000, description="An audience rule.")


@router.get(
    "/subscribers/export",
    response_class=Download,
    responses=_FORMS,
    **operation("subscribers.export"),
)
def export(request: Request, wanted: Annotated[Exporting, Query()]) -> Download:
    """Export subscribers as CSV that an import reads back, or as JSON lines, by `Accept`."""
    chosen = Chosen(wanted.status or "", wanted.language, wanted.topic)
    form = accepted(request.headers.get("accept", "*/*"), NDJSON, CSV)
    site = site_of(request)
    if form == CSV:
        pieces = csv_pieces(site.store, site.settings, chosen, wanted.rule)
    else:
        pieces = _lines(known_pieces(site.store, site.settings, chosen, wanted.rule))
    return Download(pieces, media_type=form, headers={"Vary": "Accept"})


def accepted(given: str, *forms: str) -> str:
    """Return the first of some media types that is accepted (RFC 9110 section 12.5.1).

    Raises:
        RefusedError: none is.
    """
    wishes = dict(map(_wish, given.split(",")))

    def weight(form: str) -> float:
        ranges = (form, f"{form.partition('/')[0]}/*", "*/*")
        return next((wishes[one] for one in ranges if one in wishes), 0.0)

    best = max(forms, key=weight)
    if weight(best) <= 0:
        raise RefusedError("not_acceptable")
    return best


def _wish(text: str) -> tuple[str, float]:
    form, *parameters = [part.strip().lower() for part in text.split(";")]
    given = next((one[2:] for one in parameters if one.startswith("q=")), "1")
    try:
        return form, float(given)
    except ValueError:
        return form, 1.0


def _lines(pieces: Iterator[list[Known]]) -> Iterator[str]:
    for some in pieces:
        yield "".join(f"{subscriber_of(one).model_dump_json()}\n" for one in some)
