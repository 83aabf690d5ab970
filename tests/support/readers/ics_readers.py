"""Calendar files as programs by others read them: icalendar, ical.js and libical."""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
from ctypes.util import find_library
from functools import cache
from typing import Any, Final

import icalendar
import pytest

from support.places import NODE

_ERROR_PROPERTIES: Final = ("X-LIC-ERROR",)


def icaljs(*texts: str) -> list[dict[str, Any]]:
    """Read files with ical.js, which Thunderbird uses; skips the test if it is not installed."""
    node = shutil.which("node")
    if node is None or not (NODE / "node_modules" / "ical.js").is_dir():
        pytest.skip("ical.js is not installed: `make test` does that")
    said = subprocess.run(
        [node, str(NODE / "calendar.cjs")],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    found: list[dict[str, Any]] = json.loads(said.stdout)
    return found


def complaints(text: str) -> list[str]:
    """Say what icalendar and libical find wrong with a file; skips the test without libical."""
    calendar = icalendar.Calendar.from_ical(text)
    found = [f"icalendar: {error}" for one in calendar.walk() for error in one.errors]
    return found + [f"libical: {error}" for error in _libical_errors(text)]


@cache
def _libical() -> ctypes.CDLL | None:
    name = find_library("ical")
    if name is None:
        return None
    library = ctypes.CDLL(name)
    for function, result, arguments in (
        ("icalparser_parse_string", ctypes.c_void_p, [ctypes.c_char_p]),
        ("icalcomponent_count_errors", ctypes.c_int, [ctypes.c_void_p]),
        ("icalrestriction_check", ctypes.c_int, [ctypes.c_void_p]),
        ("icalcomponent_as_ical_string", ctypes.c_char_p, [ctypes.c_void_p]),
        ("icalcomponent_free", None, [ctypes.c_void_p]),
    ):
        called = getattr(library, function)
        called.restype, called.argtypes = result, arguments
    return library


def _libical_errors(text: str) -> list[str]:
    """Parse with libical, and have it check the file against the rules of its method (RFC 5546)."""
    library = _libical()
    if library is None:
        pytest.skip("libical is not installed: `make test` does that")
    component = library.icalparser_parse_string(text.encode())
    if not component:
        return ["it is no calendar"]
    library.icalrestriction_check(component)
    count = library.icalcomponent_count_errors(component)
    written: bytes = library.icalcomponent_as_ical_string(component) if count else b""
    library.icalcomponent_free(component)
    lines = written.decode(errors="replace").replace("\r\n ", "").splitlines()
    errors = [line for line in lines if line.startswith(_ERROR_PROPERTIES)]
    return errors or (["errors that it does not name"] if count else [])
