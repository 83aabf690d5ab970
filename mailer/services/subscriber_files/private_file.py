"""Files of personal data: only for their owner, and there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mailer.errors import InputError


@contextmanager
def private_file(path: Path, encoding: str = "utf-8") -> Iterator[IO[str]]:
    """Open a text file for writing, mode 0600; it replaces another only when it is complete.

    Raises:
        InputError: it cannot be written there.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(part, "w", encoding=encoding, newline="", opener=_private) as file:
            yield file
        part.replace(path)
    except OSError as error:
        raise InputError.of(
            str(path),
            f"cannot be written: {error.strerror}",
            "name another file",
            code="file.unwritable",
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
