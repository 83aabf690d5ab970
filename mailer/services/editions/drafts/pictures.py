"""Takes pictures into a draft, each with a text for those who do not see it, in every language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from mailer.content.parsing import pictures as measuring
from mailer.content.parsing.source import FILE_LIMIT, TOTAL_LIMIT
from mailer.content.picture_upload import prepare
from mailer.content.preflight import ALT_LIMIT
from mailer.domain.drafts.draft import PICTURES, Made, Revision, picture_path, text_of
from mailer.errors import InputError, NotFoundError, Problem
from mailer.services.access.acting import act, tell
from mailer.services.editions.drafts.desk import Desk, decoded, edited, put, removal, state_of
from mailer.services.editions.drafts.writing import Saved, save
from mailer.store.drafts import records
from mailer.store.drafts.records import Open, Write

_FIGURE: Final = "::: figure\nimage: {path}\nalt: {alt}\n:::\n"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a draft."""

    path: str
    revision: Revision
    content_type: str
    width: int
    height: int
    alts: Mapping[str, str]
    """What it shows, by language, as was said when it was uploaded."""
    used_in: tuple[str, ...]
    """The languages whose text shows it."""


@act("drafts.picture", "number", "name")
def upload(
    desk: Desk,
    number: int,
    data: bytes,
    *,
    name: str,
    alts: Mapping[str, str],
    path: str = "",
) -> Picture:
    """Take a picture in: checked by its content, made small, without what a camera added.

    Args:
        desk: what it works with.
        number: the draft's.
        data: the file that was uploaded.
        name: what it was called.
        alts: what it shows, by language; each language of the draft needs one.
        path: the picture that it replaces, if it is written in the same format; empty: none.

    Raises:
        NotFoundError: there is no such draft, or picture to replace.
        StateError: its edition was sent, or it was removed.
        InputError: it is no picture for mail; or a language has no text for it.
    """
    alts = {code: " ".join(text.split()) for code, text in alts.items()}
    _described(records.get(desk.store, number).languages, alts)
    made = prepare(data)
    found: list[str] = []

    def decide(now: Open) -> Write:
        desk.writable(now.draft)
        there = {one for one, file in now.files.items() if file.there}
        if path and path not in there:
            raise NotFoundError("picture", path)
        fits = path.endswith(made.suffix)
        target = path if fits else picture_path(path or name, made.suffix, there)
        _room(now, len(made.data))
        change = desk.change(target)
        last = now.files[target].last if target in now.files else 0
        kept = {code: text for code, text in alts.items() if text}
        draft = replace(edited(now.draft, change), alts={**now.draft.alts, target: kept})
        found[:] = [target]
        return Write(draft, [put(target, last + 1, made.data, change, Made.SAVED)])

    records.change(desk.store, number, desk.clock.now(), decide)
    tell(picture=found[0], octets=len(made.data))
    return next(one for one in _all(desk, number) if one.path == found[0])


@act("drafts.picture", "number", "path")
def remove(desk: Desk, number: int, path: str) -> None:
    """Take a picture out of a draft; it can be brought back from its history.

    Raises:
        NotFoundError: there is no such draft or picture.
        StateError: its edition was sent, or it was removed.
    """

    def decide(now: Open) -> Write | None:
        desk.writable(now.draft)
        state = state_of(now.files, path)
        if not path.startswith(PICTURES):
            raise NotFoundError("picture", path)
        if not state.there:
            return None
        change = desk.change(path)
        return Write(edited(now.draft, change), [removal(path, state.last + 1, change)])

    records.change(desk.store, number, desk.clock.now(), decide)


@act("drafts.picture", "number", "path")
def bring_back(desk: Desk, number: int, path: str) -> None:
    """Bring back a picture that was taken out, as it was last.

    Raises:
        NotFoundError: there is no such draft or picture, or nothing of it is kept.
    """

    def decide(now: Open) -> Write | None:
        desk.writable(now.draft)
        state = state_of(now.files, path)
        if state.there:
            return None
        kept = records.revisions(desk.store, number, path)
        last = next((one for one in kept if one.digest), None)
        if last is None or not path.startswith(PICTURES):
            raise NotFoundError("picture", path)
        change, held = desk.change(path), now.content(path, last.digest)
        made = put(path, state.last + 1, held, change, Made.RESTORED, note=str(last.number))
        return Write(edited(now.draft, change), [made])

    records.change(desk.store, number, desk.clock.now(), decide)


@act("drafts.show")
def listed(desk: Desk, number: int) -> list[Picture]:
    """List a draft's pictures, with the texts that show them.

    Raises:
        NotFoundError: there is no such draft.
    """
    return _all(desk, number)


@act("drafts.show")
def image(desk: Desk, number: int, path: str) -> tuple[bytes, str]:
    """Load a picture, and its media type.

    Raises:
        NotFoundError: there is no such draft or picture.
    """
    state = state_of(records.files(desk.store, number), path)
    held = records.content(desk.store, number, path, state.revision.digest) if state.there else b""
    facts = measuring.measure(held)
    if facts is None or not path.startswith(PICTURES):
        raise NotFoundError("picture", path)
    return held, facts.content_type


@act("drafts.save")
def insert(desk: Desk, number: int, path: str, language: str) -> Saved:
    """Put a picture at the end of a text, with what it shows in that language.

    Raises:
        NotFoundError: there is no such draft, picture or text.
    """
    draft, states, held = records.contents(desk.store, number)
    file = text_of(language)
    if path not in states or file not in states:
        raise NotFoundError("picture" if path not in states else "translation", path)
    before = decoded(held[file]).rstrip("\n")
    alt = draft.alts.get(path, {}).get(language, "")
    text = f"{before}\n\n{_FIGURE.format(path=path, alt=alt)}"
    return save(desk, number, file, states[file].revision.number, text)


def figure(picture: Picture, language: str) -> str:
    """Write the lines that show a picture in a text."""
    return _FIGURE.format(path=picture.path, alt=picture.alts.get(language, ""))


def _all(desk: Desk, number: int) -> list[Picture]:
    draft, states, held = records.contents(desk.store, number)
    texts = {code: held.get(text_of(code), b"") for code in draft.languages}
    found = []
    for path, state in states.items():
        facts = measuring.measure(held[path]) if path.startswith(PICTURES) else None
        if facts is None:
            continue
        used = tuple(code for code, text in texts.items() if path.encode() in text)
        alts = draft.alts.get(path, {})
        found.append(Picture(path, state.revision, *facts, alts, used))
    return found


def _described(languages: tuple[str, ...], alts: Mapping[str, str]) -> None:
    """Refuse a picture that nothing is said of in a language.

    Raises:
        InputError: for each of them.
    """
    problems = []
    for language in languages:
        text, facts = alts.get(language, ""), {"language": language}
        field, remedy = f"alt-{language}", "say in a sentence what the picture shows"
        if not text:
            said = "it is missing"
            problems.append(Problem(field, said, remedy, code="picture.no_alt", facts=facts))
        elif len(text) > ALT_LIMIT:
            said = f"the text has more than {ALT_LIMIT} characters"
            problems.append(Problem(field, said, remedy, code="picture.long_alt", facts=facts))
    if problems:
        raise InputError(problems)


def _room(now: Open, size: int) -> None:
    there = [one.revision.size for one in now.files.values() if one.there]
    if len(there) >= FILE_LIMIT or sum(there) + size > TOTAL_LIMIT:
        limit = TOTAL_LIMIT // 1024 // 1024
        said = f"an edition has at most {limit} MB and {FILE_LIMIT} files"
        facts = {"limit": limit}
        raise InputError.of(
            "picture", said, "remove other pictures", code="draft.full", facts=facts
        )
