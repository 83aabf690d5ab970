"""The style sheet, icon and scripts: ours, few, and kept by browsers for as long as they like."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mailer.content.colours import HOUSE
from mailer.content.words import TEMPLATES

TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
FOREVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is served."""

    name: str
    """With its digest: another content has another address."""
    content: bytes
    type: str


class Assets:
    """All files of `templates/web/assets`, made once."""

    @cached_property
    def _by_file(self) -> dict[str, Asset]:
        folder = TEMPLATES / "web" / "assets"
        loader = FileSystemLoader(folder)
        environment = Environment(  # noqa: S701 - these are no HTML
            loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        found = {}
        for file in sorted(folder.iterdir()):
            name = file.name.removesuffix(".j2")
            stem, _, suffix = name.rpartition(".")
            content = environment.get_template(file.name).render(colours=HOUSE).encode()
            digest = hashlib.sha256(content).hexdigest()[:16]
            found[name] = Asset(f"{stem}.{digest}.{suffix}", content, TYPES[suffix])
        return found

    @cached_property
    def _by_name(self) -> dict[str, Asset]:
        return {asset.name: asset for asset in self._by_file.values()}

    def path(self, file: str) -> str:
        """Return where a file is served; no such file is a defect of the page."""
        return f"/static/{self._by_file[file].name}"

    def get(self, name: str) -> Asset | None:
        """Find what is served under a name."""
        return self._by_name.get(name)
