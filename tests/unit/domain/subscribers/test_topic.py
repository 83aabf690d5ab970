"""Topics: which are shown to whom, what they are called in each language, and in which order."""

from __future__ import annotations

import pytest

from mailer.domain.subscribers.topic import EVERY, Topic, Topics

BULLETIN = Topic("bulletin", {"en": "The bulletin", "fr": "Le bulletin"}, preselected=True)
PRESS = Topic("press", {EVERY: "Press"}, descriptions={"en": "What we tell journalists."})
BOARD = Topic("board", visible=False)
ALL = Topics((BULLETIN, PRESS, BOARD))


def test_topics_are_a_mapping_in_the_order_of_the_settings() -> None:
    """Forms and mails show them in the order in which somebody wrote them."""
    assert [*ALL] == ["bulletin", "press", "board"]
    assert ALL["press"] is PRESS
    assert (len(ALL), "board" in ALL, "other" in ALL) == (3, True, False)


def test_the_default_is_the_first_that_is_visible_unless_said() -> None:
    """Nobody gets a topic by default that is not for everybody."""
    assert ALL.default == "bulletin"
    assert Topics((BOARD, PRESS)).default == "press"
    assert Topics((BULLETIN, PRESS), "press").default == "press"


@pytest.mark.parametrize("topics", [(), (BOARD,)])
def test_one_topic_at_least_is_visible(topics: tuple[Topic, ...]) -> None:
    """A list that nobody can subscribe to has no form and no default."""
    with pytest.raises(ValueError, match="visible"):
        Topics(topics)


@pytest.mark.parametrize("default", ["board", "other"])
def test_the_default_is_one_of_the_visible(default: str) -> None:
    """An empty mail to the list must not be the way onto a hidden topic."""
    with pytest.raises(ValueError, match="default"):
        Topics((BULLETIN, BOARD), default)


def test_nothing_is_ticked_unless_it_says_so() -> None:
    """Consent is an act."""
    assert ALL.preselected == ("bulletin",)
    assert Topics.of("bulletin", "meetings").preselected == ()


@pytest.mark.parametrize(
    ("own", "shown"),
    [
        ((), ("bulletin", "press")),
        (("bulletin",), ("bulletin", "press")),
        (("board",), ("bulletin", "press", "board")),
        (("gone", "board"), ("bulletin", "press", "board")),
    ],
)
def test_a_reader_sees_what_is_visible_and_what_is_theirs(
    own: tuple[str, ...], shown: tuple[str, ...]
) -> None:
    """What one cannot see one cannot leave."""
    assert ALL.shown_to(own) == shown


@pytest.mark.parametrize(
    ("concerned", "public"),
    [
        ((), True),
        (("press",), True),
        (("board",), False),
        (("board", "press"), True),
        (("gone",), True),
    ],
)
def test_what_concerns_only_hidden_topics_is_not_public(
    concerned: tuple[str, ...], public: bool
) -> None:
    """The date of a board's meeting is nobody else's business."""
    assert ALL.is_public(concerned) is public


@pytest.mark.parametrize(
    ("topic", "language", "name"),
    [
        ("bulletin", "fr", "Le bulletin"),
        ("bulletin", "fr-CA", "Le bulletin"),
        ("bulletin", "es", "The bulletin"),
        ("press", "es", "Press"),
        ("board", "en", "board"),
        ("gone", "en", "gone"),
    ],
)
def test_each_topic_has_a_name_in_every_language(topic: str, language: str, name: str) -> None:
    """Another language's name, or an id, is better than a gap."""
    assert ALL.name(topic, language, ("en", "fr")) == name
    assert ALL.short(topic, language, ("en", "fr")) == name


def test_languages_stand_in_in_the_order_of_the_settings() -> None:
    """The first of `languages` is that which most readers know."""
    assert ALL.name("bulletin", "es", ("fr", "en")) == "Le bulletin"
    assert ALL.description("press", "es", ("fr", "en")) == "What we tell journalists."
    assert ALL.description("board", "en") == ""


def test_words_from_elsewhere_fill_gaps_and_replace_nothing() -> None:
    """What an institution calls its topic goes before what the program calls it."""
    elsewhere = Topic(
        "bulletin",
        {"en": "Newsletter", "es": "El boletín"},
        {"en": "the newsletter", "es": "el boletín"},
        {"en": "Each edition."},
    )
    found = Topics((BULLETIN, PRESS)).with_words(
        lambda one: elsewhere if one == "bulletin" else PRESS
    )
    assert found["bulletin"].names == {**BULLETIN.names, "es": "El boletín"}
    assert found.short("bulletin", "en") == "The bulletin", (
        "not another's short form beside our name"
    )
    assert found.short("bulletin", "es") == "el boletín"
    assert found.description("bulletin", "fr") == "Each edition."
    assert found["bulletin"].preselected


def test_a_name_for_all_languages_leaves_no_gaps() -> None:
    """Who writes one text means it for everybody."""
    other = Topic("press", {"fr": "Presse"}, {"fr": "la presse"})
    filled = PRESS.with_words(other)
    assert (filled.name("fr"), filled.short("fr")) == ("Press", "Press")


def test_a_main_language_serves_its_regions_before_words_from_elsewhere() -> None:
    """A name in `pt` is meant for readers of `pt-BR` too."""
    filled = Topic("press", {"pt": "Imprensa"}).with_words(Topic("press", {"pt-BR": "Outra"}))
    assert filled.name("pt-BR") == "Imprensa"


def test_topics_are_equal_if_all_is_and_in_the_same_order() -> None:
    """What is kept by topics must not outlive a change of their order, words or default."""
    assert Topics((BULLETIN, PRESS)) == Topics((BULLETIN, PRESS))
    assert hash(Topics((BULLETIN, PRESS))) == hash(Topics((BULLETIN, PRESS)))
    for other in (
        Topics((PRESS, BULLETIN), "bulletin"),
        Topics((BULLETIN, PRESS), "press"),
        Topics((BULLETIN, Topic("press"))),
    ):
        assert Topics((BULLETIN, PRESS)) != other
