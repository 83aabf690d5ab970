"""Makes a logo of a picture that somebody uploaded.

It is read by its content, whatever its name says, and written anew: nothing that was hidden in the
file is ever sent or shown. Only what Pillow reads as PNG or JPEG is taken; SVG is a program.
"""

from __future__ import annotations

import base64
import hashlib
import io
import warnings
from collections.abc import Mapping
from typing import Any, Final

from mailer.domain.look.look import Logo
from mailer.domain.look.writing import logo_of as logo_document
from mailer.errors import InputError

MOST_BYTES: Final = 5_000_000
"""Octets of what is uploaded."""
MOST_PIXELS: Final = 25_000_000
WIDTH: Final = 480
HEIGHT: Final = 160
"""Most pixels of the logo; it is shown at half of that."""
LARGEST: Final = 150_000
"""Octets of the logo: it goes along with every mail to many."""


def logo_of(data: bytes) -> Logo:
    """Make a logo: PNG or JPEG, upright, on white, not larger than needed, without metadata.

    Raises:
        InputError: it is no such picture, or too large.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415  # seldom needed

    if len(data) > MOST_BYTES:
        said = f"it has {len(data) // 1_000_000} MB"
        facts = {"most": MOST_BYTES // 1_000_000}
        raise _wrong(said, f"give a picture of at most {MOST_BYTES // 1_000_000} MB", facts)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise _wrong("it has too many pixels", "make it smaller", {})
                kind = opened.format or ""
                opened.draft("RGB", (WIDTH * 2, HEIGHT * 2))
                upright = ImageOps.exif_transpose(opened)
                shown = upright.convert("RGBA")
    except InputError:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning) as error:
        said = "this is no picture that can be read"
        raise _wrong(said, "give a PNG or JPEG file; SVG is not taken", {}) from error
    shown.thumbnail((WIDTH, HEIGHT))
    paper = Image.new("RGB", shown.size, "white")
    paper.paste(shown, mask=shown.getchannel("A"))
    written, content_type = _written(paper, photograph=kind == "JPEG")
    digest = hashlib.sha256(written).hexdigest()
    return Logo(digest, content_type, paper.width, paper.height, data=written)


def with_picture(document: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Make a logo of the picture in a document, if there is one; returns it with what to keep.

    Raises:
        InputError: it is no picture.
    """
    logo = document.get("logo")
    if not isinstance(logo, Mapping) or not isinstance(logo.get("data"), str):
        return dict(document), {}
    try:
        data = base64.b64decode(logo["data"], validate=True)
    except ValueError:
        said = "this is no picture in base64"
        raise InputError.of("logo", said, "export it again", code="look.logo") from None
    made = logo_of(data)
    written = logo_document(made) | ({"alt": logo["alt"]} if logo.get("alt") else {})
    return {**document, "logo": written}, {made.digest: made.data}


def as_text(logo: Logo) -> str:
    """Return the picture of a logo in base64, as `with_picture` reads it."""
    return base64.b64encode(logo.data).decode()


def _written(paper: object, *, photograph: bool) -> tuple[bytes, str]:
    """Write a picture: as PNG, or as JPEG where it came as that or would be too large else."""
    from PIL import Image  # noqa: PLC0415

    assert isinstance(paper, Image.Image)  # noqa: S101
    if not photograph:
        out = io.BytesIO()
        paper.save(out, "PNG", optimize=True)
        if len(out.getvalue()) <= LARGEST:
            return out.getvalue(), "image/png"
    out = io.BytesIO()
    paper.save(out, "JPEG", quality=88, optimize=True)
    return out.getvalue(), "image/jpeg"


def _wrong(said: str, remedy: str, facts: dict[str, int]) -> InputError:
    return InputError.of("logo", said, remedy, code="look.picture", facts=facts)
