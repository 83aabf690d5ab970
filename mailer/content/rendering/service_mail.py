"""Renders the mails that the service writes by itself, from the words of a reader's language.

The words stand in `service.toml` of the language's folder in `templates/locale`; a language without
one gets those of the first folder that the caller names. A look may put others in their place. What
is filled in is ours: no text that a stranger chose is ever among it (law 6).
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from mailer.content.language.locale_files import SOURCE, codes_with, nearest, read_table
from mailer.content.language.words import Words, locale_of, words_for
from mailer.content.rendering.brand import Brand, brand_of
from mailer.content.rendering.mjml import to_mail_html
from mailer.content.rendering.rendered import Rendered
from mailer.domain.look import texts as look_texts
from mailer.domain.look.look import PLAIN, Look, Text
from mailer.errors import NotFoundError

_FILE: Final = "service.toml"
_WIDTH: Final = 70


class Way(NamedTuple):
    """One thing that the reader can do."""

    label: str
    target: str
    """`mailto:` or https."""

    @property
    def address(self) -> str:
        """The mail address that the target leads to; empty for a web page."""
        scheme, _, rest = self.target.partition(":")
        return rest.partition("?")[0] if scheme == "mailto" else ""


class Date(NamedTuple):
    """One date in a list of them."""

    when: str
    what: str
    where: str = ""
    target: str = ""
    """https; empty: none."""


class Fact(NamedTuple):
    """One thing that a mail tells a user of the institution."""

    label: str
    value: str
    """Its lines, the first of which is the most important one; that is empty if all are alike."""


class Told(NamedTuple):
    """The content of a mail to a user of the institution about the service's work."""

    facts: Sequence[Fact] = ()
    """Listed below the text."""
    code: str = ""
    """What a reply must hold; it is shown by itself, with words of the mail above it."""
    preview: Sequence[str] = ()
    """Lines of the mail that the mail is about, shown at the end."""


_NOTHING: Final = Told()


def render(
    name: str,
    language: str,
    values: Mapping[str, str],
    *,
    target: str = "",
    ways: Sequence[Way] = (),
    quoted: Sequence[str] = (),
    dates: Sequence[Date] | None = None,
    more: Sequence[str] = (),
    empty: bool = False,
    look: Look = PLAIN,
    fallback: Sequence[str] = (),
    told: Told = _NOTHING,
) -> Rendered:
    """Render one service mail.

    Args:
        name: which one: a table of `service.toml`.
        language: the reader's.
        values: what stands for the words in braces.
        target: where the button leads; none: no button.
        ways: what else the reader can do.
        quoted: lines that somebody else wrote; only ever shown to the secretariat.
        dates: what is listed below the text; an empty list is told in words. None: no list.
        more: paragraphs below the text.
        empty: true if there is nothing of what the text tells; other words say so.
        look: the institution's words, colours and foot.
        fallback: languages whose texts of the institution stand in, in order.
        told: what is shown to users of the institution.

    Raises:
        NotFoundError: there is no service mail of that name.
    """
    texts = _texts(language, look)
    if name not in texts:
        raise NotFoundError("service mail", name)
    said = {key: _filled(value, values) for key, value in texts[name].items()}
    words = words_for(language if _has_words(language) else SOURCE)
    brand = brand_of(look, language, fallback)
    button = Way(said["button"], target) if target and "button" in said else None
    page: dict[str, Any] = {
        **_told(said, told, texts),
        "list": values["list"],
        "text": [*([said["empty"]] if empty or dates == [] else said["text"]), *more],
        "dates": dates or (),
        "agree": said.get("agree", ""),
        "button": button,
        "quoted": quoted,
        "ways": ways,
    }
    return _rendered(str(said["subject"]), str(said["heading"]), page, words, brand)


def _rendered(
    subject: str, heading: str, page: Mapping[str, Any], words: Words, brand: Brand
) -> Rendered:
    """Write both bodies; a mail with no images at all shows no logo."""
    markup = to_mail_html(
        "service.mjml.j2",
        page,
        words=words,
        palette=brand.palette,
        title=heading,
        preheader="",
        brand=replace(brand, logo=None),
    )
    return Rendered(
        language=words.language,
        direction=words.direction,
        subject=subject,
        preheader="",
        html=markup,
        text=_plain(heading, page, brand.plain(words)),
        images=(),
        warnings=(),
    )


def _told(said: Mapping[str, Any], told: Told, texts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a page shows to users of the institution, and the words that do not change."""
    return {
        "ways_title": texts["words"]["ways"],
        "otherwise": said["otherwise"],
        "facts": told.facts,
        "pair": texts["words"]["pair"],
        "reply": said["reply"] if told.code else (),
        "code": told.code,
        "specimen": told.preview,
        "specimen_title": said["preview"] if told.preview else "",
    }


def phrase(language: str, name: str, look: Look, /, **values: str) -> str:
    """Return one of the words that all service mails share, filled in."""
    return str(_filled(_texts(language, look)["words"][name], values))


def reason(language: str, word: str) -> str:
    """Word the reason why mail came back, in a reader's language; empty if it has no words."""
    reasons: Mapping[str, str] = _texts(language)["reasons"]
    return reasons.get(word) or reasons["undetermined"]


def limit(language: str, name: str) -> str:
    """Word whose limit of answers is used up, in the secretariat's language; see `limits`."""
    return str(_texts(language)["limits"].get(name, ""))


def where(language: str, name: str, /, **values: str) -> str:
    """Return a sentence that tells the secretariat where to look; see `reports` in the file."""
    return str(_filled(_texts(language)["reports"][name], values))


def agreements() -> frozenset[str]:
    """Return the words by which a reply may begin that agrees, of all languages."""
    return frozenset(word for code in languages() for word in _texts(code)["words"]["yes"])


def approvals() -> frozenset[str]:
    """Return the words by which a reply begins that approves a campaign, of all languages."""
    return frozenset(word for code in languages() for word in _texts(code)["words"]["approve"])


def word(language: str, table: str, name: str, /, **values: str) -> str:
    """Return one of the words of a table, filled in; empty: there is none of that name."""
    return str(_filled(_texts(language)[table].get(name, ""), values))


def consent(language: str, values: Mapping[str, str], look: Look) -> str:
    """Return the sentence that a reader agrees to by confirming."""
    return str(_filled(_texts(language, look)["confirm"]["agree"], values))


@cache
def originals(language: str) -> Mapping[str, Text]:
    """Return our own texts of a language that an institution may replace, by key `mail.part`."""
    return look_texts.editable(_texts(language))


def name_of(language: str, reader: str) -> str:
    """Name a language in the reader's: `français` to one who reads French."""
    locale = locale_of(language)
    return (locale.get_display_name(reader.replace("-", "_")) if locale else "") or language


def mailto(address: str, subject: str) -> str:
    """Make a link that begins a mail (RFC 6068)."""
    return f"mailto:{address}?subject={quote(subject, safe='')}"


def _plain(heading: str, page: Mapping[str, Any], foot: str) -> str:
    """Write the plain text as it is read: lines under 72, each address on a line of its own."""
    blocks = [f"{heading}\n{'=' * len(heading)}", *map(_wrapped, page["text"])]
    if page["agree"]:
        blocks.append(textwrap.indent(_wrapped(page["agree"], _WIDTH - 2), "  "))
    if page["quoted"]:
        blocks.append("\n".join(_quotation(page["quoted"])))
    if page["facts"]:
        blocks.append("\n".join(_listed(fact, page["pair"]) for fact in page["facts"]))
    if page["dates"]:
        blocks.append("\n\n".join(map(_dated, page["dates"])))
    if page["button"]:
        blocks.append(_entry(page["button"]))
    if page["ways"]:
        title = page["ways_title"]
        entries = "\n".join(map(_entry, page["ways"]))
        blocks.append(f"{title}\n{'-' * len(title)}\n{entries}")
    if page["code"]:
        # Never the word that approves and the code in one line: what is quoted must not approve.
        blocks += [*map(_wrapped, page["reply"]), f"    {page['code']}"]
    blocks += [_wrapped(page["otherwise"]), page["list"], *([foot.rstrip()] if foot else [])]
    if page["specimen"]:
        title = page["specimen_title"]
        blocks += [
            f"{title}\n{'-' * len(title)}",
            "\n".join(f"> {line}".rstrip() for line in page["specimen"]),
        ]
    return "\n\n".join(blocks) + "\n"


def _entry(way: Way) -> str:
    return f"* {way.label}\n  {way.address or way.target}"


def _listed(fact: Fact, pair: str) -> str:
    """Write a fact: its label, then its value, further lines of which are set in."""
    first, *rest = fact.value.split("\n")
    said = _filled(pair, {"label": fact.label, "value": first}).strip()
    lines = textwrap.wrap(said, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    for line in rest:
        lines += textwrap.wrap(line, _WIDTH, initial_indent="  ", subsequent_indent="    ")
    return "\n".join(lines)


def _dated(date: Date) -> str:
    """Write a date: when, then what and where below."""
    lines = [_wrapped(date.when)]
    lines += [textwrap.indent(_wrapped(text, _WIDTH - 2), "  ") for text in date[1:3] if text]
    return "\n".join([*lines, *([f"  {date.target}"] if date.target else [])])


def _quotation(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        for piece in textwrap.wrap(line, _WIDTH - 2) or [""]:
            yield f"> {piece}".rstrip()


def _wrapped(text: str, width: int = _WIDTH) -> str:
    return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_filled(one, values) for one in value]
    for name, text in values.items():
        value = value.replace("{" + name + "}", text)
    return value


def _has_words(language: str) -> bool:
    return language in languages()


@cache
def languages() -> tuple[str, ...]:
    """Return the codes of the languages that have words for service mails."""
    return codes_with(_FILE)


def _texts(language: str, look: Look = PLAIN) -> Mapping[str, Any]:
    """Return the words of a language, with what a look puts in place of some."""
    ours = _own_texts(language)
    others = look.texts_in(language)
    if not others:
        return ours
    laid = dict(ours)
    for key, said in others.items():
        table, _, name = key.partition(".")
        if name in ours.get(table, {}):  # a text that this version does not have any more
            text = list(said) if isinstance(said, tuple) else said
            laid[table] = {**laid[table], name: text}
    return laid


@cache
def _own_texts(language: str) -> Mapping[str, Any]:
    path = nearest(language, _FILE, SOURCE)
    if path is None:
        raise NotFoundError("language of service mails", language)
    return read_table(path)
