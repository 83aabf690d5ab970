"""Paths in the repository, so that a test can be moved without counting folders."""

from __future__ import annotations

from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).resolve().parents[1]
ROOT: Final = TESTS.parent
CORPUS: Final = TESTS.joinpath("corpus")
"""Samples: mail, editions, letters."""
NODE: Final = TESTS.joinpath("node")
"""Programs by other authors, written for Node.js."""
