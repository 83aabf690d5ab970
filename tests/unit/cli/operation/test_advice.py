"""Advice of `mailer config check`: on whom the service believes (RFC 8601 section 5), on topics."""

from __future__ import annotations

from typing import Any

import pytest

from mailer.cli.operation.advice import advice
from mailer.config import Settings

SERVER = "mx.example.org"


def said(**settings: Any) -> list[str]:
    """Return what is said about authentication."""
    return [one for one in advice(Settings(**settings)) if "uthenticat" in one]


@pytest.mark.parametrize(
    ("listen", "warned"),
    [
        (["smtp://0.0.0.0:25"], 1),
        (["smtp://[::]:25", "lmtp://0.0.0.0:8024"], 2),
        (["lmtp://mail.example.org:8024"], 1),
        (["lmtp://127.0.0.1:8024", "lmtp:///run/mailer.sock"], 0),
        (["smtp://localhost:2525", "smtp://[::1]:2525"], 2),
        (["lmtp://localhost:2525", "lmtp://[::1]:2525"], 0),
        ([], 0),
    ],
)
def test_an_open_listener_is_told_to_be_no_place_where_findings_are_believed(
    listen: list[str], warned: int
) -> None:
    """An operator who sets the server's name must know that it does not make everybody believed."""
    found = said(listen=listen, authentication_server=SERVER)
    assert len(found) == warned
    for sentence, place in zip(found, listen, strict=False):
        assert place in sentence
        assert "are not believed" in sentence
        assert "authentication_hosts" in sentence
    hosts = ["10.0.0.25"]
    assert said(listen=listen, authentication_server=SERVER, authentication_hosts=hosts) == []
    assert said(listen=listen) == []


def test_what_does_nothing_without_a_server_is_told() -> None:
    """A list of reporters that nobody can be known to be is no list."""
    found = said(complaint_reporters=["reports.example.net"], authentication_hosts=["10.0.0.1"])
    assert [sentence.split()[1] for sentence in found] == [
        "authentication_hosts",
        "complaint_reporters",
    ]


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0"])
def test_believing_everybody_is_told(network: str) -> None:
    """It looks like a cure when a mail server's address is not known."""
    (sentence,) = said(authentication_server=SERVER, authentication_hosts=[network])
    assert "everybody" in sentence


@pytest.mark.parametrize(
    ("topics", "languages", "missing"),
    [
        (["bulletin", "meetings"], ["en", "fr", "es"], []),
        (["bulletin"], ["en", "de", "fr-CA"], ['bulletin has no name in de: readers see "The']),
        ({"press": {"name": "Press"}}, ["en", "fr"], []),
        ({"press": {"name": {"en": "Press"}}}, ["en", "fr"], ['in fr: readers see "Press"']),
        (["press"], ["en", "fr"], ['press has no name in en, fr: readers see "press"']),
    ],
)
def test_a_topic_without_a_name_in_a_language_is_told(
    topics: Any, languages: Any, missing: list[str]
) -> None:
    """Readers of that language see another one's, or an id."""
    found = [
        one for one in advice(Settings(topics=topics, languages=languages)) if " topic " in one
    ]
    assert len(found) == len(missing)
    for sentence, words in zip(found, missing, strict=True):
        assert words in sentence
