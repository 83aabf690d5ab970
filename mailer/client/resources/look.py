"""The look: what users say over the settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mailer.client import reading
from mailer.client.answers.look import Look, LookChange, ServiceMailPreview
from mailer.client.asking import Ask, Mode, Resource, call, listing
from mailer.client.uploads import File, Upload

_PICTURE: Final = "application/octet-stream"


class Looks(Resource[Mode]):
    """The look, its history, and previews of service mails."""

    @call("GET", "/look")
    def get(self) -> Ask[Look]:
        """Tell what is said over the settings, and where each part comes from."""
        return Ask(reading.whole)

    @call("PATCH", "/look")
    def change(self, parts: Mapping[str, Any], *, seen: int | None = None) -> Ask[Look]:
        """Change parts; None takes one back to the settings.

        Args:
            parts: parts, or entries of tables in them.
            seen: the revision that the change is made for; None: whichever.
        """
        return Ask(reading.whole, json={"parts": parts, "seen": seen})

    @call("PATCH", "/look/words")
    def change_words(self, parts: Mapping[str, Any], *, seen: int | None = None) -> Ask[Look]:
        """Change texts of service mails, and names of members, alone; see `change`."""
        return Ask(reading.whole, json={"parts": parts, "seen": seen})

    @call("PUT", "/look/logo")
    def logo(self, file: File) -> Ask[Look]:
        """Use a picture, PNG or JPEG, as the logo."""
        return Ask(reading.whole, file=Upload(file, _PICTURE))

    @listing("/look/history")
    def history(self, *, limit: int = 100) -> Ask[LookChange]:
        """Iterate over the changes, the newest first."""
        return Ask(reading.same, query={"limit": limit})

    @call("POST", "/look/restore")
    def restore(self, revision: int) -> Ask[Look]:
        """Make a former version the present one; 0: everything as the settings say."""
        return Ask(reading.whole, json={"revision": revision})

    @call("POST", "/look/preview")
    def preview(
        self, mail: str, language: str, *, texts: Mapping[str, str] | None = None
    ) -> Ask[ServiceMailPreview]:
        """Show a service mail with made-up facts, also with texts that nobody has saved."""
        return Ask(reading.whole, json={"mail": mail, "language": language, "texts": texts or {}})
