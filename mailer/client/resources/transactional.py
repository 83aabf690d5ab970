"""Templates, and mail to one address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailer.client import reading
from mailer.client.answers.transactional import (
    Accepted,
    Imported,
    Listed,
    Mail,
    Preview,
    Template,
    Use,
)
from mailer.client.asking import Ask, Mode, Resource, call, listing
from mailer.client.reading import Tagged
from mailer.client.uploads import File, Upload


class Templates(Resource[Mode]):
    """Templates, by their short names."""

    @listing("/templates")
    def list(self, *, limit: int = 100) -> Ask[Listed]:
        """Iterate over them, by name."""
        return Ask(reading.same, query={"limit": limit})

    @call("POST", "/templates")
    def upload(self, file: File) -> Ask[Imported]:
        """Import a template, or a new version of one, from a zip or tar archive of its folder."""
        return Ask(reading.whole, file=Upload(file, "application/octet-stream"))

    @call("GET", "/templates/{slug}")
    def get(self, slug: str) -> Ask[Tagged[Template]]:
        """Tell what a template declares."""
        return Ask(reading.tagged, path={"slug": slug})

    @call("GET", "/templates/{slug}/use")
    def use(self, slug: str) -> Ask[Use]:
        """Tell what became of a template's mails, and which versions are kept."""
        return Ask(reading.whole, path={"slug": slug})

    @call("POST", "/templates/{slug}/preview")
    def preview(
        self,
        slug: str,
        *,
        language: str = "",
        data: Mapping[str, Any] | None = None,
        version: str = "",
    ) -> Ask[Preview]:
        """Show what a reader would get: with the examples, or with data of yours. Sends nothing."""
        body = {"language": language, "data": data, "version": version}
        return Ask(reading.whole, path={"slug": slug}, json=body)

    @call("DELETE", "/templates/{slug}")
    def remove(self, slug: str, *, etag: str = "") -> Ask[None]:
        """Remove a template: nothing more is sent of it, but what is queued leaves."""
        return Ask(reading.nothing, path={"slug": slug}, headers={"If-Match": etag})


class Mails(Resource[Mode]):
    """Mails of templates, by their numbers."""

    @call("POST", "/mail")
    def send(
        self,
        template: str,
        address: str,
        *,
        data: Mapping[str, Any] | None = None,
        language: str = "",
        version: str = "",
    ) -> Ask[Accepted]:
        """Queue one mail of a template to one address; once for an idempotency key.

        Args:
            template: its short name.
            address: of whoever gets it.
            data: what the template declares.
            language: empty: the subscriber's, else the first of the settings.
            version: of the template; empty: the newest.

        Raises:
            ConflictError: `mail_refused`: the address may not get it.
        """
        body = {"template": template, "address": address, "data": data}
        return Ask(reading.whole, json={**body, "language": language, "version": version})

    @listing("/mail")
    def list(self, *, template: str = "", limit: int = 50) -> Ask[Mail]:
        """Iterate over them, the newest first; each for thirty days after its end."""
        return Ask(reading.same, query={"template": template, "limit": limit})

    @call("GET", "/mail/{number}")
    def get(self, number: int) -> Ask[Mail]:
        """Tell what became of a mail."""
        return Ask(reading.whole, path={"number": number})
