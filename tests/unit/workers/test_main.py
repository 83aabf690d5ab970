"""A process of the service loads what it needs, then runs it as its main program."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PROCESS = """
import gc, json, sys

if __name__ == "__main__":
    print(json.dumps([gc.isenabled(), gc.get_freeze_count() > 0, sys.argv[1]]))
else:
    print(json.dumps([gc.isenabled(), gc.get_freeze_count() > 0, "loaded"]))
"""
"""It says how it is run."""
START = """
import sys
import mailer.workers
mailer.workers.__path__.append(sys.argv.pop())
from mailer.workers.__main__ import main
main()
"""


def test_garbage_is_looked_for_once_all_is_loaded(tmp_path: Path) -> None:
    """A process that runs for months and never looks for it takes all of the memory there is."""
    (tmp_path / "telling.py").write_text(PROCESS, encoding="utf-8")
    command = [sys.executable, "-W", "error", "-c", START, "telling", str(tmp_path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert told == [[False, False, "loaded"], [True, True, "telling"]]
