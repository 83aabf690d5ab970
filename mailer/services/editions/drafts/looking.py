"""Checks drafts, and shows them as readers would see them: also while they cannot be sent yet."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Final

from mailer.content.parsing import source
from mailer.content.parsing.card import Card, card_of
from mailer.content.parsing.manifest_writing import read_facts, written
from mailer.content.parsing.personal import NOBODY, Reader
from mailer.content.parsing.pictures import measure
from mailer.content.preflight import Finding, Level
from mailer.content.rendering import web_page
from mailer.content.rendering.mjml import SIZE_LIMIT
from mailer.content.rendering.web_page import WebEdition
from mailer.domain.campaigns.edition import Edition, Picture
from mailer.domain.drafts.draft import MANIFEST, PICTURES, Draft, language_of, plain_lines, text_of
from mailer.errors import InputError, NotFoundError
from mailer.services.access.acting import act
from mailer.services.calendar.edition_dates import with_dates
from mailer.services.editions import library, preview
from mailer.services.editions.checking import Checked
from mailer.services.editions.drafts.desk import Desk, decoded
from mailer.store.drafts import records

_PLACE: Final = re.compile(r"(.+?):(\d+)")
_DARK: Final = re.compile(r"@media\s*\(\s*prefers-color-scheme\s*:\s*dark\s*\)")
_KEPT: Final = 64
"""Checks that are kept ready: of the tab's number on each page of a draft."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is to be mended."""

    file: str
    line: int
    """0: the file as a whole."""
    language: str
    """Of the text that the file is; empty: it is none."""

    @property
    def is_manifest(self) -> bool:
        """Tell whether it is in what the form of titles and dates holds."""
        return self.file == MANIFEST


@dataclass(frozen=True, slots=True)
class Looked:
    """A draft that was looked over."""

    checked: Checked
    places: Mapping[int, Place]
    """By the finding's place in the list; none of what has no place in a file."""
    readable: bool
    """Whether it can be shown, and put into the library."""

    @property
    def errors(self) -> int:
        """Count what keeps it from being sent."""
        return self.checked.errors


@dataclass(frozen=True, slots=True)
class Weight:
    """How much HTML a mail has: some mail programs cut it off."""

    octets: int
    limit: int
    """Where Gmail cuts."""
    cut: str
    """The last words before the cut; empty: nothing is cut."""

    @property
    def clipped(self) -> bool:
        """Tell whether the end of the mail would not be shown."""
        return self.octets > self.limit


_known: OrderedDict[tuple[int, int, str], tuple[int, int]] = OrderedDict()
_lock: Final = Lock()


@act("drafts.show")
def check(desk: Desk, number: int) -> Looked:
    """Look a draft over, with the way to each place; also one that is no edition yet.

    Raises:
        NotFoundError: there is no such draft.
    """
    draft, _, files = records.contents(desk.store, number)
    readers = preview.languages_read(desk.store)
    try:
        edition = _edition(desk, files)
    except InputError as error:
        found = [
            Finding(Level.ERROR, _language(one.place), one.place, one.text, one.remedy, one.code)
            for one in error.problems
        ]
        found += _further(desk, draft, files, readers)
        looked = _looked(Checked(draft.slug, found, {}), readable=False)
    else:
        found = preview.findings(desk.settings, edition, readers)
        languages = (*desk.settings.languages, *sorted(readers))
        instead = {code: edition.language_for(code) for code in languages}
        looked = _looked(Checked(edition.slug, found, instead), readable=True)
    _keep(desk, (number, draft.edits), looked)
    return looked


def _further(
    desk: Desk, draft: Draft, files: Mapping[str, bytes], readers: set[str]
) -> list[Finding]:
    """Look over what else there is, if subjects alone keep it from being read."""
    manifest = decoded(files.get(MANIFEST, b""))
    for code in draft.languages:
        manifest = _with_subject(manifest, code)
    try:
        edition = _edition(desk, {**files, MANIFEST: manifest.encode()})
    except InputError:
        return []
    return preview.findings(desk.settings, edition, readers)


def tally(desk: Desk, number: int, edits: int) -> tuple[int, int] | None:
    """Tell how many errors and warnings a draft has, if it was looked over as it is; else None."""
    with _lock:
        return _known.get(_key(desk, number, edits))


@act("drafts.preview")
def mail_html(
    desk: Desk,
    number: int,
    language: str,
    *,
    text: str | None = None,
    dark: bool = False,
    reader: Reader = NOBODY,
) -> str:
    """Write a mail's HTML as readers see it, whole in itself.

    Args:
        desk: what it works with.
        number: the draft's.
        language: of the text.
        text: what stands in place of the text that is kept; None: nothing does.
        dark: whether as on a dark screen.
        reader: whom passages for some readers are chosen for.

    Raises:
        NotFoundError: there is no such draft, or no such text in it.
        InputError: it cannot be read as an edition yet.
    """
    page = preview.page(desk.settings, _seen(desk, number, language, text), language, reader)
    return _DARK.sub("@media all", page) if dark else page


@act("drafts.preview")
def mail_text(desk: Desk, number: int, language: str, *, reader: Reader = NOBODY) -> str:
    """Write a mail's plain text; arguments and errors as `mail_html` has them."""
    return preview.text(desk.settings, _seen(desk, number, language), language, reader)


@act("drafts.preview")
def archive_page(
    desk: Desk, number: int, language: str, own: str, images: str
) -> tuple[Card, WebEdition]:
    """Render the page of the archive; returns what is known of the edition, and its text.

    Args:
        desk: what it works with.
        number: the draft's.
        language: of the text.
        own: what links to our own pages begin with.
        images: the path before those of its images.

    Raises:
        NotFoundError: there is no such draft, or no such text in it.
        InputError: it cannot be read as an edition yet.
    """
    edition = _seen(desk, number, language)
    links = library.links_within(desk.settings, language, own, library.page_of(edition.slug))
    names = desk.settings.look.names_in(language, desk.settings.languages)
    text = web_page.render(
        edition, language, links=links, own=own, images=images, today=edition.date, names=names
    )
    return card_of(edition), text


@act("drafts.preview")
def page_picture(desk: Desk, number: int, name: str) -> tuple[bytes, str]:
    """Load a picture by the name that the page gives it, and its media type.

    Raises:
        NotFoundError: there is none.
    """
    digest = name.partition(".")[0]
    for path, held in records.contents(desk.store, number)[2].items():
        facts = measure(held) if path.startswith(PICTURES) else None
        if facts and web_page.picture_digest(Picture(path, held, *facts)) == digest:
            return held, facts.content_type
    raise NotFoundError("picture", name)


@act("drafts.preview")
def weigh(desk: Desk, number: int, language: str) -> Weight:
    """Tell how much HTML the mail has, and where Gmail would cut it off.

    Raises:
        NotFoundError: there is no such draft, or no such text in it.
        InputError: it cannot be read as an edition yet.
    """
    edition = _seen(desk, number, language)
    markup = library.rendered(preview.with_domain(desk.settings), edition, language).html.encode()
    cut = ""
    if len(markup) > SIZE_LIMIT:
        before = markup[:SIZE_LIMIT].decode("utf-8", "ignore")
        words = " ".join(re.sub(r"<[^>]*>?", " ", before[-4000:]).split())
        cut = words[-80:]
    return Weight(len(markup), SIZE_LIMIT, cut)


def _seen(desk: Desk, number: int, language: str, text: str | None = None) -> Edition:
    files = dict(records.contents(desk.store, number)[2])
    file = text_of(language)
    if file not in files:
        raise NotFoundError("translation", language, within=str(number))
    if text is not None:
        files[file] = plain_lines(text).encode("utf-8", "replace")
    others = {path for path in files if language_of(path) and path != file}
    # What is wrong with another language does not keep one from looking at this one.
    seen = {path: held for path, held in files.items() if path not in others}
    seen[MANIFEST] = _with_subject(decoded(files.get(MANIFEST, b"")), language).encode()
    return _edition(desk, seen)


def _with_subject(manifest: str, language: str) -> str:
    """Put something in place of a subject that is not written yet: it is written last."""
    facts = read_facts(manifest)
    if facts.subject.get(language, "").strip() or not facts.slug or not facts.day:
        return manifest
    season = facts.season.get(language) or facts.slug
    return written(replace(facts, subject={**facts.subject, language: season}))


def _edition(desk: Desk, files: Mapping[str, bytes]) -> Edition:
    return source.load_files(with_dates(desk.store, desk.settings.topics, files))


def _looked(checked: Checked, *, readable: bool) -> Looked:
    places = {}
    for at, finding in enumerate(checked.findings):
        match = _PLACE.fullmatch(finding.place)
        file, line = (match[1], int(match[2])) if match else (finding.place, 0)
        if file:
            places[at] = Place(file, line, language_of(file))
    return Looked(checked, places, readable)


def _language(place: str) -> str:
    return language_of(place.partition(":")[0])


def _keep(desk: Desk, key: tuple[int, int], looked: Looked) -> None:
    errors = looked.errors
    with _lock:
        _known[_key(desk, *key)] = (errors, len(looked.checked.findings) - errors)
        while len(_known) > _KEPT:
            _known.popitem(last=False)


def _key(desk: Desk, number: int, edits: int) -> tuple[int, int, str]:
    return number, edits, desk.store.address
