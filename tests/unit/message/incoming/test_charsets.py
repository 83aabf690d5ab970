"""Names of charsets that mail is decoded by; the author of a mail chooses them."""

from __future__ import annotations

import codecs
import encodings
import pkgutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.message.incoming import charsets, mime

NO_CHARSETS = (
    *("punycode", "idna", "zlib", "zlib_codec", "zip", "bz2", "bz2_codec", "uu", "uu_codec"),
    *("hex", "hex_codec", "base64", "base64_codec", "quopri", "quopri_codec", "rot13", "rot_13"),
    *("unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem", "dbcs"),
    *("utf-7", "utf_7", "unicode-1-1-utf-7", "string-escape", "unicode_internal", "charmap"),
)
CODECS = tuple(charsets._NAMES)
"""All that mail is ever decoded by."""


@pytest.mark.parametrize("name", NO_CHARSETS)
@pytest.mark.parametrize("written", ["{}", "{}".upper(), '"{}"', "{}'en'", " {} "])
def test_codecs_that_are_no_charsets_are_never_decoded_by(name: str, written: str) -> None:
    """128 KiB of punycode take Python seconds, and others make text of what is none."""
    assert charsets.codec_of(written.format(name)) == ""
    assert mime.decode_text(b"abc-xyz \\u0041 +AEA-", name) == "abc-xyz \\u0041 +AEA-"


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("ISO_8859-1:1987", "cp1252"),
        ("iso 8859 15", "iso8859_15"),
        ('"UTF8"', "utf-8"),
        ("utf-8*en", "utf-8"),
        ("ks_c_5601-1987", "cp949"),
        ("GB2312", "gb18030"),
        ("x-gbk", "gb18030"),
        ("iso-2022-jp-ms", "iso2022_jp_ext"),
        ("iso-2022-jp-3", "iso2022_jp_ext"),
        ("Big5-HKSCS", "big5hkscs"),
        ("tis-620", "cp874"),
        ("macintosh", "mac_roman"),
        ("ansi_x3.4-1968", charsets.UNDECLARED),
        ("unknown-8bit", charsets.UNDECLARED),
        ("x-unknown", charsets.UNDECLARED),
        ("palmos", ""),
        ("", ""),
        ("iso-8859-1" * 10, ""),
    ],
)
def test_names_are_known_in_the_spellings_that_mail_has(name: str, codec: str) -> None:
    """Mail programs spell the same name in a dozen ways (RFC 2978, WHATWG Encoding)."""
    assert charsets.codec_of(name) == codec


def test_every_codec_is_there_and_makes_text_of_bytes() -> None:
    """One that is missing or is none would fail on the first mail that names it."""
    for codec in CODECS:
        assert isinstance(b"".decode(codec), str)
        assert codecs.lookup(codec)._is_text_encoding  # what `bytes.decode` goes by


def test_codecs_of_python_that_are_not_listed_are_not_found_by_their_own_names() -> None:
    """A codec that a later Python adds is none of ours until somebody lists it."""
    ours = {codecs.lookup(codec).name for codec in CODECS}
    for module in pkgutil.iter_modules(encodings.__path__):
        found = charsets.codec_of(module.name)
        assert not found or codecs.lookup(found).name in ours


@given(st.text(max_size=80), st.binary(max_size=300))
def test_any_name_and_any_bytes_give_text(name: str, data: bytes) -> None:
    """Neither an odd name nor odd bytes may stop a mail from being read."""
    assert isinstance(mime.decode_text(data, name), str)


@given(st.sampled_from(CODECS), st.binary(max_size=300))
def test_no_codec_refuses_any_bytes(codec: str, data: bytes) -> None:
    """Half of what names a charset is not in it."""
    assert isinstance(mime.decode_text(data, codec.replace("_", "-")), str)
    assert isinstance(data.decode(codec, "replace"), str)
