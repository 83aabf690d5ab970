"""Holds what every page needs, and is the one place where pages are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from markupsafe import Markup, escape

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.content.language.web_words import WebWords, web_words_for
from mailer.content.language.words import first_upper, words_for
from mailer.content.rendering import templates
from mailer.content.rendering.service_mail import mailto, name_of
from mailer.content.rendering.web_page import is_public
from mailer.domain.access.token import Signer
from mailer.domain.subscribers.bearer import Leave
from mailer.services.access.bearing import Bearing
from mailer.services.access.signing_in.links import Links
from mailer.services.access.signing_in.openid import OpenIdSignIn
from mailer.services.access.signing_in.passkeys import Passkeys
from mailer.services.access.signing_in.passwords import Passwords
from mailer.services.access.signing_in.sessions import Sessions
from mailer.services.access.signing_in.visitor import Limits
from mailer.services.calendar.public import PublicCalendar
from mailer.services.calendar.rsvp import Rsvp
from mailer.services.editions.archive import Archive
from mailer.services.editions.archive_search import ArchiveSearch
from mailer.services.editions.drafts.desk import Desk
from mailer.services.inbound.group_commit import GroupCommit
from mailer.services.look.live import Live
from mailer.services.look.looks import Looks
from mailer.services.operation.jobs import Jobs
from mailer.services.operation.opening import Store
from mailer.services.segments.named import Segments
from mailer.services.subscriber_files.spool import Spool
from mailer.services.subscriptions import forms, membership
from mailer.services.subscriptions.bulk import Bulk
from mailer.services.subscriptions.forms import Entry, Forms, Outcome
from mailer.services.subscriptions.listing import Listing
from mailer.services.subscriptions.membership import Membership
from mailer.services.subscriptions.moderation import Moderation
from mailer.services.subscriptions.opting_in import OptingIn
from mailer.services.subscriptions.portrait import Portraits
from mailer.services.subscriptions.token_rate_limit import TokenRateLimit
from mailer.web.assets import Assets
from mailer.web.brand import brand_of
from mailer.web.forms.stamps import Stamps

NAV: Final = (
    ("editions.nav", "editions"),
    ("dates.nav", "calendar"),
    ("frame.nav_subscribe", "subscribe"),
)
"""The links in the head of every page: its words, and the address after the language."""
PRIVATE: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
"""Header fields of pages whose address is a secret."""


@dataclass(frozen=True)
class Site:
    """The settings, the store and the time, with what is made from them once."""

    settings: Settings
    store: Store
    clock: Clock
    assets: Assets = field(default_factory=Assets)
    constant: dict[str, bytes] = field(default_factory=dict)
    """Pages that thank, by language."""
    held: Held | None = None
    """What knows the site as it is now; none: this is the first one."""

    @cached_property
    def holder(self) -> Held:
        """Return what knows the site as it is now: with the look that is in force."""
        return self.held or Held(self)

    @property
    def looks(self) -> Looks:
        """Return what shows and changes the look."""
        return Looks(self.store, self.settings, self.clock)

    @cached_property
    def secret(self) -> bytes:
        """The service's secret key."""
        return secret_key(self.settings)

    @cached_property
    def signer(self) -> Signer:
        """Return the maker of tokens."""
        return Signer(self.secret)

    @cached_property
    def bearing(self) -> Bearing:
        """Return what finds out who bears an API token."""
        return Bearing(self.store, self.settings, self.clock)

    @cached_property
    def jobs(self) -> Jobs:
        """Return what takes long work and tells of it."""
        return Jobs(self.store, self.settings, self.clock)

    @cached_property
    def listing(self) -> Listing:
        """Return what lists subscribers."""
        return Listing(self.store, self.settings)

    @cached_property
    def portraits(self) -> Portraits:
        """Return what gathers all that is known of one subscriber."""
        return Portraits(self.store, self.settings, self.clock)

    @cached_property
    def bulk(self) -> Bulk:
        """Return what does things to many subscribers."""
        return Bulk(self.store, self.settings, self.clock, self.listing)

    @cached_property
    def moderation(self) -> Moderation:
        """Return what decides who gets a moderated topic."""
        return Moderation(self.store, self.settings, self.clock)

    @cached_property
    def segments(self) -> Segments:
        """Return what knows named segments."""
        return Segments(self.store, self.settings, self.clock)

    @cached_property
    def spool(self) -> Spool:
        """Return what keeps uploaded files until they are imported."""
        return Spool(self.settings, self.clock)

    @cached_property
    def opting_in(self) -> OptingIn:
        """Return what asks the owners of addresses to confirm."""
        return OptingIn(self.store, self.settings, self.clock)

    @cached_property
    def archive(self) -> Archive:
        """The editions that were sent."""
        return Archive(self.store, self.settings)

    @cached_property
    def desk(self) -> Desk:
        """Return what use cases around drafts work with."""
        return Desk(self.store, self.settings, self.clock, self.archive)

    @cached_property
    def archive_search(self) -> ArchiveSearch:
        """Return the search over the archive's editions."""
        return ArchiveSearch()

    @cached_property
    def calendar(self) -> PublicCalendar:
        """The calendar, as everybody may see it."""
        return PublicCalendar(self.store, self.settings.topics, self.clock)

    @cached_property
    def rsvp(self) -> Rsvp:
        """Return the service that takes answers to invitations."""
        return Rsvp(self.store, self.settings, self.clock)

    @cached_property
    def stamps(self) -> Stamps:
        """Return the maker of the stamps in our forms."""
        return Stamps(self.secret, self.clock)

    @cached_property
    def patience(self) -> TokenRateLimit:
        """Return the limit of the acts of links' bearers."""
        return TokenRateLimit(self.store)

    @cached_property
    def membership(self) -> Membership:
        """Return the service that carries out the wishes of links' bearers."""
        return Membership(self.store, self.settings, self.clock)

    @cached_property
    def forms(self) -> Forms:
        """Return the service that takes strangers' forms."""
        return Forms(self.store, self.settings, self.clock)

    @cached_property
    def kept_forms(self) -> GroupCommit[Entry, Outcome]:
        """Return the writer of those forms, which keeps many at once."""
        return GroupCommit(self.forms.keep, most=forms.LOT)

    @cached_property
    def leavings(self) -> GroupCommit[Leave, bool]:
        """Return the writer of leavings, which keeps many at once."""
        return GroupCommit(self.membership.leave, most=membership.LOT)

    @cached_property
    def links(self) -> Links:
        """Return the service that mails links to sign in."""
        return Links(self.store, self.settings, self.clock)

    @cached_property
    def sessions(self) -> Sessions:
        """Return the sessions of users."""
        return Sessions(self.store, self.settings, self.clock)

    @cached_property
    def passkeys(self) -> Passkeys:
        """Return the service that knows passkeys."""
        limits = Limits(self.store, self.secret)
        return Passkeys(self.store, self.settings, self.clock, limits)

    @cached_property
    def passwords(self) -> Passwords:
        """Return the service that knows passwords with their codes."""
        limits = Limits(self.store, self.secret)
        return Passwords(self.store, self.settings, self.clock, limits)

    @cached_property
    def openid(self) -> OpenIdSignIn | None:
        """Return the service that signs in with an OpenID provider, if the settings name one."""
        if self.settings.openid is None:
            return None
        limits, recorder = Limits(self.store, self.secret), self.sessions.recorder
        return OpenIdSignIn(self.store, self.settings, self.clock, limits, recorder)

    @cached_property
    def prefix(self) -> str:
        """Return the beginning of all paths where `public_url` has a path; usually empty."""
        return urlsplit(self.settings.public_url).path.rstrip("/")

    def path(self, path: str) -> str:
        """Return the path of one of our pages, as links hold it: `path` begins with a slash."""
        return f"{self.prefix}{path}"

    def absolute(self, request: Request, path: str) -> str:
        """Return the whole address of one of our pages."""
        if base := self.settings.public_url:
            return f"{base}{path}"
        return f"{request.url.scheme}://{request.url.netloc}{path}"

    def list_name(self, language: str) -> str:
        """Tell what the list is called."""
        return self.settings.list_title_in(language)

    def list_address(self, extension: str, host: str = "") -> str:
        """Return one of the list's own addresses; `host` stands in for a domain not set yet."""
        settings = self.settings
        return f"{settings.list_name}-{extension}@{settings.list_domain or host}"

    def mail_link(self, extension: str, language: str) -> Markup:
        """Make a link that begins a mail to one of the list's own addresses."""
        address = self.list_address(extension)
        target = mailto(address, self.list_name(language))
        return Markup('<a href="{}">{}</a>').format(target, address)

    def page(
        self,
        request: Request,
        template: str,
        language: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        alternates: Mapping[str, str] | None = None,
        indexed: bool = True,
        **values: Any,
    ) -> HTMLResponse:
        """Make a page from a template of `templates/web` that extends its base.

        Args:
            request: what asks for it.
            template: its file name.
            language: to write it in.
            status: of the answer.
            headers: further header fields; `PRIVATE` where the address is a secret.
            alternates: the path of the same page in each language that it exists in, for the
                switcher and for `hreflang`; none: by the address. Empty: in this one only.
            indexed: false for pages that search engines must not show.
            values: what the template shows.
        """
        say = web_words_for(language)
        if alternates is None:
            alternates = self._alternates(request)
        text = self.environment.get_template(template).render(
            say=say,
            words=say.words,
            site=self,
            list=self.list_name(language),
            language=language,
            request=request,
            path=self.path,
            absolute=lambda path: self.absolute(request, path),
            alternates=alternates,
            languages=self._switcher(alternates),
            name_of=lambda code: name_of(code, language),
            direction_of=lambda code: words_for(code).direction,
            indexed=indexed,
            brand=brand_of(self.settings, language),
            nav=[(words, f"/{language}/{address}") for words, address in NAV],
            here=own_path(request),
            **values,
        )
        return HTMLResponse(text, status, _headers(language, headers))

    def say(self, language: str) -> WebWords:
        """Return the words of a language."""
        return web_words_for(language)

    @cached_property
    def environment(self) -> Environment:
        """Return the template environment; all values put in are escaped."""
        environment = templates.environment("web")
        environment.filters["shown"] = shown
        environment.tests["public_link"] = lambda target: is_public(target, self.prefix)
        environment.globals.update(
            asset=lambda name: self.path(self.assets.path(name)), has_asset=self.assets.has
        )
        return environment

    def _alternates(self, request: Request) -> dict[str, str]:
        """Tell where the same page is in each language, if only its address says which."""
        path, query = own_path(request), dict(request.query_params)
        found = {}
        for code in self.settings.languages:
            if "language" in request.path_params:
                rest = path.strip("/").partition("/")[2]
                there, asked = f"/{code}/{rest}", query
            else:
                there, asked = path, {**query, "lang": code}
            found[code] = f"{there}?{urlencode(asked)}" if asked else there
        return found

    def _switcher(self, alternates: Mapping[str, str]) -> list[tuple[str, str, str]]:
        """List the languages of a page: code, its own name, and path."""
        return [
            (code, first_upper(name_of(code, code)), alternates[code])
            for code in self.settings.languages
            if code in alternates and len(alternates) > 1
        ]


def shown(markup: Markup) -> Markup:
    """Write markup so that its reader sees it, tags and all."""
    return escape(str(markup).strip())


class Held:
    """The site of one process, made anew whenever the look is another.

    What a site has made once goes with it: pages, the archive, the calendar.
    """

    def __init__(self, first: Site) -> None:
        self._live = Live(first.store, first.settings)
        self.site = first

    @property
    def is_due(self) -> bool:
        """Tell whether it is time to look whether the look is another."""
        return self._live.is_due

    def refresh(self, *, now: bool = False) -> Site:
        """Look, if it is time or somebody has just changed it, and return the site; may block."""
        settings = self._live.refresh(now=now)
        if settings is not self.site.settings:
            self.site = Site(
                settings, self.site.store, self.site.clock, self.site.assets, held=self
            )
        return self.site


def site_of(request: Request) -> Site:
    """Return the site that a request is to, with the look that is in force."""
    first: Site = request.app.state.site
    return first.holder.site


def own_path(request: Request) -> str:
    """Return the path of a request as our routes know it."""
    return str(request.scope["path"])


def _headers(language: str, more: Mapping[str, str] | None) -> dict[str, str]:
    return {"Content-Language": language, "Cache-Control": "no-cache", **(more or {})}
