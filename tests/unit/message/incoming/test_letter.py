"""A mail as a person reads it, and the files that go with it."""

from __future__ import annotations

import base64
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.message.incoming import letter as letters
from mailer.message.incoming.enclosed import LONGEST_NAME, Type, safe_name, type_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 1000
"""Longer than what is read of a part elsewhere."""


def mail(*parts: bytes, header: bytes = b"Subject: Hello") -> bytes:
    """Make a mail of several parts."""
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    kind = b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    return b"From: Ana <ana@example.org>\r\n" + header + b"\r\n" + kind + body + b"--b--\r\n"


def attached(name: bytes, content: bytes = PNG, media: bytes = b"image/png") -> bytes:
    """Make a part that is a file."""
    return (
        b"Content-Type: " + media + b"\r\nContent-Disposition: attachment; filename=" + name
        + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(content)
    )  # fmt: skip


TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nHello.\r\n"


def test_file_is_given_out_whole_and_known_by_its_content() -> None:
    """Whatever its sender calls it."""
    data = mail(TEXT, attached(b'"photo.pdf"', media=b"application/pdf"))
    (one,) = letters.letter(data).enclosed
    assert (one.name, one.type, one.size) == ("photo.pdf", Type.PICTURE, len(PNG))
    assert one.declared == "application/pdf"
    found = letters.file(data, one.number)
    assert found == (one, PNG)
    assert letters.file(data, 1) is None
    assert letters.file(data, 99) is None


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        (b'"../../etc/passwd"', "passwd"),
        (b'"C:\\\\temp\\\\x.exe"', "x.exe"),
        (b'"<script>alert(1)</script>.png"', "script_.png"),
        (b'"a\tb.png"', "ab.png"),
        (b"=?utf-8?q?gpj=E2=80=AEexe.png?=", "gpjexe.png"),
        (b'"=?utf-8?q?a=0D=0ASet-Cookie=3A_x=3D1.png?="', "aSet-Cookie_ x=1.png"),
        (b'"con.txt"', "_con.txt"),
        (b'"-rf"', "rf"),
        (b'""', "file-3"),
        (b'"%00.png;x"', "_00.png_x"),
    ],
)
def test_name_of_a_file_does_no_harm(given_name: bytes, name: str) -> None:
    """Neither as a path, nor in a header, nor on a page."""
    (one,) = letters.letter(mail(TEXT, attached(given_name))).enclosed
    assert one.name == name


def test_name_in_pieces_is_read() -> None:
    """RFC 2231: programs write long names so."""
    part = attached(b"x").replace(b"filename=x", b"filename*=utf-8''r%C3%A9sum%C3%A9.png")
    (one,) = letters.letter(mail(TEXT, part)).enclosed
    assert one.name == "résumé.png"


@settings(max_examples=50)
@given(st.text(), st.integers(1, 99))
def test_any_name_becomes_one_that_is_safe(given_name: str, number: int) -> None:
    """In every file system, in a header, and beside other words."""
    name = safe_name(given_name, number)
    assert 0 < len(name) <= LONGEST_NAME
    assert not set(name) & set('\\/:*?"<>|;%')
    assert not name.startswith((".", "-", " "))
    assert all(unicodedata.category(one)[0] != "C" for one in name)
    assert safe_name(name, number) == name


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7", Type.PDF),
        (b"MZ\x90", Type.PROGRAM),
        (b"#!/bin/sh", Type.PROGRAM),
        (b"PK\x03\x04x", Type.ARCHIVE),
        (b"  <svg onload=alert(1)>", Type.PAGE),
        (b"\xef\xbb\xbf<!DOCTYPE html>", Type.PAGE),
        ("né".encode(), Type.TEXT),
        (b"\0\1\2", Type.UNKNOWN),
        (b"", Type.UNKNOWN),
    ],
)
def test_type_is_told_by_the_content(content: bytes, kind: Type) -> None:
    """What a browser or a machine carries out is called that."""
    assert type_of(content) is kind


def test_text_and_fields_hold_nothing_that_turns_or_moves() -> None:
    """Directions and escapes change what a person believes to read."""
    header = b"Subject: =?utf-8?q?Pay_=E2=80=AEdiap=1B[2J?=\r\nReply-To: eve@example.net"
    found = letters.letter(
        mail("Content-Type: text/plain\r\n\r\na\u202eb\x1b[2Jc".encode(), header=header)
    )
    assert ("Subject", "Pay diap[2J") in found.fields
    assert ("Reply-To", "eve@example.net") in found.fields
    assert found.text == "ab[2Jc"


@settings(max_examples=50)
@given(st.binary(max_size=2000))
def test_any_bytes_are_read(data: bytes) -> None:
    """Whatever comes must be shown, or it could not be dropped."""
    letters.letter(data)
    letters.heading(data)
    letters.file(data, 1)
