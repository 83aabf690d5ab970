"""Wrong settings: each is told with its place and a remedy, in our own words, all at once."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.config import Settings
from mailer.domain.settings.setting import SettingError
from mailer.errors import ConfigError, Problem

PYDANTIC = re.compile(r"Input should|valid (?:string|integer)|Extra inputs|Field required|pydantic")


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in list(os.environ):
        if name.startswith("MAILER_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def problems_of(content: str | bytes) -> tuple[Problem, ...]:
    """Load that file and return what is wrong with it."""
    file = Path("mailer.toml")
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError) as caught:
        Settings.load(file)
    assert caught.value.exit_code == 2
    return caught.value.problems


BAD = [
    ("langages = ['en']", "line 1", "no setting", 'did you mean "languages"?'),
    ("zzz = 1", "line 1", 'no setting "zzz"', "mailer config show"),
    ("[relay]\nhost = 'x'", "line 1", 'no setting "relay"', 'did you mean "relays"?'),
    ("workers = 2\nworkers 3", "line 2, column 9", "not TOML", "name = value"),
    ("sender_name = 'Bulletin", "at its end", "not TOML", "quotes"),
    ("topics = ['a'", "at its end", "not TOML", "brackets"),
    (b"sender_name = '\xe9'", "mailer.toml", "byte 16 is not UTF-8", "UTF-8"),
    ("data_dir = 5", "data_dir", "a number, not a text", "quotes"),
    ("data_dir = ''", "data_dir", "empty", "give a path"),
    (
        "redis_url = 'http://s'",
        "redis_url",
        "not the URL of a store",
        "rediss://user:password@host",
    ),
    (
        "redis_url = 'redis://s:port'",
        "redis_url",
        "not the URL of a store",
        "rediss://user:password@host",
    ),
    (
        "redis_url = 'redis+sentinel://a,b'",
        "redis_url",
        "not the URL",
        "redis+sentinel://user:password@host1",
    ),
    ("durability = 'never'", "durability", '"never"', "always or everysec"),
    ("languages = []", "languages", "empty", "at least one"),
    ("languages = ['en', 'xx']", "languages, item 2", '"xx"', "en, fr, es"),
    ("languages = ['en', 'en']", "languages", '"en" is there twice', "remove one"),
    ("languages = 3", "languages", "a number, not a list", "brackets"),
    ("topics = ['Big News']", "topics, item 1", '"Big News"', "small letters"),
    ("[topics.press]\nnane = 'x'", "line 1, topics, press", 'no "nane"', 'did you mean "name"'),
    ("[topics.press]\nname = { de = 'x' }", "topics, press, name", "de is not one", "languages"),
    ("[topics.fr]\n[topics.press]", "topics, fr", "code of a language", "another id"),
    ("[topics.press]\n[relays]", "line 2, relays", "a table, not a list", "brackets"),
    ("[topics.press]\nworkers = 2", "topics, press", 'no "workers"', "above the first [topics"),
    ("sender_name = { de = 'Brief' }", "sender_name", "de is not one of", "add it to languages"),
    ("sender_name = ''", "sender_name", "empty", "give the name"),
    ('sender_name = "a\\nBcc: b"', "sender_name", "line break", "one line"),
    ("sender_address = 'Office <o@x.org>'", "sender_address", "not a mail address", "office@"),
    ("owner_address = 'nobody'", "owner_address", '"nobody"', "office@example.org"),
    ("list_name = 'the list'", "list_name", '"the list"', "1 to 24"),
    ("list_domain = 'https://x.org'", "list_domain", "not a domain name", "lists.example.org"),
    (
        "list_domain = 'x.org'\nowner_address = 'bulletin@x.org'",
        "line 1, list_domain",
        "own mailbox",
        "that people read",
    ),
    ("relays = ['relay.example.org']", "relays, item 1", "smtp://", "write it as smtp://"),
    ("relays = ['smtp://h:99999']", "relays, item 1", "port", "%3A"),
    ("relays = 'smtp://h?tls=1'", "relays, item 1", "options", "remove"),
    ("connections = 0", "connections", "0 does not fit", "from 1 to 256"),
    ("connections = true", "connections", "true or false, not a number", "from 1 to 256"),
    ("dkim_unsigned = ['From']", "dkim_unsigned, item 1", '"from" cannot be left', "message-id"),
    ("dkim_unsigned = ['x-loop']", "dkim_unsigned, item 1", '"x-loop" cannot', "message-id"),
    ("dkim_keys = [{ selector = 'a' }]", "dkim_keys, item 1", "domain, a selector", "write {"),
    (
        "dkim_keys = [{ domain = 'x.org', selector = 'a', file = 'no.pem' }]",
        "dkim_keys, item 1",
        "no.pem cannot be used: there is no such file",
        "correct the path",
    ),
    ("rate_limits = ['600 per moon']", "rate_limits, item 1", "not a rate", '"600 a minute"'),
    ("rate_limits = ['0 a day']", "rate_limits, item 1", "out of range", "from 1"),
    (
        "rate_limits = ['5 a second through r.example.org']",
        "rate_limits",
        "not in relays",
        "use one of 127.0.0.1",
    ),
    ("retry_hours = 'two days'", "retry_hours", '"two days" is not a number', "from 1 to 240"),
    ("retry_hours = nan", "retry_hours", "not a number", "from 1 to 240"),
    ("unknown_policy = 'maybe'", "unknown_policy", '"maybe"', "resend or skip"),
    ("public_url = 'http://x.org'", "public_url", "can be read on the way", "https://x.org"),
    ("public_url = 'https://x.org/'", "public_url", "slash", "remove"),
    ("public_url = 'https://x.org/a?b'", "public_url", "query", "end it before"),
    ("public_url = 'lists.example.org'", "public_url", "not a web address", "https://"),
    ("chunk_size = 1001", "chunk_size", "1001 does not fit", "multiple of 8"),
    ("log_level = 'loud'", "log_level", '"loud"', "debug, info, warning or error"),
    ("clock_offset_seconds = 2023-04-26", "clock_offset_seconds", "a date", "give seconds"),
]


@pytest.mark.parametrize(("content", "place", "text", "remedy"), BAD)
def test_a_bad_setting_is_told_with_place_and_remedy(
    content: str | bytes, place: str, text: str, remedy: str
) -> None:
    """The author of the file must be able to mend it without asking anyone."""
    (problem,) = problems_of(content)
    assert problem.place.startswith("mailer.toml")
    assert place in problem.place
    assert text in problem.text
    assert remedy in problem.remedy
    assert "\n" not in str(problem)
    assert not PYDANTIC.search(str(problem))


def test_all_problems_are_told_at_once() -> None:
    """Mending one error only to meet the next wastes an operator's evening."""
    found = problems_of(
        "nonsense = 1\nworkers = 'many'\nlanguages = ['xx', 'yy']\nlog_format = 'xml'\n"
    )
    assert [problem.place for problem in found] == [
        "mailer.toml line 1",
        "mailer.toml line 3, languages, item 1",
        "mailer.toml line 3, languages, item 2",
        "mailer.toml line 2, workers",
        "mailer.toml line 4, log_format",
    ]


def test_a_bad_variable_or_argument_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is not to blame for what the environment says."""
    monkeypatch.setenv("MAILER_WORKERS", "many")
    monkeypatch.setenv("MAILER_LANGUAGE", "en")
    monkeypatch.setenv("MAILER_SERVICE_HOST", "10.0.0.1")
    with pytest.raises(ConfigError) as caught:
        Settings.load(log_level="loud")
    assert [str(problem).partition(";")[0] for problem in caught.value.problems] == [
        "MAILER_LANGUAGE: there is no setting of that name",
        'MAILER_WORKERS: "many" is not a number',
        '--log-level: "loud" is not one of the choices',
    ]


@pytest.mark.parametrize("by_variable", [True, False])
def test_a_named_file_must_be_there(by_variable: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A typing error in --config must not start the service with defaults."""
    if by_variable:
        monkeypatch.setenv("MAILER_CONFIG", "nowhere.toml")
    with pytest.raises(ConfigError, match=r"nowhere\.toml: there is no such file; .*mailer init"):
        Settings.load(None if by_variable else Path("nowhere.toml"))


@pytest.mark.parametrize(
    "line",
    [
        "relays = ['smtp://robot:hunter2@']",
        "relays = ['smtp://robot:hunter2@h:x']",
        "relays = ['smpt://robot:hunter2@h']",
        "relays = ['smtp://robot:hunter2@h?x=hunter2']",
        "relays = ['smtp://robot:hun ter2@h']",
        "redis_url = 'redis://:hunter2@h:x'",
        "redis_url = 'valkey://:hunter2@h'",
    ],
)
def test_a_password_in_a_bad_url_is_not_repeated(line: str) -> None:
    """Error messages are pasted into tickets."""
    assert not re.search(r"hun ?ter2", "".join(map(str, problems_of(line))))


def test_a_signing_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """A person who can read it can sign in the institution's name."""
    key = tmp_path / "k.pem"
    key.write_text("-----BEGIN PRIVATE KEY-----\n")
    key.chmod(0o644)
    line = "dkim_keys = [{ domain = 'x.org', selector = 'a', file = 'k.pem' }]"
    (problem,) = problems_of(line)
    assert "other users" in problem.text
    assert problem.remedy == f"run: chmod 600 {key}"
    key.chmod(0o600)
    assert Settings.load(Path("mailer.toml")).dkim_keys[0].file == key
    key.write_text("-----BEGIN PUBLIC KEY-----\n")
    (problem,) = problems_of(line)
    assert "no private key" in problem.text


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(
    name=st.sampled_from(sorted(set(Settings.model_fields) - {"data_dir", "secret_key_file"})),
    value=ANYTHING,
)
def test_any_value_is_taken_or_refused_in_our_words(name: str, value: Any) -> None:
    """No value that a file can hold may end in a traceback or in a library's wording."""
    kind: Any = Settings.model_fields[name].metadata[0]
    problems: tuple[Problem, ...] = ()
    try:
        kind.read(value)
    except SettingError as error:
        problems = error.problems
    assert all(problem.text and problem.remedy for problem in problems)


@given(content=st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_file_is_taken_or_refused_in_our_words(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any saved mailer.toml must get a sentence as its answer."""
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(content)
    said = ""
    try:
        Settings.load(file)
    except ConfigError as error:
        said = str(error)
    assert not PYDANTIC.search(said)
