"""The tutorial for a secretary is done by the letter: every command of it, and what it says."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from support.places import ROOT

TUTORIAL: Final = ROOT / "docs" / "tutorials" / "first-edition.md"
MAILER: Final = Path(sys.executable).with_name("mailer")
_BLOCK: Final = re.compile(
    r"(?:^`([\w./-]+)`[^\n]*\n\n)?^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE
)
_COMMAND: Final = re.compile(r"^\$ ([^\n]+)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
LEFT_OUT: Final = "…"
"""Stands in the tutorial for what differs each time, or is long."""


class Learner:
    """A learner who follows the tutorial in a folder."""

    def __init__(self, folder: Path) -> None:
        """Begin in a folder that is empty."""
        self.folder = folder

    def does(self, command: str) -> str:
        """Give a command, and return what it prints."""
        program, *words = shlex.split(command)
        if program == "mkdir":
            (self.folder / words[0]).mkdir()
            return ""
        if program == "cd":
            self.folder /= words[0]
            return ""
        assert program == "mailer", command
        surroundings = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}
        run = subprocess.run(
            [MAILER, *words],
            cwd=self.folder,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return "\n".join(line.rstrip() for line in run.stdout.splitlines())

    def writes(self, name: str, text: str) -> None:
        """Save a file."""
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def corrects(self) -> None:
        """Mend the mistake that the tutorial makes on purpose."""
        file = self.folder / "summer-2026" / "fr.md"
        text = file.read_text(encoding="utf-8")
        assert text.count("::: buton") == 1
        file.write_text(text.replace("::: buton", "::: button"), encoding="utf-8")


def assert_as_told(said: str, told: str, command: str) -> None:
    """Compare what a command said with the tutorial."""
    pattern = ".*?".join(map(re.escape, told.strip("\n").split(LEFT_OUT)))
    assert re.fullmatch(pattern, said.strip("\n"), re.DOTALL), f"$ {command}\n{said}"


@pytest.mark.docs
def test_a_secretary_s_first_edition_goes_as_the_tutorial_says(tmp_path: Path) -> None:
    """A beginner who sees something else on the first page does not trust the second."""
    if shutil.which(MAILER) is None:
        pytest.skip("the command is not installed beside this Python")
    learner, done = Learner(tmp_path), 0
    for name, kind, text in _BLOCK.findall(TUTORIAL.read_text(encoding="utf-8")):
        if kind != "console":
            learner.writes(name, text)
            continue
        for command, told in _COMMAND.findall(text):
            said = learner.does(command)
            assert_as_told(said, told, command)
            done += 1
            if "did you mean 'button'" in said:
                learner.corrects()
    assert done > 10
