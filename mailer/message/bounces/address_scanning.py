"""Mail addresses as reports write them: found in running text, in fields, in old encodings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

_DOMAIN: Final = (
    r"(?:[^\W_](?:[\w-]{0,62}[^\W_])?(?:\.[^\W_](?:[\w-]{0,62}[^\W_])?){1,8}|\[\d[\d.]{6,14}\])"
)
_PLAIN: Final = r"(?:[^\s<>()\[\]\"',;:=@/|`*«»“”„。、（）【】「」]|(?<=\w)'(?=\w))"
ADDRESS: Final = re.compile(
    r"(?<![^\s<>()\[\]\"',;:=/|`*«»“”„。、（）【】「」])"
    rf"((?:\"[^\"@\n]{{1,64}}\"|{_PLAIN}{{1,64}}(?:=[^\s<>()\[\]\"',;:@]{{1,64}})?)"
    rf"@{_DOMAIN})",
)
"""A local part, quoted or not, at a domain of two labels or more or a number in brackets."""
_BRACKETED: Final = re.compile(
    rf"<([^\s<>()\[\]\"\\,;:@]{{0,64}}['=/|`*{{}}][^\s<>()\[\]\"\\,;:@]{{0,200}}@{_DOMAIN})>"
)
"""Text between angle brackets, which is one address, whatever characters it has."""
_DIRECTORY: Final = re.compile(
    rf"(?<![\w.+-])(IMCEA(?!SMTP)[A-Z0-9]{{1,12}}-[\w+=./-]{{1,400}}@{_DOMAIN})", re.IGNORECASE
)
"""The form that Exchange gives to a directory entry without an internet address."""
_X400: Final = re.compile(r"RFC-?822[=<]([\w.+*-]{1,64})\(a\)([\w.-]{1,120})", re.IGNORECASE)
_LOCAL_FORM: Final = re.compile(r"\[SF:([\w.+*-]{1,64})/([\w.-]{1,120})\]")
"""MailEnable names its own mailboxes so."""
_IMCEA: Final = re.compile(r"IMCEASMTP-([\w+=.-]{1,200})@", re.IGNORECASE)
_HEX: Final = re.compile(r"\+([0-9A-F]{2})", re.IGNORECASE)
_LEADERS: Final = "'*/~|`{}?!."
_LABEL: Final = re.compile(
    r"(?:smtp|rfc-?822|to|user|rcpt|recipient|address|addr|for)=", re.IGNORECASE
)
_GLUED_BEFORE: Final = re.compile(
    r"^[^@]*[\u3000-\u9fff\uac00-\ud7af\uff00-\uffef](?=[\x21-\x7e]+@)"
)
_GLUED_AFTER: Final = re.compile(r"(?<=[A-Za-z])[\u3000-\u9fff\uac00-\ud7af\uff00-\uffef].*$")
"""Scripts that set no blank between words glue them to an address."""


def find(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each address of a text with where it begins and ends."""
    if "@" not in text and "(a)" not in text and "[SF:" not in text:
        return
    for found in _IMCEA.finditer(text):
        plain = _HEX.sub(lambda code: chr(int(code[1], 16)), found[1])
        if plain.count("@") == 1:
            yield plain, found.start(), found.end()
    for form in (_X400, _LOCAL_FORM):
        for found in form.finditer(text):
            yield f"{found[1]}@{found[2]}", found.start(), found.end()
    places = [
        (found.start(1), -found.end(1), clean(found[1]))
        for pattern in (ADDRESS, _BRACKETED, _DIRECTORY)
        for found in pattern.finditer(text)
        if pattern is ADDRESS or not _LABEL.match(found[1])
    ]
    last = 0
    for start, end, address in sorted(places):
        if start >= last and address[:10].lower() != "imceasmtp-":
            last = -end
            yield address, start, last


def first(text: str) -> str:
    """Return the first address of a text, or nothing."""
    return next((address for address, _, _ in find(text)), "")


def every(values: Iterable[str]) -> list[str]:
    """Return the addresses of some header fields, each once, in order."""
    return unique(address for value in values for address, _, _ in find(value[:20_000]))


def unique(addresses: Iterable[str]) -> list[str]:
    """Return the addresses without those that differ only by case from an earlier one."""
    kept: dict[str, str] = {}
    for address in addresses:
        kept.setdefault(address.lower(), address)
    return list(kept.values())


def clean(address: str) -> str:
    """Return an address without what sentences and lists leave around it."""
    if not address.startswith('"'):
        address = address.strip("<>\"' \t,;")
    if not address.isascii():
        address = _GLUED_AFTER.sub("", _GLUED_BEFORE.sub("", address))
    address = _LABEL.sub("", address, count=1) if "=" in address else address
    return address.lstrip(_LEADERS).rstrip(".") if address[:1] in _LEADERS else address.rstrip(".")


def of_field(value: str) -> str:
    """Read the address out of a recipient field: `rfc822; <a@b>`, `LOCAL;a@b`, `a@b (name)`.

    Returns:
        The address; the name alone where it has no domain, or `@` with the domain where it has no
        name; nothing for a program or a path.
    """
    kind, semicolon, rest = value.partition(";")
    written = (rest if semicolon else kind).strip()
    if kind.strip().lower() == "utf-8":
        written = re.sub(r"\\x\{([0-9A-Fa-f]{2,6})\}", _unescaped, written)
    if found := first(written):
        return found
    bare = clean(written.partition(" (")[0].strip())
    return (
        bare if re.fullmatch(r"[^\s<>|/:,;@]{1,64}|[^\s<>|/:,;]{0,64}@[\w.-]{1,120}", bare) else ""
    )


def _unescaped(found: re.Match[str]) -> str:
    """Return the letter that utf-8-addr-xtext names by its number (RFC 6533 section 3)."""
    number = int(found[1], 16)
    return chr(number) if number < 0xD800 or 0xDFFF < number < 0x110000 else "?"
