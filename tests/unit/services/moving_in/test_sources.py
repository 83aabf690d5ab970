"""Archives of exports, and those that are none."""

from __future__ import annotations

import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from mailer.errors import InputError
from mailer.services.moving_in.sources import opened


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_damaged_archive_is_told_as_one_whatever_packed_it(tmp_path: Path, method: int) -> None:
    """Each way of packing has errors of its own; none may end the command with a defect."""
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("members.csv", "email\n" + "ana@example.org\n" * 500)
    whole = path.read_bytes()
    assert opened([path], lambda _name: True).parts[0].data.startswith(b"email\n")
    start = whole.index(b"members.csv") + len("members.csv")
    for place in range(start, min(start + 60, whole.index(b"PK\x01\x02"))):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        with suppress(InputError):  # where the octet matters
            opened([path], lambda _name: True)
