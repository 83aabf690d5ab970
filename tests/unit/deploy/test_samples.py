"""Files that an operator copies from `deploy/`: they must be right before they reach a server."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from redis import Redis
from typer.testing import CliRunner

from mailer.cli.main import app
from mailer.cli.operation.init import example
from mailer.config import Settings
from mailer.errors import StoreRefusedError
from mailer.store.server.connection import open_store
from mailer.store.server.embedded import EmbeddedServer
from mailer.store.subscribers import forms
from support.places import ROOT
from support.service.small_campaign import START

pytestmark = pytest.mark.docs

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
NAMES = [unit.name for unit in UNITS]
LOOSER = {
    "mailer.service": {"PrivateUsers=yes"},
    "mailer-listener.service": {
        "CapabilityBoundingSet=",
        "AmbientCapabilities=",
        "PrivateUsers=yes",
    },
}
"""The units that need more rights than the others, with the lines that each lacks for it."""


def lines(unit: Path) -> list[str]:
    """Return the directives of a unit."""
    text = unit.read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def hardening(unit: Path) -> set[str]:
    """Return what restricts a unit: all between NoNewPrivileges and the section on installing."""
    found = lines(unit)
    return set(found[found.index("NoNewPrivileges=yes") : found.index("[Install]")])


def compose() -> dict[str, Any]:
    """Read the compose file, its anchors resolved."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return found


def known(arguments: list[str]) -> bool:
    """Tell whether `mailer` knows a command."""
    return CliRunner().invoke(app, [*arguments, "--help"]).exit_code == 0


def test_the_example_is_what_init_writes(tmp_path: Path) -> None:
    """A sample that lags behind hides settings, and one that does not load costs an evening."""
    text = (DEPLOY / "mailer.example.toml").read_text(encoding="utf-8")
    assert text == example()
    file = tmp_path / "mailer.toml"
    file.write_text(text, encoding="utf-8")
    Settings.load(file)


def test_every_process_has_a_unit() -> None:
    """Several machines run them apart; whatever `mailer up` runs must be there."""
    run = {
        line.partition("bin/mailer ")[2] for u in UNITS for line in lines(u) if "ExecStart" in line
    }
    assert {"up", "worker", "scheduler", "inbound listen", "inbound fetch", "web"} <= run


@pytest.mark.parametrize("unit", UNITS, ids=NAMES)
def test_a_unit_runs_a_command_that_there_is_and_is_as_hardened_as_the_others(unit: Path) -> None:
    """A service that reads strangers' mail gets no right that it does not need."""
    (start,) = [line for line in lines(unit) if line.startswith("ExecStart=")]
    program, *arguments = start.removeprefix("ExecStart=").split()
    assert program == "/opt/mailer/.venv/bin/mailer"
    assert known(arguments)
    common = set.union(*(hardening(other) for other in UNITS if other.name not in LOOSER))
    assert common - hardening(unit) == LOOSER.get(unit.name, set())
    assert "RestartPreventExitStatus=2" in lines(unit)


@pytest.mark.parametrize("unit", UNITS, ids=NAMES)
def test_systemd_understands_a_unit(unit: Path, tmp_path: Path) -> None:
    """A misspelt directive is only warned of in the journal, and then does nothing."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd-analyze here")
    copy = tmp_path / unit.name
    text = unit.read_text(encoding="utf-8")
    copy.write_text(text.replace("/opt/mailer/.venv/bin/mailer", "/bin/true"), encoding="utf-8")
    done = subprocess.run(
        [analyze, "verify", "--man=no", copy], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS, ids=NAMES)
def test_systemd_calls_a_unit_little_exposed(unit: Path, tmp_path: Path) -> None:
    """A line that is lost in an edit shows here; 10 is a service without any restriction."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd-analyze here")
    copy = tmp_path / unit.name.replace("@", "@1")
    text = unit.read_text(encoding="utf-8")
    copy.write_text(text.replace("/opt/mailer/.venv/bin/mailer", "/bin/true"), encoding="utf-8")
    limit = 14 if unit.name == "mailer-listener.service" else 12
    command = [analyze, "security", "--offline=true", f"--threshold={limit}", "--no-pager"]
    done = subprocess.run([*command, copy], capture_output=True, text=True, check=False)
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze is too old")
    assert done.returncode == 0, done.stdout


def test_containers_run_commands_that_there_are_with_settings_that_there_are() -> None:
    """`docker compose config` sees neither."""
    services = compose()["services"]
    ours = {name: one for name, one in services.items() if one["image"] == "mailer"}
    assert {"mailer", "worker", "scheduler", "web"} <= ours.keys()
    for name, service in ours.items():
        assert known(service["command"]), name
        test = service["healthcheck"]["test"]
        assert test[:2] == ["CMD", "mailer"]
        assert known([part for part in test[2:] if part not in {"--log-level", "error"}]), name
        settings = {f"MAILER_{field.upper()}" for field in Settings.model_fields}
        assert set(service["environment"]) <= settings
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])


def test_containers_refer_to_what_there_is() -> None:
    """An engine refuses the whole file for one name that is misspelt."""
    found = compose()
    services, volumes = found["services"], set(found["volumes"])
    for service in services.values():
        for needed in service.get("depends_on", {}):
            assert "healthcheck" in services[needed]
        mounted = {volume.partition(":")[0] for volume in service.get("volumes", [])}
        assert {name for name in mounted if not name.startswith(".")} <= volumes
    build = services["mailer"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()


def test_the_stores_that_containers_share_forget_nothing() -> None:
    """Accepted mail is on disk (law 10), whoever runs the server."""
    command = " ".join(compose()["services"]["valkey"]["command"])
    for option in ("--appendonly yes", "--appendfsync always", "--maxmemory-policy noeviction"):
        assert option in command


def test_alerts_ask_for_numbers_that_there_are() -> None:
    """An alert about a number that nobody gives is silent for ever."""
    rules = yaml.safe_load((DEPLOY / "prometheus/mailer.rules.yml").read_text(encoding="utf-8"))
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    source = (DEPLOY.parent / "mailer/web/metrics.py").read_text(encoding="utf-8")
    given = set(re.findall(r'"(mailer_\w+)"', source))
    for alert in alerts:
        asked = re.findall(r"mailer_\w+", alert["expr"])
        assert asked or alert["expr"].startswith("up{"), alert
        assert {name.removesuffix("_total") for name in asked} <= given, alert
        assert alert["annotations"]["summary"]
        for command in re.findall(r"`mailer ([a-z ]+)", alert["annotations"]["summary"]):
            assert known(command.split()), command
    assert len(alerts) >= 5


def test_files_that_the_guide_names_are_there() -> None:
    """An operator who follows it types what stands there."""
    text = (DEPLOY / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?<!/)((?:systemd|postfix|proxy|prometheus)/[\w@.-]+[a-z])", text))
    assert len(named) >= 6
    assert [name for name in named if not (DEPLOY / name).exists()] == []


SAMPLES = sorted(
    file
    for folder in (DEPLOY, DEPLOY.parent / "docs")
    for file in (*folder.rglob("*"), DEPLOY.parent / "README.md")
    if file.suffix in {".md", ".yaml", ".yml", ".toml", ".service", ".env", ".sh", ".py"}
)


def test_every_store_in_our_samples_is_behind_a_password() -> None:
    """A writer to the store can have mail sent: what is copied must not leave it open."""
    found = 0
    for file in dict.fromkeys(SAMPLES):
        for url in re.findall(
            r"rediss?(?:\+sentinel)?://[^\s`'\")]+", file.read_text(encoding="utf-8")
        ):
            found += 1
            assert re.match(r"rediss?(\+sentinel)?://[a-z]*:(password|\$\{)", url), (file, url)
    assert found > 5


def test_the_containers_store_asks_for_a_password_and_serves_nobody_without_one() -> None:
    """`--requirepass ''` would mean none: then only a connection from within may do anything."""
    store = compose()["services"]["valkey"]
    options = store["command"]
    password = options[options.index("--requirepass") + 1]
    assert password == store["environment"]["REDISCLI_AUTH"] == "${STORE_PASSWORD:-}"
    assert options[options.index("--protected-mode") + 1] == "yes"
    assert "ports" not in store
    for name in ("worker", "scheduler", "web"):
        url = compose()["services"][name]["environment"]["MAILER_REDIS_URL"]
        assert url == f"redis://:{password}@valkey:6379/0"


def test_the_access_list_of_the_documentation_is_enough(tmp_path: Path) -> None:
    """One that is too narrow is taken away again, and then there is none."""
    text = (DEPLOY / "README.md").read_text(encoding="utf-8")
    rules = [line.split() for line in re.findall(r"^ *user mailer (on .*)$", text, re.MULTILINE)]
    server = EmbeddedServer(tmp_path / "store")
    server.open()
    try:
        with Redis(unix_socket_path=str(server.socket)) as admin:
            admin.execute_command("ACL", "SETUSER", "mailer", *rules[0])
        address = f"unix://mailer:password@{server.socket}"
        with contextlib.closing(open_store(tmp_path / "data", address)) as store:
            store.weaknesses()
            forms.keep(
                store, [forms.Entry(forms.Form("a@example.org", "en", ("x",)), [], "s")], START
            )
            assert forms.waiting(store) == 1
            with pytest.raises(StoreRefusedError, match="permission"):
                store.redis.execute_command("CONFIG", "SET", "dir", "/")
    finally:
        server.close()
