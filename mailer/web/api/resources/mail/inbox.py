"""The inbox: mail that waits for a person, read, answered, told what it is, and dealt with.

What strangers wrote is given out as texts in JSON, and their files as octets.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from mailer.domain.inbound.inbox import Answer, Group, Standing, Why
from mailer.domain.inbound.kinds import Kind
from mailer.domain.inbound.received import Received
from mailer.errors import MailerError
from mailer.message.incoming.enclosed import Enclosed, Type
from mailer.services.access.acting import looking
from mailer.services.inbound import received
from mailer.services.inbound.inbox import listing, reading
from mailer.services.inbound.inbox.answering import Answering, Draft
from mailer.services.inbound.inbox.deeds import Deeds
from mailer.services.inbound.inbox.listing import Filter
from mailer.services.inbound.inbox.reading import Carried
from mailer.web.api import paging
from mailer.web.api.models import LARGEST, Line, Model, Number
from mailer.web.api.operation import operation
from mailer.web.api.paging import Cursor, Limit, Page
from mailer.web.site import Site, site_of

router = APIRouter(tags=["inbox"])
MOST_MARKED: Final = 200
OCTETS: Final = "application/octet-stream"
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The file", "content": {OCTETS: {"schema": {"type": "string"}}}}
}


class Item(Model):
    """A mail that a person has to see, or saw."""

    mail: int = Field(description="Its number.")
    came_in: datetime
    standing: Standing
    group: Group
    why: Why
    author: str = Field(description="Of the From field, which anybody can write.")
    name: str
    subject: str
    vouched: bool = Field(description="Whether the author's domain vouches for it.")
    thread: int
    kind: str
    taught: str = Field(description="The kind that a person said it is; empty: nobody did.")
    by: str = Field(description="Who dealt with it last; empty: nobody.")
    at: datetime | None


class Counted(Model):
    """How many items there are of one standing, in one group."""

    standing: Standing
    group: Group
    count: int


class Counts(Model):
    """How many items there are."""

    waiting: int
    counts: tuple[Counted, ...]


class FieldOf(Model):
    """A field of a mail's header, decoded."""

    name: str
    value: str


class Attached(Model):
    """A file that goes with a mail."""

    file: int = Field(description="Its number in the mail.")
    name: str
    type: Type = Field(description="By its content.")
    size: int
    declared: str = Field(description="The media type that its sender gave.")


class Answered(Model):
    """An answer that was written in the inbox."""

    answer: int = Field(description="Its number.")
    mail: int
    thread: int
    subject: str
    text: str
    language: str
    by: str
    at: datetime
    carried: Carried


class Opened(Model):
    """A mail of the inbox, opened."""

    item: Item
    fields: tuple[FieldOf, ...]
    text: str
    cut: bool = Field(description="Whether the text is longer than what is given out.")
    files: tuple[Attached, ...]
    subscriber: int | None = Field(description="Who has the author's address on the list.")
    suppressed: bool
    mails: tuple[Item, ...] = Field(description="Of its thread, the oldest first.")
    answers: tuple[Answered, ...] = Field(description="Of its thread, the oldest first.")


class Wanted(Model):
    """An answer to be sent."""

    text: str = Field(max_length=100_000)
    subject: Line = Field(default="", description="Empty: that of the letter.")
    language: Line = Field(default="", description="Empty: the reader's.")


class Mark(Model):
    """Mails that were dealt with, or not."""

    mails: tuple[Annotated[int, Field(ge=1, le=LARGEST)], ...] = Field(
        min_length=1, max_length=MOST_MARKED, description="Their numbers."
    )
    standing: Standing


class Marked(Model):
    """What became of one mail."""

    mail: int
    done: bool
    error: str = Field(description="Why not: the code of the error; empty: it was done.")
    detail: str


class MarkedAll(Model):
    """What became of each."""

    mails: tuple[Marked, ...]


class Taught(Model):
    """What a person says a mail is."""

    kind: Kind


@router.get("/inbox", **operation("inbound.list"))
def list_(
    request: Request,
    response: Response,
    *,
    standing: Standing = Standing.WAITING,
    group: Annotated[list[Group] | None, Query(max_length=len(Group))] = None,
    text: Annotated[
        Line, Query(description="In the author's address or name, or in the subject.")
    ] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[Item]:
    """List mail that waits for a person, or was dealt with, the newest first."""
    chosen = Filter(standing, tuple(group or ()), text)
    store = site_of(request).store
    found = listing.page(store, chosen, before=paging.number(cursor), most=limit)
    following = paging.written(found.following) if found.following else None
    paging.link(request, response, following)
    return Page(items=[*map(_item, found.mails)], next=following)


@router.get("/inbox/counts", **operation("inbound.list"))
def counts(request: Request) -> Counts:
    """Count what is in the inbox."""
    store = site_of(request).store
    found = listing.counts(store)
    each = [
        Counted(standing=standing, group=group, count=count)
        for (standing, group), count in found.items()
    ]
    waiting = sum(one.count for one in each if one.standing is Standing.WAITING)
    return Counts(waiting=waiting, counts=tuple(each))


@router.get("/inbox/{number}", **operation("inbound.read"))
def get(request: Request, number: Number) -> Opened:
    """Open a mail: its text, its files, who wrote it, and its thread."""
    site = site_of(request)
    found = reading.opened(site.store, site.settings, number)
    letter, author = found.letter, found.author
    return Opened(
        item=_item(found.mail),
        fields=tuple(
            FieldOf(name=name, value=value) for name, value in (letter.fields if letter else ())
        ),
        text=letter.text if letter else "",
        cut=letter.cut if letter else False,
        files=tuple(map(_attached, letter.enclosed if letter else ())),
        subscriber=author.subscriber.number if author.subscriber else None,
        suppressed=author.suppressed,
        mails=tuple(_item(turn.mail) for turn in found.thread if turn.mail and turn.mail.item),
        answers=tuple(
            _answered(turn.answer, turn.carried)
            for turn in found.thread
            if turn.answer and turn.carried
        ),
    )


@router.get(
    "/inbox/{number}/files/{part}",
    response_class=Response,
    responses=_FILE,
    **operation("inbound.read"),
)
def file(request: Request, number: Number, part: Number) -> Response:
    """Give out a file that goes with a mail, as octets."""
    known, content = reading.file(site_of(request).store, number, part)
    return octets(known, content)


@router.post("/inbox/{number}/answer", status_code=201, **operation("inbound.answer"))
def answer(request: Request, number: Number, wanted: Wanted) -> Answered:
    """Answer a letter through the list's address; it is sent once, and its thread kept."""
    site = site_of(request)
    draft = Draft(wanted.text, wanted.subject, wanted.language)
    made = Answering(site.store, site.settings, site.clock).answer(number, draft)
    return _answered(made, reading.carried(site.store, made))


@router.post("/inbox/mark", **operation("inbound.mark"))
def mark(request: Request, wanted: Mark) -> MarkedAll:
    """Say that mails were dealt with, drop them into the bin, or have them wait again.

    One that fails stops no other. What lies in the bin goes for good after seven days.
    """
    deeds, found = _deeds(site_of(request)), []
    for number in dict.fromkeys(wanted.mails):
        try:
            deeds.mark(number, wanted.standing)
            found.append(Marked(mail=number, done=True, error="", detail=""))
        except MailerError as error:
            told = Marked(mail=number, done=False, error=error.code, detail=error.message)
            found.append(told)
    return MarkedAll(mails=tuple(found))


@router.post("/inbox/{number}/reclassify", **operation("inbound.reclassify"))
def reclassify(request: Request, number: Number, wanted: Taught) -> Item:
    """Say what a mail is, where the service was wrong; a letter then waits in the inbox."""
    site = site_of(request)
    _deeds(site).reclassify(number, wanted.kind)
    with looking("inbound.reclassify"):
        return _item(received.find(site.store, number))


def octets(known: Enclosed, content: bytes) -> Response:
    """Make the answer that is a stranger's file: to be kept, and never shown."""
    plain = known.name.encode("ascii", "replace").decode("ascii").replace("?", "_")
    headers = {
        "Content-Disposition": (
            f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(known.name, safe='')}"
        ),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, headers=headers, media_type=OCTETS)


def _deeds(site: Site) -> Deeds:
    return Deeds(site.store, site.settings, site.clock)


def _item(one: Received) -> Item:
    if one.item is None:
        raise ValueError("It is no mail of the inbox.")
    found = one.item
    return Item(
        mail=one.number,
        came_in=one.at,
        standing=found.standing,
        group=found.group,
        why=found.why,
        author=found.author,
        name=found.name,
        subject=found.subject,
        vouched=found.vouched,
        thread=found.thread,
        kind=one.kind,
        taught=found.taught,
        by=found.by,
        at=found.at,
    )


def _attached(one: Enclosed) -> Attached:
    return Attached(
        file=one.number, name=one.name, type=one.type, size=one.size, declared=one.declared
    )


def _answered(one: Answer, carried: Carried) -> Answered:
    return Answered(
        answer=one.number,
        mail=one.mail,
        thread=one.thread,
        subject=one.subject,
        text=one.text,
        language=one.language,
        by=one.by,
        at=one.at,
        carried=carried,
    )
