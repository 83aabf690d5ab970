"""A logo is a picture written anew, whatever was uploaded."""

from __future__ import annotations

import io

import pytest
from PIL import Image, PngImagePlugin

from mailer.errors import InputError
from mailer.services.look.pictures import HEIGHT, LARGEST, WIDTH, as_text, logo_of, with_picture


def picture(form: str = "PNG", size: tuple[int, int] = (900, 300), **options: object) -> bytes:
    """Make a picture, half of it transparent where it can be."""
    mode = "RGB" if form == "JPEG" else "RGBA"
    made = Image.new(mode, size, (29, 74, 122, 255)[: len(mode)])
    if mode == "RGBA":
        made.paste((0, 0, 0, 0), (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    made.save(out, form, **options)
    return out.getvalue()


def test_a_logo_is_small_and_stands_on_white() -> None:
    """It goes along with every mail, and is shown on dark paper too."""
    logo = logo_of(picture())
    assert (logo.width, logo.height) == (WIDTH, HEIGHT)
    assert logo.content_type == "image/png"
    with Image.open(io.BytesIO(logo.data)) as shown:
        assert shown.mode == "RGB"
        assert shown.getpixel((2, 2)) == (255, 255, 255)
        assert shown.getpixel((WIDTH - 3, 2)) == (29, 74, 122)


def test_nothing_that_was_hidden_in_the_file_is_kept() -> None:
    """A comment, a place, a script behind the picture's end."""
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", "<script>alert(1)</script>")
    data = picture(pnginfo=told) + b"<script>alert(2)</script>"
    assert b"script" not in logo_of(data).data
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    exif[0x0112] = 6
    turned = logo_of(picture("JPEG", (300, 900), exif=exif))
    assert b"secret" not in turned.data
    assert turned.width > turned.height  # it lay on its side


def test_what_would_be_too_heavy_becomes_a_jpeg() -> None:
    """Noise cannot be packed."""
    noise = Image.effect_noise((WIDTH, HEIGHT), 120).convert("RGB")
    noise = Image.merge("RGB", [Image.effect_noise((WIDTH, HEIGHT), 120) for _ in range(3)])
    out = io.BytesIO()
    noise.save(out, "PNG")
    logo = logo_of(out.getvalue())
    assert len(out.getvalue()) > LARGEST > len(logo.data)
    assert logo.content_type == "image/jpeg"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 40,
        b"GIF89a" + b"\x00" * 40,
        picture()[:200],
        b"x" * 5_000_001,
    ],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    """SVG is a program, and half a picture none."""
    with pytest.raises(InputError) as error:
        logo_of(data)
    assert [one.code for one in error.value.problems] == ["look.picture"]


def test_a_picture_that_unpacks_to_gigabytes_is_refused() -> None:
    """A few kilobytes of one colour are enough for it."""
    with pytest.raises(InputError):
        logo_of(picture(size=(6000, 6000)))


def test_a_logo_survives_export_and_import() -> None:
    """Written anew again, it is the same picture."""
    logo = logo_of(picture())
    document = {"logo": {"digest": "0" * 64, "data": as_text(logo), "alt": {"en": "Group"}}}
    written, stored = with_picture(document)
    assert written["logo"]["alt"] == {"en": "Group"}
    assert [*stored] == [written["logo"]["digest"]]
    assert "data" not in written["logo"]
    with pytest.raises(InputError):
        with_picture({"logo": {"data": "!!"}})
