"""Keys of the look: what users said over the settings."""

from __future__ import annotations

from typing import Final

LOOK: Final = "mailer:look"
"""Text: `REVISION MARK` of the present version; the mark is of its document."""
LOOK_VERSIONS: Final = "mailer:look:versions"
"""Hash: revision -> that version (JSON: document, when, by whom)."""
LOOK_PICTURES: Final = "mailer:look:pictures"
"""Hash: digest (SHA-256, hexadecimal) -> a logo (PNG or JPEG)."""
