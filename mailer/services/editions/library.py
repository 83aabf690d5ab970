"""Takes editions in, checks them, and shows what each reader would get."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mailer.clock import Clock
from mailer.config import Settings
from mailer.content.language.command_words import vocabularies
from mailer.content.parsing import card, source
from mailer.content.parsing.links import Links
from mailer.content.parsing.personal import NOBODY, Reader
from mailer.content.rendering.brand import brand_of
from mailer.content.rendering.render import render
from mailer.content.rendering.rendered import Rendered
from mailer.content.rendering.service_mail import mailto
from mailer.domain.campaigns.edition import Edition
from mailer.domain.subscribers.command import Verb
from mailer.domain.subscribers.topic import Topics
from mailer.errors import NotFoundError
from mailer.services.access.acting import act
from mailer.services.calendar.edition_dates import with_dates
from mailer.store import editions
from mailer.store.editions import Summary
from mailer.store.server.connection import Store


@act("editions.import", "folder")
def import_folder(
    store: Store,
    topics: Topics,
    folder: Path,
    clock: Clock,
    *,
    agree: Callable[[Summary | None], None] | None = None,
) -> tuple[Summary, bool]:
    """Read an edition's folder and keep it; whole or not at all.

    Args:
        store: the open store.
        topics: known topics.
        folder: the edition's.
        clock: tells the time of import.
        agree: is shown what is known of the edition before it is replaced; None: nothing is. What
            it raises ends the import.

    Returns:
        What was imported, and whether it differs from what was known of that slug before.

    Raises:
        InputError: the folder cannot be read as an edition; every problem is listed.
    """
    return take(store, topics, source.collect_files(folder), clock, agree=agree)


def take(
    store: Store,
    topics: Topics,
    files: Mapping[str, bytes],
    clock: Clock,
    *,
    agree: Callable[[Summary | None], None] | None = None,
) -> tuple[Summary, bool]:
    """Keep the files of an edition; part of `import_folder`, which says the rest.

    Raises:
        InputError: they cannot be read as an edition; every problem is listed.
    """
    edition = source.load_files(with_dates(store, topics, files))
    try:
        known: Summary | None = editions.summary_of(store, edition.slug)
    except NotFoundError:
        known = None
    summary = editions.save(
        store,
        edition.slug,
        files,
        issued=edition.date,
        season=edition.season,
        languages=edition.languages,
        now=clock.now(),
        card=card.to_json(card.card_of(edition)),
        agree=agree,
    )
    return summary, known is None or summary.digest != known.digest


@dataclass(frozen=True, slots=True)
class Version:
    """An edition as a campaign that starts now would send it."""

    edition: Edition
    digest: str
    files: Mapping[str, bytes]


@act("editions.list")
def listed(store: Store) -> list[Summary]:
    """List the editions as they were imported last, the newest first."""
    return editions.newest_first(store)


def in_folder(name: str) -> Edition | None:
    """Read the edition in a folder, if the name is plainly one's: with a slash in it, or `.`.

    Raises:
        InputError: it cannot be read as an edition.
    """
    folder = Path(name)
    if ("/" in name or name in {".", ".."}) and (folder / "calendar.toml").is_file():
        return source.load_edition(folder)
    return None


def find(store: Store, topics: Topics, name: str) -> Edition:
    """Load the edition of that short name; or from a folder of that name, if no edition has it.

    Raises:
        NotFoundError: there is neither.
        InputError: the folder cannot be read as an edition.
    """
    try:
        return load(store, topics, name)
    except NotFoundError:
        if not Path(name).is_dir():
            raise
    return of_folder(store, topics, Path(name))


def present(store: Store, topics: Topics, slug: str) -> Version:
    """Load an edition as imported last, with the dates of the calendar as it is now.

    Raises:
        NotFoundError: there is none.
    """
    known = editions.summary_of(store, slug).digest
    files = with_dates(store, topics, editions.files_of(store, slug, known))
    return Version(source.load_files(files), editions.digest_of(files), files)


def digest_of(store: Store, slug: str) -> str:
    """Name the version of an edition that was imported last."""
    return editions.summary_of(store, slug).digest


def keep(store: Store, slug: str, version: Version) -> None:
    """Keep a version as it is, so that it can be loaded by its digest; twice is as once."""
    editions.keep_files(store, slug, version.digest, version.files)


def load(store: Store, topics: Topics, slug: str, digest: str = "") -> Edition:
    """Load an edition in the version named, else as a campaign would send it now.

    Raises:
        NotFoundError: there is none.
    """
    if not digest:
        return present(store, topics, slug).edition
    return source.load_files(editions.files_of(store, slug, digest), checked=True)


def of_folder(store: Store, topics: Topics, folder: Path) -> Edition:
    """Read an edition's folder, with the dates of the calendar if it has none of its own.

    Raises:
        InputError: the folder cannot be read as an edition; every problem is listed.
    """
    return source.load_files(with_dates(store, topics, source.collect_files(folder)))


def subscribe_address(settings: Settings) -> str:
    """Return the address that one writes to in order to subscribe."""
    return f"{settings.list_name}-subscribe@{settings.list_domain}"


def links_for(settings: Settings, edition: Edition, language: str, page: str = "") -> Links:
    """Return the addresses that an edition's text and frame refer to, for one language.

    Args:
        settings: for the addresses.
        edition: which one.
        language: of its readers.
        page: where its page is below the language's address; empty: its place in the archive.
    """
    base = settings.public_url
    web_url = f"{base}/{language}/{page or page_of(edition.slug)}" if base else ""
    return replace(common_links(settings, language), web_url=web_url)


def page_of(slug: str) -> str:
    """Return where an edition's page is below a language's address, once it was sent."""
    return f"editions/{slug}"


def links_within(settings: Settings, language: str, own: str, page: str) -> Links:
    """Return the addresses that an edition's text refers to on a page of our own site.

    Args:
        settings: for the list's address.
        language: of its reader.
        own: what links to our own pages begin with: a path, or scheme and host.
        page: where it is below the language's address.
    """
    here = f"{own}/{language}"
    return Links(
        subscribe_address=subscribe_address(settings),
        calendar_url=f"{here}/calendar",
        web_url=f"{here}/{page}",
        archive_url=f"{here}/editions",
    )


def common_links(settings: Settings, language: str) -> Links:
    """Return the addresses that all mailings refer to, for one language."""
    list_address = subscribe_address(settings)
    calendar = calendar_link(settings, language)
    if not settings.public_url:
        return Links(subscribe_address=list_address, calendar_url=calendar)
    base = settings.public_url
    return Links(
        subscribe_address=list_address,
        calendar_url=f"{base}/{language}/calendar",
        archive_url=archive_url(settings, language),
    )


def archive_url(settings: Settings, language: str) -> str:
    """Tell where the earlier editions are listed; empty where there is no web."""
    return f"{settings.public_url}/{language}/editions" if settings.public_url else ""


def calendar_link(settings: Settings, language: str) -> str:
    """Return a mailto link that is answered with the year's dates, in that language."""
    address = f"{settings.list_name}-calendar+{language.lower()}@{settings.list_domain}"
    words = vocabularies([language]).by_language
    spoken = words[language].commands[Verb.CALENDAR][0] if language in words else "calendar"
    return mailto(address, spoken)


def rendered(
    settings: Settings, edition: Edition, language: str, reader: Reader = NOBODY, page: str = ""
) -> Rendered:
    """Render an edition in one of its languages, with the links of this installation.

    Args:
        settings: for the links.
        edition: which one.
        language: one that it is written in.
        reader: whom passages for some readers only are chosen for.
        page: where its page is, see `links_for`.

    Raises:
        NotFoundError: the edition has no such translation.
        InputError: the text cannot be rendered.
    """
    if language not in edition.translations:
        written = ", ".join(edition.languages)
        remedy = f"It is written in: {written}."
        raise NotFoundError("translation", language, remedy, within=edition.slug)
    links = links_for(settings, edition, language, page)
    brand = brand_of(settings.look, language, settings.languages)
    return render(edition, language, links=links, today=edition.date, reader=reader, brand=brand)
