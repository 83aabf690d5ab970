"""Editions, and those that are being written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mailer.client import reading
from mailer.client.answers.editions import Check, Draft, Edition, Imported
from mailer.client.asking import Ask, Mode, Resource, call, listing
from mailer.client.reading import Tagged
from mailer.client.uploads import File, Upload

_ARCHIVE = "application/octet-stream"


class Editions(Resource[Mode]):
    """Editions, by their short names."""

    @listing("/editions")
    def list(self, *, limit: int = 100) -> Ask[Edition]:
        """Iterate over them, the newest first."""
        return Ask(reading.same, query={"limit": limit})

    @call("POST", "/editions")
    def upload(self, file: File, *, etag: str = "") -> Ask[Imported]:
        """Import an edition, or a new version of one.

        Args:
            file: a zip or tar archive of its folder.
            etag: of the version that you saw; empty: whatever there is.
        """
        headers = {"If-Match": etag}
        return Ask(reading.whole, headers=headers, file=Upload(file, _ARCHIVE))

    @call("POST", "/editions/check")
    def check(self, file: File) -> Ask[Check]:
        """Look over an edition in an archive; nothing is kept."""
        return Ask(reading.whole, file=Upload(file, _ARCHIVE))

    @call("GET", "/editions/{slug}")
    def get(self, slug: str) -> Ask[Tagged[Edition]]:
        """Tell what is known of an edition."""
        return Ask(reading.tagged, path={"slug": slug})

    @call("GET", "/editions/{slug}/findings")
    def findings(self, slug: str) -> Ask[Check]:
        """List what is to be mended in an edition, and who would get what."""
        return Ask(reading.whole, path={"slug": slug})

    @call("GET", "/editions/{slug}/preview")
    def preview(
        self,
        slug: str,
        *,
        format: Literal["html", "text", "eml"] = "html",  # noqa: A002 - the API's own name
        language: str = "",
        name: str = "",
        topic: Sequence[str] = (),
        tag: Sequence[str] = (),
    ) -> Ask[bytes]:
        """Return what a reader would get: `html`, `text`, or the whole message (`eml`)."""
        query = {"format": format, "language": language, "name": name, "topic": topic, "tag": tag}
        return Ask(reading.octets, path={"slug": slug}, query=query)


class Drafts(Resource[Mode]):
    """Editions that are being written, by their numbers."""

    @listing("/drafts")
    def list(self, *, limit: int = 100) -> Ask[Draft]:
        """Iterate over them, the newest first."""
        return Ask(reading.same, query={"limit": limit})

    @call("POST", "/drafts")
    def create(self, file: File) -> Ask[Draft]:
        """Begin one from a zip or tar archive of an edition's folder, its files as they are."""
        return Ask(reading.whole, file=Upload(file, _ARCHIVE))

    @call("GET", "/drafts/{number}")
    def get(self, number: int) -> Ask[Tagged[Draft]]:
        """Tell how far it is."""
        return Ask(reading.tagged, path={"number": number})

    @call("GET", "/drafts/{number}/findings")
    def findings(self, number: int) -> Ask[Check]:
        """List what is to be mended in it."""
        return Ask(reading.whole, path={"number": number})

    @call("GET", "/drafts/{number}/archive")
    def archive(self, number: int) -> Ask[bytes]:
        """Return it as its folder in a zip archive, which `create` takes again."""
        return Ask(reading.octets, path={"number": number})
