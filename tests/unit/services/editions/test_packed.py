"""Archives of editions are unpacked with distrust: whoever uploads one may have had it from others."""

from __future__ import annotations

import io
import tarfile
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.errors import InputError
from mailer.services.editions.packed import LARGEST_FILE, MOST_BYTES, MOST_FILES, unpacked
from support.samples.archives import tar_of, tarred, zip_of_mode, zipped

FILES = {"edition.toml": b"slug = 1", "en.md": b"# Hello", "images/a.png": b"\x89PNG"}
ZEROS = bytes(LARGEST_FILE)


def taken(tmp_path: Path, archive: bytes) -> dict[str, bytes]:
    """Unpack an archive, and return what is in the edition's folder."""
    file = tmp_path / "edition"
    file.write_bytes(archive)
    with unpacked(file, "edition") as folder:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }


def refused(tmp_path: Path, archive: bytes) -> str:
    """Return the code with which an archive is refused."""
    with pytest.raises(InputError) as error:
        taken(tmp_path, archive)
    return error.value.problems[0].code


@pytest.mark.parametrize("prefix", ["", "spring-2023/", "./", "a/b/"])
@pytest.mark.parametrize("form", ["zip", "tar", "tar.gz"])
def test_folder_is_found_wherever_it_is(tmp_path: Path, prefix: str, form: str) -> None:
    """People pack the folder, or what is in it, with whatever program they have."""
    if form == "zip":
        archive = zipped(FILES, prefix)
    else:
        archive = tarred(FILES, prefix, packed=form == "tar.gz")
    assert taken(tmp_path, archive) == FILES


def test_what_programs_add_is_left_out(tmp_path: Path) -> None:
    """Some put files of their own beside those of the edition."""
    added = {"__MACOSX/edition.toml": b"x", ".DS_Store": b"x", "images/.hidden": b"x"}
    assert taken(tmp_path, zipped(FILES | added)) == FILES


@pytest.mark.parametrize(
    "name",
    [
        "../evil.md",
        "images/../../evil.md",
        "/etc/evil.md",
        "//evil.md",
        "..\\evil.md",
        "C:\\evil.md",
        "a/b/c/d/e/f/g/h/i.md",
        "x" * 501,
        "new\nline.md",
    ],
)
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_path_that_leads_elsewhere_is_refused(tmp_path: Path, name: str, pack: object) -> None:
    """It would overwrite a file of ours."""
    made = pack(FILES | {name: b"x"})  # type: ignore[operator]
    assert refused(tmp_path, made) == "edition.path_outside"
    assert not list(tmp_path.parent.rglob("evil*"))


@pytest.mark.parametrize(
    "archive",
    [
        tar_of(tarfile.SYMTYPE),
        tar_of(tarfile.LNKTYPE),
        tar_of(tarfile.FIFOTYPE),
        tar_of(tarfile.CHRTYPE),
        zip_of_mode(0o120777),
        zip_of_mode(0o010644),
    ],
)
def test_link_or_device_is_refused(tmp_path: Path, archive: bytes) -> None:
    """Read through a link, a file of the machine would be mailed to all."""
    assert refused(tmp_path, archive) == "edition.no_file"


@pytest.mark.parametrize(
    "archive",
    [
        zipped(FILES | {"big.md": ZEROS + b"x"}),
        tarred(FILES | {"big.md": ZEROS + b"x"}, packed=True),
        zipped(FILES | {f"{n}.md": ZEROS for n in range(MOST_BYTES // LARGEST_FILE + 1)}),
        tarred(FILES | {f"{n}.md": ZEROS for n in range(14)}, packed=True),
        tarred({f".{n}": ZEROS for n in range(20)}, packed=True),
    ],
    ids=["one file", "one file, tar", "all files", "all files, tar", "files left out, tar"],
)
def test_bomb_is_refused_before_it_has_filled_the_disk(tmp_path: Path, archive: bytes) -> None:
    """A few kilobytes may unpack to gigabytes."""
    assert len(archive) < MOST_BYTES // 100
    assert refused(tmp_path, archive) == "file.too_large"


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    """Each costs an inode, and time."""
    many = {f"{n}.md": b"" for n in range(MOST_FILES + 1)}
    assert refused(tmp_path, zipped(many)) == "edition.too_many_files"
    assert refused(tmp_path, tarred(many)) == "edition.too_many_files"


def test_long_list_of_files_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """The list alone would take hundreds of megabytes of memory."""
    many = zipped({f"{'n' * 200}{n}": b"" for n in range(5000)})
    assert refused(tmp_path, many) == "file.too_large"


def test_same_name_twice_is_refused(tmp_path: Path) -> None:
    """Which of the two is meant, nobody can tell."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("edition.toml", b"a")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("edition.toml", b"b")
    assert refused(tmp_path, made.getvalue()) == "edition.no_archive"


@pytest.mark.parametrize(
    ("archive", "code"),
    [
        (b"", "edition.no_archive"),
        (b"PK", "edition.no_archive"),
        (b"PK\x05\x06" + bytes(18), "edition.no_folder"),
        (b"\x1f\x8b\x08", "edition.no_archive"),
        (b"BZh91AY", "edition.no_archive"),
        (b"no archive at all" * 100, "edition.no_archive"),
        (zipped(FILES)[:-30], "edition.no_archive"),
        (tarred(FILES, packed=True)[:-30], "edition.no_archive"),
        (zipped({"a/edition.toml": b"", "b/edition.toml": b""}), "edition.several"),
        (zipped({"en.md": b""}), "edition.no_folder"),
    ],
)
def test_what_is_no_archive_of_an_edition_is_refused(
    tmp_path: Path, archive: bytes, code: str
) -> None:
    """The sender is told what is wrong, whatever they sent."""
    assert refused(tmp_path, archive) == code


@given(st.binary(max_size=400), st.integers(0, 400), st.sampled_from(["zip", "tar", "gz"]))
def test_damaged_archive_is_taken_or_refused(
    tmp_path_factory: pytest.TempPathFactory, damage: bytes, place: int, form: str
) -> None:
    """No byte of it ends in a defect."""
    folder = tmp_path_factory.getbasetemp()
    whole = zipped(FILES) if form == "zip" else tarred(FILES, packed=form == "gz")
    place %= len(whole)
    with suppress(InputError):
        assert taken(folder, whole[:place] + damage + whole[place + len(damage) :])


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was unpacked goes with the import, also if that fails."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    file = tmp_path / "edition"
    file.write_bytes(zipped(FILES))
    with pytest.raises(RuntimeError), unpacked(file, "edition"):
        raise RuntimeError
    refused(tmp_path, tar_of(tarfile.SYMTYPE))
    assert list(tmp_path.iterdir()) == [file]
