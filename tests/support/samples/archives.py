"""Archives of editions, well-meant and not."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Mapping


def zipped(files: Mapping[str, bytes], prefix: str = "") -> bytes:
    """Pack files as a zip archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(f"{prefix}{name}", data)
    return made.getvalue()


def tarred(files: Mapping[str, bytes], prefix: str = "", *, packed: bool = False) -> bytes:
    """Pack files as a tar archive; `packed`: with gzip."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(f"{prefix}{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return gzip.compress(made.getvalue()) if packed else made.getvalue()


def tar_of(kind: bytes, name: str = "link", target: str = "/etc/passwd") -> bytes:
    """Return a tar archive of one member that is no file."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, target
        archive.addfile(member)
    return made.getvalue()


def zip_of_mode(mode: int, name: str = "link", content: bytes = b"/etc/passwd") -> bytes:
    """Return a zip archive of one member with a Unix mode."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        member = zipfile.ZipInfo(name)
        member.create_system, member.external_attr = 3, mode << 16
        archive.writestr(member, content)
    return made.getvalue()
