"""Pictures that somebody uploads: looked at by their content, and written anew for mail.

What is kept is never the file that came: it is decoded, turned upright, brought to the width that
a mail shows, and encoded again, so that no metadata (place, camera, preview, comment) and nothing
that hides in a file goes out. Animations become their first picture. SVG is a program rather than a
picture, and most mail programs do not show it: it is refused.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Final

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from mailer.errors import Fact, InputError

MOST_BYTES: Final = 20 * 1024 * 1024
"""Octets of a file that is uploaded: a camera's picture."""
MOST_PIXELS: Final = 50_000_000
"""Pixels that are decoded; 50 million take 150 MB for a moment."""
WIDTH: Final = 1280
"""Pixels that a picture has at most from left to right: twice the column, for sharp screens."""
HEIGHT: Final = 2560
GOAL_BYTES: Final = 400 * 1024
"""Octets that a picture has at most when it goes out."""
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
_DRAWN: Final = frozenset({"PNG", "GIF"})
"""Formats of drawings and screenshots, which JPEG blurs."""
_QUALITIES: Final = (86, 78, 70)
_SMALLER: Final = 0.8
_LEAST_WIDTH: Final = 200
_BROKEN: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    struct.error,
    zlib.error,
    MemoryError,
)
"""What the decoders raise at files that are cut off or made up."""
_one_at_a_time: Final = Lock()
"""Decoding takes memory: one picture after another bounds it."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture that may go out."""

    data: bytes
    suffix: str
    """`.jpg` or `.png`."""
    width: int
    height: int


def prepare(data: bytes, field: str = "picture") -> Prepared:
    """Make a picture for mail out of a file.

    Args:
        data: the file, of whatever it says to be.
        field: for messages.

    Raises:
        InputError: it is too large, or no picture that can be read, or of a kind that mail programs
            do not show.
    """
    if len(data) > MOST_BYTES:
        limit = MOST_BYTES // 1024 // 1024
        said = f"the file has {len(data) // 1024 // 1024} MB; at most {limit} MB are taken"
        raise _error(field, said, "export it smaller", code="picture.too_large", limit=limit)
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"<") and b"<svg" in head:
        said = (
            "it is an SVG drawing, which most mail programs do not show and which can hold programs"
        )
        raise _error(field, said, "export it as PNG", code="picture.svg")
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image, drawn = _opened(data, field)
        try:
            return _encoded(_plain(image), drawn=drawn)
        except _BROKEN as error:
            raise _broken(field) from error


def _opened(data: bytes, field: str) -> tuple[Image.Image, bool]:
    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise _many(field) from error
    except UnidentifiedImageError as error:
        said, remedy = "it is no JPEG, PNG, WebP or GIF picture", "save it as one of these"
        raise _error(field, said, remedy, code="picture.no_picture") from error
    except _BROKEN as error:
        raise _broken(field) from error
    if image.width * image.height > MOST_PIXELS:
        raise _many(field)
    return image, image.format in _DRAWN


def _plain(image: Image.Image) -> Image.Image:
    """Return the picture upright, in sRGB, no larger than a mail shows, and nothing else of it."""
    image.draft("RGB", (WIDTH * 2, HEIGHT * 2))  # JPEG alone: decodes fewer pixels
    image.load()
    profile = image.info.get("icc_profile")
    turned = ImageOps.exif_transpose(image)
    if turned.mode.startswith("I") or turned.mode == "F":
        turned = _in_eight_bits(turned)
    clear = "A" in turned.getbands() or "transparency" in turned.info
    if profile and turned.mode in {"RGB", "RGBA", "CMYK", "L"}:
        turned = _in_srgb(turned, profile, "RGBA" if clear else "RGB")
    turned = turned.convert("RGBA" if clear else "RGB")
    if clear and turned.getchannel("A").getextrema() == (255, 255):
        turned = turned.convert("RGB")
    turned.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    turned.info = {}
    return turned


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """Bring grey values of sixteen bits or more down to the eight that others understand."""
    whole = image.convert("F")
    _, highest = whole.getextrema()
    most = 65535.0 if isinstance(highest, float) and highest > 255 else 255.0
    return whole.point(lambda value: value * (255 / most) + 0).convert("L")


def _in_srgb(image: Image.Image, profile: bytes, mode: str) -> Image.Image:
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        made = ImageCms.profileToProfile(
            image, own, ImageCms.createProfile("sRGB"), outputMode=mode
        )
    except (ImageCms.PyCMSError, *_BROKEN):
        return image
    return made or image


def _encoded(image: Image.Image, *, drawn: bool) -> Prepared:
    while True:
        for write, suffix in _ways(image, drawn=drawn):
            file = io.BytesIO()
            write(file)
            if file.tell() <= GOAL_BYTES or image.width <= _LEAST_WIDTH:
                return Prepared(file.getvalue(), suffix, image.width, image.height)
        smaller = (int(image.width * _SMALLER), max(int(image.height * _SMALLER), 1))
        image = image.resize(smaller, Image.Resampling.LANCZOS)


def _ways(image: Image.Image, *, drawn: bool) -> Iterator[tuple[Callable[[io.BytesIO], None], str]]:
    """Yield the ways to write a picture, the best looking first."""
    if image.mode == "RGBA" or drawn:
        yield lambda file: image.save(file, "PNG", optimize=True), ".png"
    if image.mode == "RGBA":
        few = image.quantize(256, method=Image.Quantize.FASTOCTREE)
        yield lambda file: few.save(file, "PNG", optimize=True), ".png"
        return
    for quality in _QUALITIES:
        yield (
            lambda file, q=quality: image.save(  # type: ignore[misc]
                file, "JPEG", quality=q, optimize=True, progressive=True
            ),
            ".jpg",
        )


def _broken(field: str) -> InputError:
    said = "the picture cannot be read: it is cut off or damaged"
    return _error(field, said, "save it anew", code="picture.broken")


def _many(field: str) -> InputError:
    limit = MOST_PIXELS // 1_000_000
    said = f"the picture has more than {limit} million pixels"
    return _error(field, said, "export it smaller", code="picture.too_many_pixels", limit=limit)


def _error(field: str, said: str, remedy: str, *, code: str, **facts: Fact) -> InputError:
    return InputError.of(field, said, remedy, code=code, facts=facts)
