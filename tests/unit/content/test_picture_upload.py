"""Pictures that somebody uploads."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from PIL import Image

from mailer.content import picture_upload
from mailer.content.parsing.pictures import measure
from mailer.content.picture_upload import GOAL_BYTES, WIDTH, prepare
from mailer.errors import InputError

_ORIENTATION = 0x0112
_CAMERA = 0x010F
_GPS = 0x8825


def written(image: Image.Image, kind: str, **how: object) -> bytes:
    """Encode a picture."""
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def noise(width: int, height: int) -> Image.Image:
    """Make a picture that does not get small."""
    return Image.effect_noise((width, height), 120).convert("RGB")


def opened(data: bytes) -> Image.Image:
    """Decode a picture."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_each_kind_is_taken_by_its_content(kind: str) -> None:
    """Whatever it is called; what comes out is what all mail programs show."""
    made = prepare(written(noise(40, 30), kind))
    facts = measure(made.data)
    assert facts is not None
    assert (facts.width, facts.height) == (made.width, made.height) == (40, 30)
    assert facts.content_type == {".jpg": "image/jpeg", ".png": "image/png"}[made.suffix]


def test_a_cameras_picture_is_turned_made_small_and_says_nothing_of_its_place() -> None:
    """Where somebody lives goes to nobody."""
    exif = Image.Exif()
    exif[_ORIENTATION], exif[_CAMERA] = 6, "A camera"
    exif.get_ifd(_GPS)[1] = "N"
    image = Image.linear_gradient("L").resize((3000, 2000)).convert("RGB")
    made = prepare(written(image, "JPEG", exif=exif, comment=b"secret", quality=95))
    assert (made.width, made.height) == (1280, 1920)
    assert len(made.data) <= GOAL_BYTES
    seen = opened(made.data)
    assert not seen.getexif()
    assert not {"exif", "comment", "icc_profile", "xmp"} & seen.info.keys()
    assert b"secret" not in made.data


def test_a_picture_gets_as_small_as_mail_needs_it() -> None:
    """Fewer pixels, if nothing else helps."""
    made = prepare(written(noise(1600, 1200), "PNG"))
    assert len(made.data) <= GOAL_BYTES
    assert made.width * 3 // 4 == made.height


def test_a_png_keeps_its_transparency_and_loses_its_texts() -> None:
    """A logo stays a logo."""
    image = Image.new("RGBA", (2000, 500), (255, 0, 0, 100))
    data = written(image, "PNG")
    text = b"tEXtComment\0secret"
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    made = prepare(data[:33] + chunk + data[33:])
    assert (made.suffix, made.width, made.height) == (".png", WIDTH, 320)
    assert opened(made.data).mode == "RGBA"
    assert b"secret" not in made.data


def test_of_an_animation_the_first_picture_is_kept() -> None:
    """Readers with motion disorders did not ask for more."""
    red, blue = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    made = prepare(written(red, "GIF", save_all=True, append_images=[blue]))
    seen = opened(made.data)
    assert getattr(seen, "n_frames", 1) == 1
    assert seen.convert("RGB").getpixel((4, 4)) == (255, 0, 0)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_every_kind_of_pixels_is_understood(mode: str) -> None:
    """Scanners and printers' shops write all of them."""
    image = Image.new(mode, (20, 20))
    kind = "JPEG" if mode == "CMYK" else "PNG"
    made = prepare(written(image, kind))
    assert opened(made.data).mode in {"RGB", "RGBA"}


SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (SVG, "picture.svg"),
        (b"", "picture.no_picture"),
        (b"%PDF-1.7", "picture.no_picture"),
        (b"<html>", "picture.no_picture"),
        (written(noise(64, 64), "BMP"), "picture.no_picture"),
        (written(noise(64, 64), "PNG")[:600], "picture.broken"),
        (written(noise(64, 64), "JPEG")[:300], "picture.broken"),
    ],
)
def test_what_is_no_picture_for_mail_is_refused(data: bytes, code: str) -> None:
    """With what to do, and before it is kept anywhere."""
    with pytest.raises(InputError) as refused:
        prepare(data)
    assert refused.value.problems[0].code == code


def bomb(width: int, height: int) -> bytes:
    """Make a small file that says to have many pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 10_000)
    chunks = [(b"IHDR", head), (b"IDAT", data), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(held)) + name + held + struct.pack(">I", zlib.crc32(name + held))
        for name, held in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("size", [(10_000, 6000), (60_000, 60_000)])
def test_a_bomb_is_not_unpacked(size: tuple[int, int]) -> None:
    """A kilobyte must not take gigabytes (law 15)."""
    with pytest.raises(InputError) as refused:
        prepare(bomb(*size))
    assert refused.value.problems[0].code == "picture.too_many_pixels"


def test_a_file_that_is_too_large_is_not_even_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size is known before anything is decoded."""
    monkeypatch.setattr(picture_upload, "MOST_BYTES", 10)
    with pytest.raises(InputError) as refused:
        prepare(written(noise(64, 64), "PNG"))
    assert refused.value.problems[0].code == "picture.too_large"


WHOLE = {kind: written(noise(24, 24), kind) for kind in ("JPEG", "PNG", "WEBP", "GIF")}


@examples(max_examples=80)
@given(kind=st.sampled_from(sorted(WHOLE)), at=st.integers(0, 10_000), octet=st.integers(0, 255))
def test_a_damaged_file_is_a_picture_or_is_refused(kind: str, at: int, octet: int) -> None:
    """Decoders fail in many ways; a page must not fail with them."""
    data = bytearray(WHOLE[kind])
    data[at % len(data)] = octet
    try:
        made = prepare(bytes(data))
    except InputError as error:
        assert error.problems[0].code.startswith("picture.")  # noqa: PT017
    else:
        assert measure(made.data)
