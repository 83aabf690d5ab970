"""In which language the readers of each language get a campaign."""

from __future__ import annotations

from mailer.config import Settings
from mailer.services.sending.contents import Translated
from mailer.store.campaigns import audience
from mailer.store.server.connection import Store


def delivery_languages(
    store: Store, settings: Settings, content: Translated
) -> tuple[dict[str, str], str]:
    """Tell in which language the readers of each language get something (law 1).

    Returns:
        Reader's language -> delivery's language; and the latter for all other readers.
    """
    readers = sorted(audience.readers(store) | set(settings.languages))
    default = content.language_for(settings.languages[0]) or content.languages[0]
    return {code: content.language_for(code) or default for code in readers}, default
