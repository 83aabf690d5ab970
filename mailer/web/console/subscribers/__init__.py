"""The pages on readers: found, shown, changed, tagged, imported, exported, erased."""

from __future__ import annotations

from typing import Final

from mailer.web.console.subscribers import (
    editing,
    imports,
    lists,
    many,
    reader,
    segments,
    suppressions,
    waiting,
    work,
)

ROUTERS: Final = (
    lists.router,
    editing.router,
    many.router,
    segments.router,
    waiting.router,
    suppressions.router,
    imports.router,
    work.router,
    reader.router,
)
"""The pages; those with fixed addresses first."""
