"""What a check found in a draft, in words, with the way to each place."""

from __future__ import annotations

from collections.abc import Mapping

from mailer.content.preflight import Level
from mailer.content.rendering.service_mail import name_of
from mailer.domain.drafts.draft import text_of
from mailer.errors import Problem
from mailer.services.editions.drafts.looking import Looked
from mailer.services.editions.drafts.reading import Opened
from mailer.web.console.editions.frame import base, say_of
from mailer.web.console.route import Visit
from mailer.web.console.wrong import GROUP, worded


def findings(
    visit: Visit, opened: Opened, looked: Looked, language: str
) -> list[Mapping[str, object]]:
    """Word what was found in a language, each with its place, its line, and the way there."""
    say = say_of(visit)
    found: list[Mapping[str, object]] = []
    for at, one in enumerate(looked.checked.findings):
        if one.language != language:
            continue
        problem = Problem(one.place, one.text, one.remedy, code=one.code)
        said = worded(say, problem)
        translated = say.has(f"{GROUP}.{one.code}") and not visit.language.startswith("en")
        detail = _in_english(problem) if translated else ""
        place = looked.places.get(at)
        text = opened.texts.get(place.file) if place and place.language else None
        lines = text.text.split("\n") if text else []
        excerpt = lines[place.line - 1][:160] if place and 0 < place.line <= len(lines) else ""
        excerpt = "" if excerpt.startswith("+++") else excerpt
        found.append(
            {
                "error": one.level is Level.ERROR,
                "said": said if translated else _in_english(problem),
                "detail": detail,
                "place": _place(visit, looked, at, one.place),
                "excerpt": excerpt,
                "way": _way(opened, looked, at),
            }
        )
    return found


def _place(visit: Visit, looked: Looked, at: int, written: str) -> str:
    place, say = looked.places.get(at), say_of(visit)
    if place is None:
        return written
    if place.is_manifest:
        return say("console_editions.facts").unescape()
    if not place.language:
        return written
    language = name_of(place.language, visit.language)
    if not place.line:
        return language
    return say("console_editions.place_text", language=language, line=place.line).unescape()


def _in_english(problem: Problem) -> str:
    """Word a finding as the check does, which names what it found."""
    text = problem.text[:1].upper() + problem.text[1:]
    return f"{text}: {problem.remedy}." if problem.remedy else f"{text}."


def _way(opened: Opened, looked: Looked, at: int) -> str:
    """Return the address of the place where something is mended; empty: it is elsewhere."""
    place, number = looked.places.get(at), opened.draft.number
    if place is None:
        return ""
    if place.is_manifest:
        return f"{base(number)}/facts"
    if place.language and text_of(place.language) in opened.texts:
        query = f"?language={place.language}&line={place.line}&beside=check"
        return f"{base(number)}{query}#text-{place.language}"
    if place.language:
        return f"{base(number)}#add"
    return f"{base(number)}/pictures" if place.file.startswith("images/") else ""
