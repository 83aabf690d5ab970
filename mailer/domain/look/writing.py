"""Writes a look as the document in which it is kept."""

from __future__ import annotations

from typing import Any

from mailer.domain.look.look import Logo, Look


def document_of(look: Look) -> dict[str, Any]:
    """Return the document: the parts that are not as the settings say, as `reading` reads them."""
    parts: dict[str, Any] = {
        "institution": dict(look.institution),
        "short_name": dict(look.short_name),
        "list_title": dict(look.list_title),
        "sender_name": dict(look.sender_name),
        "logo": logo_of(look.logo) if look.logo else None,
        "accent": look.accent,
        "accent_dark": look.accent_dark,
        "imprint": dict(look.imprint),
        "postal_address": dict(look.postal_address),
        "privacy_url": dict(look.privacy_url),
        "languages": list(look.languages),
        "topics": _topics(look),
        "texts": {
            code: {
                key: said if isinstance(said, str) else list(said) for key, said in texts.items()
            }
            for code, texts in look.texts.items()
        },
        "names": {code: dict(names) for code, names in look.names.items()},
    }
    return {part: value for part, value in parts.items() if value}


def logo_of(logo: Logo) -> dict[str, Any]:
    """Return a logo as the document holds it: what its picture is, not the picture."""
    told: dict[str, Any] = {
        "digest": logo.digest,
        "type": logo.content_type,
        "width": logo.width,
        "height": logo.height,
    }
    return told | ({"alt": dict(logo.alt)} if logo.alt else {})


def _topics(look: Look) -> Any:
    if look.topics is None:
        return None
    written = look.topics.written()
    return {one: {} for one in written} if isinstance(written, list) else written
