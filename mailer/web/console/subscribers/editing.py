"""Putting a reader on the list, and changing what is known of one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from mailer.content.language.words import first_upper
from mailer.content.rendering.service_mail import name_of
from mailer.domain.subscribers.address import AddressError, parse_address
from mailer.domain.subscribers.attributes import Attribute, Kind
from mailer.domain.subscribers.subscriber import Subscriber
from mailer.errors import InputError
from mailer.services.subscriptions import subscribers
from mailer.services.subscriptions.details import ChangedError, Details, change_details
from mailer.services.subscriptions.opting_in import Outcome, Wanted
from mailer.services.subscriptions.subscribers import LeftAloneError
from mailer.web.console.notices import Notice
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead, show
from mailer.web.console.subscribers.choosing import LIST, topic_name
from mailer.web.console.wrong import NOTHING, Wrong, made, wrong

router = APIRouter(route_class=ConsoleRoute)

ONE: Final = f"{LIST}/{{number:int}}/edit"
OF_ATTRIBUTE: Final = "attribute-"
"""What the fields of attributes begin with."""
_TYPES: Final = {Kind.DATE: "date"}


@router.get(f"{LIST}/add")
def adding(request: Request, visit: Here, _: SignedIn, like: int = 0) -> Response:
    """Show the form that adds a reader; with what is known of another, whose new address it is."""
    given: dict[str, Any] = {"address": "", "how": "ask"}
    given["topics"] = [visit.site.settings.topics.default]
    if like > 0:
        one = _member(visit, like)
        given |= {"topics": list(one.topics), "language": one.language, "name": one.name}
    return _add_page(request, visit, given)


@router.post(f"{LIST}/add")
def add(request: Request, visit: Here, _: SignedIn) -> Response:
    """Ask the owner of an address to confirm; or put it on the list, where one vouches for that."""
    site, fields = visit.site, visit.fields
    given = _given(visit) | {"address": fields.one("address"), "how": fields.one("how")}
    say = site.say(visit.language)
    try:
        address = parse_address(given["address"])
        if given["how"] == "ask":
            wanted = Wanted(given["language"], tuple(given["topics"]), given["name"])
            outcome = site.opting_in.ask(address, wanted)
            return lead(visit, LIST, _asked(outcome, address.given))
        _check_basis(given["consent"])
        put = subscribers.add(
            site.store,
            site.settings,
            site.clock.now(),
            address,
            language=given["language"],
            topics=" ".join(given["topics"]),
            tags=given["tags"],
            name=given["name"],
            attributes=given["attributes"],
            consent=given["consent"],
        )
    except AddressError:
        problem = made([("address", say("console_subscribers.add.no_address"))])
        return _add_page(request, visit, given, problem)
    except InputError as error:
        return _add_page(request, visit, given, _worded(visit, error))
    except LeftAloneError as error:
        why = say(f"console_subscribers.left_alone.{error.refusal.why}")
        since = visit.shown.day(error.refusal.since)
        text = say("console_subscribers.add.left_alone", why=why, since=since)
        return _add_page(request, visit, given, made([("address", text)]))
    key = "added" if put.added else "updated" if put.updated else "unchanged"
    return lead(visit, f"{LIST}/{put.number}", Notice(f"console_subscribers.add.{key}"))


def _asked(outcome: Outcome, address: str) -> Notice:
    kind = "good" if outcome is Outcome.ASKED else "warn"
    return Notice(f"console_subscribers.add.{outcome.value}", {"address": address}, kind)


@router.get(ONE)
def editing(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Show the form that changes a reader."""
    one = _member(visit, number)
    given = {
        "language": one.language,
        "topics": list(one.topics),
        "tags": " ".join(one.tags),
        "name": one.name,
        "attributes": dict(one.attributes),
        "consent": "",
    }
    return _edit_page(request, visit, one, given)


@router.post(ONE)
def edit(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Change a reader, unless somebody else did since the form was shown."""
    site, one, given = visit.site, _member(visit, number), _given(visit)
    say = site.say(visit.language)
    changed = made([("", say("console_subscribers.edit.changed"))])
    if visit.fields.one("seen") != _seal(one):
        return _edit_page(request, visit, one, given, changed, status=409)
    try:
        if set(given["topics"]) - {*one.topics}:
            _check_basis(given["consent"])
        wanted = Details(
            given["language"],
            given["topics"],
            given["tags"].replace(",", " ").split(),
            given["name"] or "-",
            {name: value or "-" for name, value in given["attributes"].items()},
            given["consent"],
        )
        after = change_details(site.store, site.settings, site.clock.now(), one, wanted)
    except ChangedError:
        return _edit_page(request, visit, _member(visit, number), given, changed, status=409)
    except InputError as error:
        return _edit_page(request, visit, one, given, _worded(visit, error), status=422)
    key = "unchanged" if after == one else "done"
    return lead(visit, f"{LIST}/{number}", Notice(f"console_subscribers.edit.{key}"))


def _add_page(
    request: Request, visit: Visit, given: Mapping[str, Any], problem: Wrong = NOTHING
) -> Response:
    return show(
        request,
        visit,
        "subscribers/add.html.j2",
        status=422 if problem else 200,
        wrong=problem,
        given={"language": "", "tags": "", "name": "", "consent": "", "attributes": {}, **given},
        **_choices(visit),
    )


def _edit_page(
    request: Request,
    visit: Visit,
    one: Subscriber,
    given: Mapping[str, Any],
    problem: Wrong = NOTHING,
    *,
    status: int = 200,
) -> Response:
    return show(
        request,
        visit,
        "subscribers/edit.html.j2",
        status=status,
        wrong=problem,
        one=one,
        seen=_seal(one),
        given=given,
        waiting={each.topic for each in one.waiting},
        **_choices(visit, one),
    )


def _choices(visit: Visit, one: Subscriber | None = None) -> dict[str, Any]:
    settings, there = visit.site.settings, list(one.topics) if one else []
    topics = [*settings.topics, *(topic for topic in there if topic not in settings.topics)]
    codes = list(settings.languages)
    if one and one.language not in codes:
        codes.append(one.language)
    return {
        "readable": [(code, first_upper(name_of(code, visit.language))) for code in codes],
        "topics": [(topic, topic_name(visit, topic), "") for topic in topics],
        "attributes": [_field(visit, each) for each in settings.attributes.values()],
        "tags": visit.site.listing.tags(),
    }


def _field(visit: Visit, attribute: Attribute) -> dict[str, Any]:
    label = attribute.labels.get(visit.language) or attribute.name
    return {
        "name": attribute.name,
        "field": f"{OF_ATTRIBUTE}{attribute.name}",
        "label": label,
        "type": _TYPES.get(attribute.kind, "text"),
        "choices": [("", "–"), *((one, one) for one in attribute.choices)]
        if attribute.kind is Kind.CHOICE
        else (),
        "inputmode": "decimal" if attribute.kind is Kind.NUMBER else "",
    }


def _given(visit: Visit) -> dict[str, Any]:
    """Return what was typed, so that nothing of it is lost."""
    fields = visit.fields
    return {
        "language": fields.one("language"),
        "topics": list(fields.all("topics")),
        "tags": fields.one("tags"),
        "name": fields.one("name"),
        "consent": " ".join(fields.one("consent").split()),
        "attributes": {
            name: fields.one(f"{OF_ATTRIBUTE}{name}")
            for name in visit.site.settings.attributes
            if f"{OF_ATTRIBUTE}{name}" in fields
        },
    }


def _check_basis(consent: str) -> None:
    """Have it said where the consent comes from (law 17: assent is said, not assumed).

    Raises:
        InputError: it was not.
    """
    if not consent:
        said = "nothing says where the reader's consent comes from"
        raise InputError.of("consent", said, "say it in a few words", code="no_consent")


def _worded(visit: Visit, error: InputError) -> Wrong:
    """Word what is wrong; of attributes, at the field of each that is named."""
    found = wrong(visit.site.say(visit.language), error)
    names = [f"{OF_ATTRIBUTE}{name}" for name in visit.site.settings.attributes]

    def place(item: tuple[str, Any]) -> tuple[str, Any]:
        name, text = item
        if name != "attributes":
            return item
        words = str(text).replace('"', " ").replace("&#34;", " ").split()
        named = (one for one in names if one.removeprefix(OF_ATTRIBUTE) in words)
        return next(named, names[0] if names else ""), text

    return made([place(item) for item in found.items])


def _seal(one: Subscriber) -> str:
    """Return what tells whether a reader was changed since."""
    seen = (one.language, one.topics, one.tags, one.name, sorted(one.attributes.items()))
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def _member(visit: Visit, number: int) -> Subscriber:
    known = visit.site.listing.get(number)
    if known.subscriber is None:  # it cannot be: `get` raises
        raise AssertionError(number)
    return known.subscriber
