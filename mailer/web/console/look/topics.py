"""The topics: named, described, ordered, hidden; with the number of readers of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from mailer.content.language.topic_words import in_words
from mailer.domain.look.look import chosen
from mailer.errors import InputError, NotFoundError
from mailer.services.look import uses
from mailer.services.look.looks import LookChangedError, Shown
from mailer.web.console.look.common import SETTINGS, complaint, done, page, readable, seen_in
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit
from mailer.web.console.wrong import NOTHING, Wrong

router = APIRouter(route_class=ConsoleRoute)
PATH: Final = f"{SETTINGS}/topics"
TEXTS: Final = ("name", "short", "description")
FLAGS: Final = ("default", "preselected", "hidden", "moderated")


@router.get(PATH)
def topics(request: Request, visit: Here, _: SignedIn) -> Response:
    """List the topics, in the order in which readers see them."""
    return _list(request, visit)


@router.post(f"{PATH}/order")
def order(request: Request, visit: Here, _: SignedIn) -> Response:
    """Move a topic up."""
    looks = visit.site.looks
    before, topic = looks.show(), visit.fields.one("topic")
    tables = _tables(before)
    ids = [*tables]
    if topic in ids[1:]:
        at = ids.index(topic)
        ids[at - 1], ids[at] = ids[at], ids[at - 1]
    try:
        shown = looks.change({"topics": {one: tables[one] for one in ids}}, seen_in(visit))
    except (InputError, LookChangedError) as error:
        return _list(request, visit, complaint(visit, error, {}))
    return done(visit, before.version.revision, shown, PATH)


@router.post(f"{PATH}/reset")
def reset(request: Request, visit: Here, _: SignedIn) -> Response:
    """Go back to the topics of the settings."""
    looks = visit.site.looks
    before = looks.show().version.revision
    try:
        shown = looks.change({"topics": None}, seen_in(visit))
    except (InputError, LookChangedError) as error:
        return _list(request, visit, complaint(visit, error, {}))
    return done(visit, before, shown, PATH)


@router.get(f"{PATH}/new")
def new(request: Request, visit: Here, _: SignedIn) -> Response:
    """Show the form for a new topic."""
    return _form(request, visit, "", {})


@router.get(PATH + "/{topic}")
def edit(request: Request, visit: Here, _: SignedIn, topic: str) -> Response:
    """Show what is said of a topic.

    Raises:
        NotFoundError: there is none.
    """
    shown = visit.site.looks.show()
    if topic not in shown.settings.topics:
        raise NotFoundError("topic", topic)
    return _form(request, visit, topic, _values(shown, topic))


@router.post(PATH + "/save")
def save(request: Request, visit: Here, _: SignedIn) -> Response:
    """Add a topic, or change what is said of one."""
    looks, fields = visit.site.looks, visit.fields
    known, topic = fields.one("topic"), fields.one("id") or fields.one("topic")
    codes = visit.site.settings.languages
    names = [f"{text}.{code}" for text in TEXTS for code in codes]
    given: dict[str, Any] = {name: fields.one(name) for name in names}
    given |= {flag: bool(fields.one(flag)) for flag in FLAGS} | {"id": topic}
    before = looks.show()
    tables = {**_tables(before)}
    table = _table(given, codes, tables.get(known, {}))
    if given["default"]:
        tables = {
            one: {k: v for k, v in said.items() if k != "default"} for one, said in tables.items()
        }
    if not known and topic in tables:
        say = visit.site.say(visit.language)
        taken = Wrong(
            (("id", say("console_look.topic_taken", id=topic)),),
            {"id": [say("console_look.topic_taken", id=topic)]},
        )
        return _form(request, visit, known, given, taken)
    tables[known or topic] = table
    try:
        shown = looks.change({"topics": tables}, seen_in(visit))
    except (InputError, LookChangedError) as error:
        return _form(request, visit, known, given, complaint(visit, error, _places(topic)))
    return done(visit, before.version.revision, shown, PATH, "topic_saved", topic=topic)


@router.post(PATH + "/remove")
def remove(request: Request, visit: Here, _: SignedIn) -> Response:
    """Remove a topic that nothing speaks of."""
    looks, topic = visit.site.looks, visit.fields.one("topic")
    before = looks.show()
    tables = {one: said for one, said in _tables(before).items() if one != topic}
    try:
        shown = looks.change({"topics": tables}, seen_in(visit))
    except (InputError, LookChangedError) as error:
        return _list(request, visit, complaint(visit, error, {}))
    return done(visit, before.version.revision, shown, PATH, "topic_removed", topic=topic)


def _tables(shown: Shown) -> dict[str, dict[str, Any]]:
    """Return the topics in force as the settings write them, the default one marked as such."""
    written = shown.settings.topics.written()
    tables = {one: {} for one in written} if isinstance(written, list) else written
    tables[shown.settings.topics.default]["default"] = True
    return tables


def _table(
    given: Mapping[str, Any], codes: tuple[str, ...], before: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the table of a topic as its form says it; texts in languages that are off stay."""
    table: dict[str, Any] = {}
    for text in TEXTS:
        known = before.get(text, {})
        others = {} if isinstance(known, str) else known
        kept = {code: said for code, said in others.items() if code and code not in codes}
        said = {code: given[f"{text}.{code}"] for code in codes if given[f"{text}.{code}"]}
        if kept or said:
            table[text] = {**said, **kept}
    for flag in ("default", "preselected", "moderated"):
        if given[flag]:
            table[flag] = True
    if given["hidden"]:
        table["visible"] = False
    return table


def _values(shown: Shown, topic: str) -> dict[str, Any]:
    one, codes = shown.settings.topics[topic], shown.settings.languages
    said = {"name": one.names, "short": one.shorts, "description": one.descriptions}
    texts = {f"{text}.{code}": chosen(said[text], code) for text in TEXTS for code in codes}
    return {
        **texts,
        "id": topic,
        "default": shown.settings.topics.default == topic,
        "preselected": one.preselected,
        "hidden": not one.visible,
        "moderated": one.moderated,
    }


def _places(topic: str) -> dict[str, str]:
    """Return the form's field for each place that a complaint about a topic names."""
    places = {"topics": "id", f"topics.{topic}": "id"}
    for text in TEXTS:
        places[f"topics.{topic}, {text}"] = f"{text}-all"
    for flag in ("default", "preselected", "moderated"):
        places[f"topics.{topic}, {flag}"] = flag
    return places | {f"topics.{topic}, visible": "hidden"}


def _list(request: Request, visit: Visit, wrong: Wrong = NOTHING) -> Response:
    shown, site = visit.site.looks.show(), visit.site
    found = shown.settings.topics
    named, order_ = in_words(found), shown.settings.languages
    used = uses.of_topics(site.store, shown.settings, site.clock.now(), found)
    rows = [
        (
            one,
            named.name(one.id, visit.language, order_),
            named.description(one.id, visit.language, order_),
            used[one.id],
        )
        for one in found.values()
    ]
    return page(
        request,
        visit,
        "topics.html.j2",
        status=422 if wrong else 200,
        wrong=wrong,
        seen=shown.version.revision,
        rows=rows,
        default=found.default,
        own=shown.origin("topics") == "console",
    )


def _form(
    request: Request,
    visit: Visit,
    topic: str,
    values: Mapping[str, Any],
    wrong: Wrong = NOTHING,
) -> Response:
    shown, site = visit.site.looks.show(), visit.site
    used = None
    named = in_words(shown.settings.topics)
    if topic:
        used = uses.of_topics(site.store, shown.settings, site.clock.now(), [topic])[topic]
    codes = shown.settings.languages
    return page(
        request,
        visit,
        "topic.html.j2",
        status=422 if wrong else 200,
        wrong=wrong,
        seen=shown.version.revision,
        readable=readable(visit),
        topic=topic,
        title=named.name(topic, visit.language, codes) if topic else "",
        ours={
            f"{text}.{code}": getattr(named, text)(topic, code, ())
            for text in TEXTS
            for code in codes
        }
        if topic
        else {},
        values=values,
        used=used,
    )
