"""The wheel, as `make wheel` builds it: installed and used where no checkout is near."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, PathDistribution, distribution
from pathlib import Path

import pytest

from support.patience import PATIENCE

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PACKED = ("pyproject.toml", "README.md", "LICENSE", "mailer", "workers", "templates")
"""The parts of a checkout that the build reads."""
INFO = f"mailer-{PROJECT['version']}.dist-info"


@dataclass(frozen=True, slots=True)
class Installed:
    """A virtual environment with Mailer in it, and the empty folder that its user works in."""

    venv: Path
    home: Path

    @property
    def packages(self) -> Path:
        """The folder that its packages are in."""
        return next(self.venv.glob("lib/python*/site-packages"))

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of its programs to the end, with nothing of this process's environment."""
        return subprocess.run(
            [self.venv / "bin" / program, *arguments],
            env={"HOME": str(self.home), "TMPDIR": str(self.home), "PATH": os.defpath},
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is packed, because a build leaves files behind."""
    made = tmp_path_factory.mktemp("checkout")
    for name in PACKED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, made / name, symlinks=True, ignore=ignored)
        else:
            shutil.copy(ROOT / name, made / name)
    return made


@pytest.fixture(scope="module")
def built(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the source archive, and the wheel that was built from it."""
    return build(checkout, tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    """The wheel that was built from the source archive."""
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Mailer installed from the wheel, among what `deploy/requirements.txt` locks and no more.

    pip resolves what the wheel asks for without a registry: what is missing stops it.
    """
    made = Installed(tmp_path_factory.mktemp("installed"), tmp_path_factory.mktemp("home"))
    venv.create(made.venv, symlinks=True)
    for path in locked():
        (made.packages / path.name).symlink_to(path)
    pip = [sys.executable, "-m", "pip", "--python", str(made.venv / "bin/python")]
    options = ["--isolated", "--quiet", "--disable-pip-version-check", "--no-index"]
    subprocess.run([*pip, "install", *options, wheel], check=True, timeout=PATIENCE)
    return made


def build(source: Path, into: Path, *options: str) -> Path:
    """Build what `make wheel` builds, or as the options say, and return the folder it is in."""
    uv = Path(sys.executable).with_name("uv")
    command = ["build", "--quiet", "--offline", "--no-cache", "--no-build-isolation", *options]
    places = ["--python", sys.executable, "--out-dir", str(into), str(source)]
    subprocess.run([uv, *command, *places], check=True, timeout=PATIENCE)
    return into


def locked() -> Iterator[Path]:
    """Find the files and folders of what a server gets, but for what only a build needs."""
    text = (ROOT / "deploy/requirements.txt").read_text(encoding="utf-8")
    names = set(re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE))
    names -= {re.split(r"[<>=]", one)[0] for one in PROJECT["optional-dependencies"]["build"]}
    found: set[Path] = set()
    for name in names:
        try:
            package = distribution(name)
        except PackageNotFoundError:  # not for this Python
            continue
        tops = {file.parts[0] for file in package.files or ()} - {"..", "__pycache__"}
        found |= {Path(str(package.locate_file(top))) for top in tops}
    yield from found


def contents(archive: Path) -> set[str]:
    """List the files of a wheel."""
    with zipfile.ZipFile(archive) as opened:
        return set(opened.namelist())


def record(archive: Path) -> set[str]:
    """Return a wheel's list of its files, each with its hash."""
    with zipfile.ZipFile(archive) as opened:
        return set(opened.read(f"{INFO}/RECORD").decode().splitlines())


def test_it_adds_one_name(wheel: Path) -> None:
    """Names such as `workers` or `templates` would meet those of other packages."""
    assert {name.partition("/")[0] for name in contents(wheel)} == {"mailer", INFO}


def test_it_holds_every_file_of_the_package(checkout: Path, wheel: Path) -> None:
    """A template, a script or a catalogue of words that is left out is missed only when needed."""
    files = {
        str(Path(folder, name).relative_to(checkout))
        for folder, _, names in os.walk(checkout / "mailer", followlinks=True)
        for name in names
    }
    assert {name for name in contents(wheel) if not name.startswith(INFO)} == files
    assert {
        "mailer/py.typed",
        "mailer/workers/jobs.py",
        "mailer/templates/web/base.html.j2",
    } < files


def test_the_source_archive_holds_no_links(built: Path) -> None:
    """A program that unpacks archives may refuse links, or not know them."""
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        kinds = {one.type for one in archive.getmembers()}
    assert kinds == {tarfile.DIRTYPE, tarfile.REGTYPE}


def test_it_is_the_same_from_a_checkout(checkout: Path, wheel: Path, tmp_path: Path) -> None:
    """The container is built without a source archive in between."""
    direct = next(build(checkout, tmp_path, "--wheel").glob("*.whl"))
    assert record(direct) == record(wheel)


def test_its_metadata_say_what_installers_ask(installed: Installed) -> None:
    """`pipx install` makes the command that the entry point names, and fetches what is required."""
    known = PathDistribution(installed.packages / INFO)
    assert [(one.group, one.name) for one in known.entry_points] == [("console_scripts", "mailer")]
    required = {one for one in known.requires or () if "extra ==" not in one}
    assert required == set(PROJECT["dependencies"])
    assert known.metadata["Requires-Python"] == PROJECT["requires-python"]
    assert known.metadata["License-Expression"] == "MIT"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert known.metadata.get_payload() == readme  # type: ignore[attr-defined]


def test_nothing_but_mailer_can_be_imported(installed: Installed) -> None:
    """The rest of the service is only proved to work if no checkout lends its folders."""
    code = (
        "from importlib.util import find_spec; import mailer.workers.jobs as jobs; "
        "print(jobs.__file__, find_spec('workers'), find_spec('templates'))"
    )
    said = installed.run("python", "-c", code)
    assert said.stderr == ""
    assert said.stdout.split() == [
        str(installed.packages / "mailer/workers/jobs.py"),
        *2 * ["None"],
    ]


def test_the_command_explains_itself(installed: Installed) -> None:
    """It is the first command that a user types."""
    said = installed.run("mailer", "--help")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("Usage: mailer ")
    assert installed.run("mailer", "--version").stdout == f"mailer {PROJECT['version']}\n"


def test_the_demo_runs_from_it(installed: Installed) -> None:
    """Every process of the service, each template and language, and the books at the end."""
    done = installed.run("mailer", "demo", "--once")
    assert (done.returncode, done.stderr) == (0, "")
    words = " ".join(done.stdout.split())
    assert "English 149 – 1 – 150 149" in words
    assert "Spanish 68 1 – – 69 68" in words
    assert "French 80 1 – – 81 80" in words
    assert "the books balance" in words
