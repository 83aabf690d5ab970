"""Reads the document in which a look is kept, part by part, and says all that is wrong with it.

The document is JSON: an object with the parts that are not as the settings say. Texts are by
language, or one text for all languages. Topics are written as in the settings.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from mailer.domain.look import texts
from mailer.domain.look.characters import hidden, in_lines, on_one_line
from mailer.domain.look.colours import AA, DARK_PAPER, WHITE, contrast, darkened, lightened
from mailer.domain.look.look import Logo, Look, Text
from mailer.domain.settings import setting
from mailer.domain.settings.setting import SettingError
from mailer.domain.settings.topic_tables import read_topics
from mailer.domain.subscribers.topic import EVERY, Topics
from mailer.errors import Problem

LINES: Final[Mapping[str, int]] = {
    "institution": 120,
    "short_name": 40,
    "list_title": 80,
    "sender_name": 80,
}
"""Parts of one line by language, and how many characters each may have."""
PARAGRAPHS: Final[Mapping[str, int]] = {"imprint": 2000, "postal_address": 400}
"""Parts in lines by language."""
COLOURS: Final = ("accent", "accent_dark")
PARTS: Final = (
    *LINES,
    "logo",
    *COLOURS,
    *PARAGRAPHS,
    "privacy_url",
    "languages",
    "topics",
    "texts",
    "names",
)
"""All parts of a look."""
MAILED: Final = (*LINES, "logo", *COLOURS, *PARAGRAPHS, "privacy_url", "names")
"""Parts that a campaign's messages show."""
LONGEST_ALT: Final = 150
LONGEST_NAME: Final = 100
LONGEST_URL: Final = 500
MOST_LANGUAGES: Final = 40
MOST_NAMES: Final = 400
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_MEMBER: Final = re.compile(r"[A-Z]{2}")
_URL: Final = re.compile(r"https://[!#-;=?-Z_a-z~\[\]]+")
_SPOOFS: Final = frozenset('@<>"\\')
"""Signs by which a sender's name could pass for an address."""

Complain = Callable[[Problem], None]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a look is laid over: the settings, and our own words."""

    languages: Sequence[str]
    """Those of the settings."""
    topics: Topics
    words: Callable[[str], Mapping[str, Text]] = field(default=lambda _: {})
    """Returns, for a language, all our texts of service mails that may be replaced."""


def mark_of(document: Mapping[str, Any]) -> str:
    """Tell a document from any other: 16 hexadecimal digits."""
    return _digest({**document})


def mailed_of(document: Mapping[str, Any]) -> str:
    """Tell a document from others by the parts that campaigns show; empty if it has none."""
    shown = {part: document[part] for part in MAILED if part in document}
    return _digest(shown) if shown else ""


def _digest(value: Mapping[str, Any]) -> str:
    text = json.dumps(value, sort_keys=False, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read(
    document: Mapping[str, Any], ground: Ground, complain: Complain, revision: int = 0
) -> Look:
    """Read a document.

    Args:
        document: as it is kept.
        ground: what it is laid over.
        complain: is told each problem; its place is the part, and what within it.
        revision: for the look.

    Returns:
        The look, without the parts that are wrong.
    """
    for part in document:
        if part not in PARTS:
            wrong = f'there is no part "{_seen(part)}"'
            complain(Problem(_seen(part), wrong, f"known are {', '.join(PARTS)}", code="look.part"))
    languages = _languages(document.get("languages"), complain) or tuple(ground.languages)
    chosen = tuple(_languages(document.get("languages"), _ignore))
    said = {part: _lines(part, document.get(part), most, complain) for part, most in LINES.items()}
    said |= {
        part: _paragraphs(part, document.get(part), most, complain)
        for part, most in PARAGRAPHS.items()
    }
    colours = _colours(document, complain)
    return Look(
        revision=revision,
        institution=said["institution"],
        short_name=said["short_name"],
        list_title=said["list_title"],
        sender_name=said["sender_name"],
        logo=_logo(document.get("logo"), complain),
        accent=colours["accent"],
        accent_dark=colours["accent_dark"],
        imprint=said["imprint"],
        postal_address=said["postal_address"],
        privacy_url=_urls("privacy_url", document.get("privacy_url"), complain),
        languages=chosen,
        topics=_topics(document.get("topics"), ground, languages, complain),
        texts=_texts(document.get("texts"), ground, complain),
        names=_names(document.get("names"), complain),
        mailed=mailed_of(document),
    )


def _ignore(_: Problem) -> None:
    """Say nothing: it was said before."""


def _by_language(part: str, value: Any, one: Callable[[str, Any], str], complain: Complain) -> Any:
    """Read one text for all languages, or one for each."""
    if value is None:
        return {}
    if isinstance(value, str):
        value = {EVERY: value}
    if not isinstance(value, Mapping) or len(value) > MOST_LANGUAGES:
        said = "this is neither a text nor a text for each language"
        complain(Problem(part, said, 'write {"en": "…", "fr": "…"}', code="look.no_text"))
        return {}
    found: dict[str, str] = {}
    for code, text in value.items():
        place = f"{part}.{_seen(code)}" if code else part
        if text is None or (isinstance(text, str) and not text.strip()):
            continue
        try:
            language = code if code == EVERY else setting.language(code)
        except SettingError as error:
            complain(_bad(place, error))
            continue
        if said := one(place, text):
            found[language] = said
    return found


def _lines(part: str, value: Any, most: int, complain: Complain) -> dict[str, str]:
    def one(place: str, text: Any) -> str:
        said = _line(place, text, most, complain)
        if part == "sender_name" and _SPOOFS & {*said}:
            wrong = "a sender's name with @, <, >, \\ or a quotation mark could pass for an address"
            complain(Problem(place, wrong, "leave these out", code="look.sender"))
            return ""
        return said

    return dict(_by_language(part, value, one, complain))


def _paragraphs(part: str, value: Any, most: int, complain: Complain) -> dict[str, str]:
    def one(place: str, text: Any) -> str:
        if not isinstance(text, str):
            complain(Problem(place, "this is not a text", "write a text", code="look.no_text"))
            return ""
        said = in_lines(text)
        return said if _fits(place, said.replace("\n", " "), most, complain) else ""

    return dict(_by_language(part, value, one, complain))


def _line(place: str, text: Any, most: int, complain: Complain) -> str:
    if not isinstance(text, str):
        complain(Problem(place, "this is not a text", "write a text", code="look.no_text"))
        return ""
    said = on_one_line(text)
    return said if _fits(place, said, most, complain) else ""


def _fits(place: str, text: str, most: int, complain: Complain) -> bool:
    if sign := hidden(text):
        wrong = f"it holds a character that cannot be seen, U+{ord(sign):04X}"
        complain(Problem(place, wrong, "remove it", code="look.control"))
        return False
    if len(text) > most:
        wrong, facts = f"it has {len(text)} characters", {"length": len(text), "most": most}
        complain(Problem(place, wrong, f"write at most {most}", code="look.too_long", facts=facts))
        return False
    return True


def _urls(part: str, value: Any, complain: Complain) -> dict[str, str]:
    def one(place: str, text: Any) -> str:
        said = text.strip() if isinstance(text, str) else ""
        if is_https(said):
            return said
        wrong = "this is not an address that begins with https://"
        remedy = "write it like https://www.example.org/privacy"
        complain(Problem(place, wrong, remedy, code="look.url"))
        return ""

    return dict(_by_language(part, value, one, complain))


def is_https(text: str) -> bool:
    """Tell whether a text is a plain web address: https, a host, no login, nothing else around."""
    if len(text) > LONGEST_URL or not _URL.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return bool(host) and "@" not in parts.netloc


def _colours(document: Mapping[str, Any], complain: Complain) -> dict[str, str]:
    found = {}
    for part, paper, readable in (
        ("accent", WHITE, darkened),
        ("accent_dark", DARK_PAPER, lightened),
    ):
        colour = document.get(part) or ""
        colour = colour.strip().lower() if isinstance(colour, str) else "?"
        if colour and not _COLOUR.fullmatch(colour):
            said = "this is not a colour"
            complain(Problem(part, said, "write it like #1d4a7a", code="look.colour"))
            colour = ""
        if colour and (ratio := contrast(colour, paper)) < AA:
            better = readable(colour, paper, AA)
            said = f"text in {colour} cannot be read: its contrast is {ratio:.1f}, not {AA}"
            facts = {"colour": colour, "ratio": f"{ratio:.1f}", "proposal": better}
            complain(Problem(part, said, f"take {better}", code="look.contrast", facts=facts))
            colour = ""
        found[part] = colour
    return found


def _logo(value: Any, complain: Complain) -> Logo | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        complain(Problem("logo", "this is no logo", "upload a picture", code="look.logo"))
        return None
    known = {"digest": "", "type": "", "width": 0, "height": 0, **value}
    sized = all(
        isinstance(known[one], int) and 0 < known[one] <= 4000 for one in ("width", "height")
    )
    named = isinstance(known["digest"], str) and _DIGEST.fullmatch(known["digest"])
    if not (sized and named and known["type"] in {"image/png", "image/jpeg"}):
        complain(Problem("logo", "this is no logo", "upload a picture", code="look.logo"))
        return None
    alt = _by_language(
        "logo.alt",
        value.get("alt"),
        lambda at, one: _line(at, one, LONGEST_ALT, complain),
        complain,
    )
    return Logo(known["digest"], known["type"], known["width"], known["height"], alt)


def _languages(value: Any, complain: Complain) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list | tuple) or not value or len(value) > MOST_LANGUAGES:
        said = "this is no list of languages"
        complain(Problem("languages", said, 'write ["en", "fr"]', code="look.languages"))
        return []
    found: list[str] = []
    for code in value:
        try:
            language = setting.language(code)
        except SettingError as error:
            complain(_bad("languages", error))
            continue
        if language not in found:
            found.append(language)
    return found


def _topics(
    value: Any, ground: Ground, languages: Sequence[str], complain: Complain
) -> Topics | None:
    if value is None:
        topics, own = ground.topics, False
    else:
        try:
            topics, own = read_topics(value), True
        except SettingError as error:
            for one in error.problems:
                complain(_placed("topics", one))
            return None
    codes = {code.lower() for code in languages}
    for topic in topics:
        if topic in codes:
            said = f'"{topic}" is the code of a language, and could mean that in an address'
            complain(Problem("topics", said, "choose another id", code="look.topic_id"))
    return topics if own else None


def _texts(value: Any, ground: Ground, complain: Complain) -> dict[str, dict[str, Text]]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(
        isinstance(one, Mapping) for one in value.values()
    ):
        said = "this is no table of language and text"
        complain(
            Problem("texts", said, 'write {"en": {"confirm.subject": "…"}}', code="look.no_text")
        )
        return {}
    found: dict[str, dict[str, Text]] = {}
    for code, said in value.items():
        try:
            language = setting.language(code)
        except SettingError as error:
            complain(_bad(f"texts.{_seen(code)}", error))
            continue
        ours, place = ground.words(language), f"texts.{language}"

        def wrong(one: Problem, place: str = place) -> None:
            complain(_placed(place, one))

        read_ = {
            _seen(key): texts.checked(_seen(key), one, ours, wrong) for key, one in said.items()
        }
        found[language] = {key: text for key, text in read_.items() if text}
    return {language: said for language, said in found.items() if said}


def _names(value: Any, complain: Complain) -> dict[str, dict[str, str]]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or len(value) > MOST_NAMES:
        said = "this is no table of code and names"
        complain(Problem("names", said, 'write {"CH": {"en": "…"}}', code="look.no_text"))
        return {}
    found = {}
    for code, names in value.items():
        place = f"names.{_seen(code)}"
        if not isinstance(code, str) or not _MEMBER.fullmatch(code):
            said = "this is no member's code"
            remedy = "use two capital letters (ISO 3166-1), such as UY; XA to XZ are free"
            complain(Problem(place, said, remedy, code="look.member"))
            continue
        read_ = _by_language(
            place, names, lambda at, one: _line(at, one, LONGEST_NAME, complain), complain
        )
        if read_:
            found[code] = read_
    return found


def _bad(place: str, error: SettingError) -> Problem:
    one = error.problems[0]
    return Problem(place, one.text, one.remedy, code="look.language")


def _placed(place: str, one: Problem) -> Problem:
    where = f"{place}.{one.place}" if one.place else place
    return Problem(where, one.text, one.remedy, code=one.code, facts=one.facts)


def _seen(key: object) -> str:
    """Show what should have been a name, whatever it is: problems are one line each."""
    return "".join(sign if sign.isprintable() else "?" for sign in str(key)[:80])
