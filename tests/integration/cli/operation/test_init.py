"""`mailer init`, `mailer config` and the frame that all commands share, run as a user runs them."""

from __future__ import annotations

import base64
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)

from mailer.cli.operation.init import example
from mailer.config import Settings
from mailer.domain.deliverability.records import strings
from support.patience import PATIENCE

FILES = ["mailer.toml", "data/secret.key", "keys/mailer-ed.pem", "keys/mailer-rsa.pem"]


def mailer(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with no settings but those given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILER_")}
    return subprocess.run(
        [sys.executable, "-c", "from mailer.cli.main import main; main()", *arguments],
        cwd=cwd,
        env=kept | variables,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_init_makes_a_configuration_that_is_good(tmp_path: Path) -> None:
    """The configuration written by the first command must satisfy the second."""
    made = mailer("init", "--domain", "lists.bulletin.internal", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert all(name in made.stdout for name in FILES)
    assert "lists.bulletin.internal. IN MX" in made.stdout
    checked = mailer("config", "check", cwd=tmp_path)
    assert (checked.returncode, checked.stdout) == (0, "The configuration is good.\n")
    assert not (tmp_path / "data" / "store.users").exists(), "it started the store"
    secrets = [tmp_path / name for name in FILES[1:]]
    assert {stat.S_IMODE(file.stat().st_mode) for file in secrets} == {0o600}
    assert stat.S_IMODE((tmp_path / "mailer.toml").stat().st_mode) == 0o640


def test_init_makes_one_key_where_a_relay_takes_one_signature(tmp_path: Path) -> None:
    """Amazon SES refuses mail with two; RSA is the one that every receiver verifies."""
    made = mailer("init", "--one-key", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert [file.name for file in (tmp_path / "keys").iterdir()] == ["mailer-rsa.pem"]
    assert ("mailer-ed" in made.stdout, "--one-key" in made.stdout) == (False, False)
    [key] = Settings.load(tmp_path / "mailer.toml").dkim_keys
    assert key.selector == "mailer-rsa"
    assert "--one-key" in mailer("init", "two", cwd=tmp_path).stdout


def test_the_check_tells_how_to_sign_for_a_relay_that_changes_mail(tmp_path: Path) -> None:
    """Found out by a campaign it is a list that every large provider has learnt to distrust."""
    mailer("init", cwd=tmp_path)
    relay = "smtp://user:password@email-smtp.eu-west-1.amazonaws.com:587?starttls=required"
    checked = mailer("config", "check", cwd=tmp_path, MAILER_RELAYS=relay)
    assert 'set dkim_unsigned = ["message-id", "date"].' in checked.stderr
    assert "refuses mail with two signatures" in checked.stderr
    mended = mailer(
        *("config", "check"),
        cwd=tmp_path,
        MAILER_RELAYS=relay,
        MAILER_DKIM_UNSIGNED="Message-ID,Date",
        MAILER_DKIM_KEYS='["lists.example.org mailer-rsa keys/mailer-rsa.pem"]',
    )
    assert "Amazon" not in mended.stderr


def test_a_configuration_with_examples_is_not_called_good(tmp_path: Path) -> None:
    """Whoever reads "good" starts the service, and wonders where the mail is."""
    assert mailer("init", cwd=tmp_path).returncode == 0
    checked = mailer("config", "check", cwd=tmp_path, MAILER_PUBLIC_URL="http://localhost:8080")
    assert (checked.returncode, checked.stdout) == (1, "The configuration is not ready.\n")
    for name in ("sender_address", "owner_address", "list_domain"):
        assert f"{name} is an example still" in checked.stderr
    assert "public_url leads to where only this machine" in checked.stderr


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    """A key that is overwritten is lost, and with it every link already sent."""
    (tmp_path / "mailer.toml").write_text("# mine\n")
    again = mailer("init", cwd=tmp_path)
    assert again.returncode == 1
    assert "mailer.toml: it is there already; move it away" in again.stderr
    assert (tmp_path / "mailer.toml").read_text() == "# mine\n"
    assert [file.name for file in tmp_path.iterdir()] == ["mailer.toml"]


def test_init_leaves_nothing_half_made(tmp_path: Path) -> None:
    """A second try must not stumble over the ruins of the first."""
    (tmp_path / "keys").write_text("in the way")
    failed = mailer("init", cwd=tmp_path)
    assert failed.returncode == 1
    assert "cannot be made (file exists)" in failed.stderr
    assert not any((tmp_path / name).is_file() for name in FILES)


def test_data_can_lie_elsewhere(tmp_path: Path) -> None:
    """A service keeps its data under /var while its configuration lies in /etc."""
    data = tmp_path / "var"
    made = mailer("init", "etc", "--data", str(data), cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    settings = Settings.load(tmp_path / "etc/mailer.toml")
    assert settings.data_dir == data
    assert settings.secret_key_file == data / "secret.key"
    assert settings.secret_key_file.is_file()


def test_published_records_match_the_keys(tmp_path: Path) -> None:
    """With a record that does not fit its key, every signature fails at every receiver."""
    said = mailer("init", "--domain", "News.example.net", cwd=tmp_path).stdout
    records = {
        name: "".join(re.findall(r'"([^"]*)"', rest))
        for name, rest in re.findall(r"^(\S+)\. IN TXT (.*)$", said, re.MULTILINE)
    }
    assert set(records) == {
        "mailer-ed._domainkey.news.example.net",
        "mailer-rsa._domainkey.news.example.net",
        "news.example.net",
        "_dmarc.news.example.net",
    }
    keys = {
        name: load_pem_private_key((tmp_path / f"keys/mailer-{name}.pem").read_bytes(), None)
        for name in ("ed", "rsa")
    }
    assert isinstance(keys["ed"], ed25519.Ed25519PrivateKey)
    published = public_half(records["mailer-ed._domainkey.news.example.net"], "ed25519")
    assert published == keys["ed"].public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    assert isinstance(keys["rsa"], rsa.RSAPrivateKey)
    assert keys["rsa"].key_size == 2048
    published = public_half(records["mailer-rsa._domainkey.news.example.net"], "rsa")
    assert load_der_public_key(published) == keys["rsa"].public_key()


def public_half(record: str, kind: str) -> bytes:
    """Return the key in a DKIM record (RFC 6376 section 3.6.1)."""
    tags = dict(tag.strip().split("=", 1) for tag in record.split(";"))
    assert (tags["v"], tags["k"]) == ("DKIM1", kind)
    return base64.b64decode(tags["p"], validate=True)


def test_long_records_are_split_as_dns_wants() -> None:
    """One string of a TXT record holds 255 bytes; an RSA key does not fit."""
    parts = strings("x" * 600)
    assert [len(part) for part in parts] == [257, 257, 92]


def test_the_written_file_holds_every_setting_at_its_default(tmp_path: Path) -> None:
    """An operator learns the settings from this file; a wrong default there would mislead."""
    written = example()
    for name in Settings.model_fields:
        assert len(re.findall(rf"^(?:# )?{name} = ", written, re.MULTILINE)) == 1, name
    plain, commented = tmp_path / "plain.toml", tmp_path / "commented.toml"
    plain.write_text(written)
    commented.write_text(re.sub(r"^# (?=[a-z_]+ = )", "", written, flags=re.MULTILINE))
    assert Settings.load(plain).model_dump() == Settings.load(commented).model_dump()
    assert max(map(len, written.splitlines())) <= 100


def test_problems_go_to_stderr_and_exit_with_2(tmp_path: Path) -> None:
    """Scripts and systemd tell a wrong configuration from a failure by the exit code."""
    (tmp_path / "mailer.toml").write_text("workers = 0\ntopicz = []\n")
    done = mailer("config", "check", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        'mailer.toml line 2: there is no setting "topicz"; did you mean "topics"?',
        "mailer.toml line 1, workers: 0 does not fit; give a whole number from 1 to 64",
    ]


def test_check_asks_for_what_sending_needs(tmp_path: Path) -> None:
    """Better now than when the edition is due."""
    done = mailer("config", "check", cwd=tmp_path, MAILER_LIST_DOMAIN="lists.example.org")
    assert done.returncode == 2
    assert done.stderr.startswith("sender_address: ")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('public_url = "https://lists.museum"', "web_listen is empty"),
        ('web_listen = "http://127.0.0.1:8080"', "public_url is empty"),
        ("", "dkim_keys is empty"),
        ("", "listen and imap_url are empty"),
        ("", "owner_address is empty"),
    ],
)
def test_check_names_what_most_lists_have(tmp_path: Path, lines: str, said: str) -> None:
    """Such a setting is no error, but is found out when the first thousand bounces are lost."""
    needed = 'sender_address = "news@lists.museum"\nlist_domain = "lists.museum"\n'
    (tmp_path / "mailer.toml").write_text(needed + lines)
    done = mailer("config", "check", cwd=tmp_path)
    assert (done.returncode, said in done.stderr) == (0, True), done.stderr


def test_check_has_nothing_to_add_where_nothing_is_missing(tmp_path: Path) -> None:
    """Advice that never ends is not read; and a key must be of the domain that mail comes from."""
    mailer("init", "--domain", "lists.museum", cwd=tmp_path)
    more = 'listen = ["lmtp://127.0.0.1:8024"]\n'
    file = tmp_path / "mailer.toml"
    file.write_text(file.read_text().replace("# listen = []", more))
    done = mailer("config", "check", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    file.write_text(file.read_text().replace("bulletin@lists.museum", "bulletin@other.museum"))
    done = mailer("config", "check", cwd=tmp_path)
    assert "no key in dkim_keys is of other.museum" in done.stderr


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_show_names_the_origin_and_masks_passwords(tmp_path: Path, form: tuple[str, ...]) -> None:
    """Its output is sent to whoever helps."""
    (tmp_path / "mailer.toml").write_text('relays = ["smtp://robot:hunter2@relay.example.org"]\n')
    done = mailer(
        "config", "show", *form, cwd=tmp_path, MAILER_REDIS_URL="redis://:hunter2@store:6379/0"
    )
    assert done.returncode == 0, done.stderr
    assert "hunter2" not in done.stdout
    assert "smtp://robot:***@relay.example.org:587" in done.stdout
    assert "redis://***@store:6379/0" in done.stdout
    assert "MAILER_REDIS_URL" in done.stdout
    assert "mailer.toml line 1" in done.stdout
    if form:
        assert set(json.loads(done.stdout)) == set(Settings.model_fields)


def test_show_writes_topics_as_the_settings_do(tmp_path: Path) -> None:
    """What is in force can be copied into a file or a variable."""
    told = mailer("config", "show", cwd=tmp_path)
    assert '["bulletin", "meetings"]  (default)' in told.stdout
    (tmp_path / "mailer.toml").write_text(
        'workers = 3\n\n[topics.press]\nname = { fr = "Presse" }\n[topics.board]\nvisible = false\n'
    )
    done = mailer("config", "show", "--json", cwd=tmp_path)
    shown = json.loads(done.stdout)["topics"]
    assert shown == {
        "value": {"press": {"name": {"fr": "Presse"}}, "board": {"visible": False}},
        "from": "mailer.toml line 3",
    }
    again = mailer(
        "config", "show", "--json", cwd=tmp_path, MAILER_TOPICS=json.dumps(shown["value"])
    )
    assert json.loads(again.stdout)["topics"]["value"] == shown["value"]


def test_help_lists_the_nouns_without_loading_them(tmp_path: Path) -> None:
    """Help that takes a second is help that nobody calls."""
    heavy = ["mailer.config", "pydantic", "babel", "cryptography", "redis", "rq", "rich"]
    code = (
        "import sys; from mailer.cli.main import main\n"
        "try: main()\n"
        f"finally: print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert "  init " in done.stdout
    assert "  config " in done.stdout
    assert done.stdout.endswith("[]\n")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--version",), 0, "mailer "),
        (("confg",), 2, "config"),
        (("config", "check", "--config"), 2, "--config"),
        (("--config", "nowhere.toml", "config", "check"), 2, "nowhere.toml: there is no such"),
        (("--log-level", "loud", "config", "check"), 2, '--log-level: "loud" is not one'),
        (("init", "--domain", "a b"), 1, '--domain: "a b" is not a domain name'),
    ],
)
def test_wrong_calls_are_answered_in_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """Nobody should see a traceback for a typing error."""
    done = mailer(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    """`mailer config show | head -1` must not end in a traceback."""
    with subprocess.Popen(
        [sys.executable, "-c", "from mailer.cli.main import main; main()", "config", "show"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


def test_a_path_that_cannot_be_used_is_told_in_a_sentence(tmp_path: Path) -> None:
    """The commonest mistake of a first day is a path that leads elsewhere."""
    (tmp_path / "mailer.toml").mkdir()
    done = mailer("--config", "mailer.toml", "config", "check", cwd=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    (tmp_path / "file").touch()
    done = mailer("init", "file/x", cwd=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)


def test_processes_of_the_service_find_the_keys_that_init_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker is told its settings by variables, keys included, and may start elsewhere."""
    made = tmp_path / "made"
    assert mailer("init", str(made), cwd=tmp_path).returncode == 0
    parent = Settings.load(made / "mailer.toml")
    assert [key.selector for key in parent.dkim_keys] == ["mailer-ed", "mailer-rsa"]
    for name, value in parent.environment().items():
        monkeypatch.setenv(name, value)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    child = Settings.load()
    assert child.model_dump() == parent.model_dump()
    assert all(key.file.is_file() for key in child.dkim_keys)
