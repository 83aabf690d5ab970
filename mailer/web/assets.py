"""The style sheet, icon and scripts: ours, few, and kept by browsers for as long as they like.

An edition that has a colour of its own has a second style sheet of one line, made from its address:
our policy lets no page carry a style within itself.

What others wrote is not in the repository: the set-up puts it into the folder `bundled`, from
locked packages (`deploy/assets`). Pages work without it, as they do without any script.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mailer.content.language.locale_files import TEMPLATES
from mailer.content.rendering.colours import HOUSE, Palette, legible, palette

TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
BUNDLED: Final = "bundled"
FOREVER: Final = "public, max-age=31536000, immutable"
_ACCENT: Final = re.compile(r"accent-([0-9a-f]{6})-([0-9a-f]{6})\.css")


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
            if file.is_file():
                name = file.name.removesuffix(".j2")
                text = environment.get_template(file.name).render(colours=HOUSE)
                found[name] = _asset(name, text.encode())
        for file in sorted((folder / BUNDLED).glob("*.js")):
            found[file.name] = _asset(file.name, file.read_bytes())
        return found

    @cached_property
    def _by_name(self) -> dict[str, Asset]:
        return {asset.name: asset for asset in self._by_file.values()}

    def path(self, file: str) -> str:
        """Return where a file is served; no such file is a defect of the page."""
        return f"/static/{self._by_file[file].name}"

    def has(self, file: str) -> bool:
        """Tell whether there is a file: those of others are missing where no set-up put them."""
        return file in self._by_file

    def get(self, name: str) -> Asset | None:
        """Find what is served under a name."""
        return self._by_name.get(name) or _accent_sheet(name)


def _asset(file: str, content: bytes) -> Asset:
    stem, _, suffix = file.rpartition(".")
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Asset(f"{stem}.{digest}.{suffix}", content, TYPES[suffix])


def accent_path(accent: str, accent_dark: str) -> str:
    """Return where the style sheet of an edition's colour is; empty for the house's own.

    A colour that could not be read is served a little darker, on dark backgrounds lighter.

    Args:
        accent: `#rrggbb`, or empty for the house's.
        accent_dark: the same for dark backgrounds; derived if empty.
    """
    colours = legible(palette(accent, accent_dark))
    return "" if colours == HOUSE else f"/static/{_accent_name(colours)}"


def _accent_name(colours: Palette) -> str:
    return f"accent-{colours.light.accent[1:]}-{colours.dark.accent[1:]}.css"


def _accent_sheet(name: str) -> Asset | None:
    """Make the style sheet of two colours that can be read; None for any other name.

    Its address says all that is in it. Paper keeps to black (`style.css`).
    """
    found = _ACCENT.fullmatch(name)
    colours = legible(palette(f"#{found[1]}", f"#{found[2]}")) if found else HOUSE
    if name != _accent_name(colours):
        return None
    content = (
        f":root{{--accent-light:{colours.light.accent};--accent-dark:{colours.dark.accent}}}\n"
        f"@media screen{{:root{{--accent:{colours.light.accent}}}}}\n"
        "@media screen and (prefers-color-scheme:dark)"
        f"{{:root{{--accent:{colours.dark.accent}}}}}\n"
    )
    return Asset(name, content.encode("ascii"), TYPES["css"])
