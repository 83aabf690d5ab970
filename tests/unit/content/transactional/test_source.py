"""A template's files: read, or refused with all that is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer.content.transactional import source
from mailer.errors import InputError
from support.samples.registration import FOLDER, files, small, template

TEXT = "[variables.name]\ntype = 'text'\nexample = 'Ana'\n"
URL = "[variables.page]\ntype = 'url'\nexample = 'https://example.org/a'\n"


def faults(given: dict[str, bytes], topics: tuple[str, ...] | None = None) -> str:
    """Return what is wrong with files, a line for each."""
    with pytest.raises(InputError) as caught:
        source.load_files(given, topics)
    return str(caught.value)


def test_the_sample_is_read_whole() -> None:
    """It is what the documentation shows."""
    found = template()
    assert (found.slug, found.topic, found.languages) == ("registration", "", ("en", "fr", "es"))
    assert list(found.variables) == ["name", "meeting", "day", "ticket_url", "fee", "sessions"]
    assert not found.variables["fee"].required
    assert found.language_for("fr-CH") == "fr"
    assert found.language_for("de") == "en"


def test_all_problems_are_told_at_once() -> None:
    """A secretary mends them in one go; each has its place."""
    manifest = files()["template.toml"].decode()
    manifest = manifest.replace('es = "Su inscripción: {{ meeting }}"', "")
    manifest = manifest.replace("{{ meeting }}", "{{ meting }}", 1)
    manifest = manifest.replace('example = "Annual meeting"\n', "")
    manifest = manifest.replace('type = "number"', 'type = "money"')
    given = {**files(), "template.toml": manifest.encode(), "de.md": b"x"}
    given["fr.md"] = given["fr.md"].replace(b"{{ name }}", b"{{ nom }}", 1)
    del given["es.md"]
    told = faults(given)
    for said in (
        "there is no subject in 'es'",
        "es.md: the file is missing",
        "de.md: its language is not named",
        "the variable 'meting' is not declared",
        "the variable 'nom' is not declared",
        "'meeting' has no example",
        "there is no type 'money'",
    ):
        assert said in told


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("", "'slug' is missing"),
        ("slug = 'A b'", "cannot be a name"),
        ("slug = 'a'\nslugg = 1", "unknown key 'slugg'"),
        ("slug = 'a'", "no languages are named"),
        ("slug = 'a'\nlanguages = ['en', 'xx-unknown']", "unknown language code"),
        ("slug = 'a'\ntopic = 'x'", "there is no topic 'x'"),
        ("slug = 'a'\nvariables = 1", "this is no table"),
        ("slug = 'a'\n[variables.Bad]\ntype='text'\nexample='x'", "cannot be a variable's name"),
        ("slug = 'a'\n[variables.loop]\ntype='text'\nexample='x'", "cannot be a variable's name"),
        ("slug = 'a'\n[variables.a]\ntype='text'\nexample=1", "the example of 'a' does not fit"),
        ("slug = 'a'\n[variables.a]\ntype='text'\nexample=''", "the example of 'a' is empty"),
        ("slug = 'a'\n[variables.a]\ntype='text'\nexample='x'\nof='text'", "only a list has 'of'"),
        ("slug = 'a'\n[variables.a]\ntype='list'\nof=1\nexample=['x']", "'of' does not tell"),
        ("slug = 'a'\n[variables.a]\ntype='list'\nof={b='list'}\nexample=['x']", "'of' does not tell"),
        ("slug = 'a'\n[variables.a]\ntype='list'\nof={b='date'}\nexample=[{b='x'}]", "(item 1 b)"),
        ("not toml", "not valid TOML"),
    ],
)  # fmt: skip
def test_a_manifest_is_checked(manifest: str, said: str) -> None:
    """Misspelt keys and examples that do not fit are mistakes."""
    given = {**small("Hi."), "template.toml": manifest.encode()}
    assert said in faults(given, ("meetings",))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "the file has no text"),
        ("::: figure\nimage: a.png\n:::", "the block 'figure' has no place"),
        ("::: standing history\n:::", "the block 'standing' has no place"),
        ("::: dates\n:::", "the block 'dates' has no place"),
        ("::: box\nnever closed", "never closed"),
        ("::: button\nNowhere\n:::", "leads nowhere"),
        ("[a]({{ name }})", "could lead readers elsewhere"),
        ("[a](https://{{ name }}/)", "could lead readers elsewhere"),
        ("[a](https://example.org{{ name }}/)", "could lead readers elsewhere"),
        ("[a](mailto:{{ name }})", "could lead readers elsewhere"),
        ("[a]({{ page }}.example.org)", "could lead readers elsewhere"),
        ("[a](https://example.org/?to={{ page }})", "could lead readers elsewhere"),
        ("::: button {{ name }}\nGo\n:::", "could lead readers elsewhere"),
        ("{% if name == 'other' %}\n[a]({{ name }})\n{% endif %}", "could lead readers elsewhere"),
        ("{% if name > 3 %}x{% endif %}", "does not fit"),
        ("{{ leave_url }}", "the variable 'leave_url' is not declared"),
        ("{% for a in name %}x{% endfor %}", "one declared list"),
        ("# Title", "has no place here"),
    ],
)  # fmt: skip
def test_a_text_is_checked_in_every_branch(body: str, said: str) -> None:
    """A branch that no example takes is taken one day."""
    assert said in faults(small(body, TEXT + URL))


def test_a_text_is_written_without_what_is_not_required() -> None:
    """A button without its address would break the mail of the first who lacks it."""
    optional = URL + "required = false\n"
    told = faults(small("::: button {{ page }}\nGo\n:::", optional))
    assert "leads nowhere" in told
    assert "required only" in told
    body = "{% if page %}\n::: button {{ page }}\nGo\n:::\n{% endif %}\nHi."
    assert source.load_files(small(body, optional)).slug == "small"


def test_only_its_own_files_are_read(tmp_path: Path) -> None:
    """A link could lead to any file of the machine."""
    folder = tmp_path / "template"
    folder.mkdir()
    for name, content in small("Hi.").items():
        (folder / name).write_bytes(content)
    (folder / "notes.txt").write_text("for us")
    assert sorted(source.collect_files(folder)) == ["en.md", "template.toml"]
    (tmp_path / "secret.md").write_text("secret")
    (folder / "fr.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(InputError, match="leads out of the folder"):
        source.collect_files(folder)


def test_a_folder_of_something_else_is_told(tmp_path: Path) -> None:
    """With the way to go on."""
    with pytest.raises(InputError, match=r"template\.toml"):
        source.collect_files(tmp_path)


@pytest.mark.parametrize(
    "given",
    [
        {"../en.md": b"x"},
        {"images/a.png": b"x"},
        {"en.md": b"x" * (source.FILE_LIMIT + 1)},
        {f"{number}.md": b"" for number in range(60)},
        {"en.md": b"\xff\xfe"},
        {"en.md": "+++\ntitle = 'a'\n+++\n\ue000v_a\ue001".encode()},
    ],
)
def test_files_from_elsewhere_are_bounded(given: dict[str, bytes]) -> None:
    """They also come by the API."""
    assert faults({**small("Hi."), **given})


def test_the_sample_s_folder_is_what_is_kept() -> None:
    """Nothing else goes into a version's digest."""
    assert set(files()) == {one.name for one in FOLDER.iterdir()}
