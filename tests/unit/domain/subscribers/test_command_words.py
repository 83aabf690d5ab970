"""The request in a person's mail: by the address, else by a clear first word (cases 22-34)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.content.language.command_words import languages, vocabularies
from mailer.domain.subscribers.command import Verb, language_of, of_address, of_line, of_text
from mailer.domain.subscribers.substance import Writing

WORDS = vocabularies()
TOKEN = "2-1-0123456789abcdef"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("subscribe", "subscribe"),
        ("Subscribe fr", "subscribe fr"),
        ("subscribe français", "subscribe fr"),
        ("s'abonner", "subscribe"),
        ("S’ABONNER", "subscribe"),
        ("suscribirse", "subscribe"),
        ("UnSuBScRiBe ME NOW", "leave"),
        ("unsubscribe!!!", "leave"),
        ("désabonner", "leave"),
        ("Desabonner svp", "leave"),
        ("darse de baja", "leave"),
        ("Baja, por favor", "leave"),
        ("language es", "language es"),
        ("langue anglais", None),
        ("idioma español", "language es"),
        ("topics bulletin meetings", "topics bulletin meetings"),
        ("status", "status"),
        ("calendrier", "calendar"),
        ("ayuda", "help"),
        (f"confirm {TOKEN}", f"confirm {TOKEN}"),
        ("subscribe address=someone@example.net", "refused subscribe"),
        ("Please subscribe me to your list, thanks", None),
        ("Could you subscribe a colleague?", None),
        ("Help me find the paper", None),
        ("leave it to me", None),
        ("language", None),
        ("subscribe de", None),
        ("abonnieren", None),
        ("", None),
    ],
)
def test_a_line_is_a_command_only_as_a_whole(line: str, told: str | None) -> None:
    """Guessing would subscribe a person who only asked about it."""
    found = of_line(line, WORDS)
    assert (str(found) if found else None) == told


def test_words_of_a_language_that_is_not_configured_mean_nothing() -> None:
    """Case 31: a list in English must not act on a Spanish word that also means something else."""
    assert of_line("baja", vocabularies(["en"])) is None
    assert vocabularies(["xx"]).by_language == {}


@pytest.mark.parametrize(
    "mark",
    [
        *(
            "",
            "Re: ",
            "AW: ",
            "RE : ",
            "回复: ",
            "Re: Re: ",
            "Re[2]: ",
            "Re: Re[2]: ",
            "R: ",
            "RIF: ",
        ),
        *("Odp: ", "SV: ", "Antw: ", "Ynt: ", "Vá: ", "RES: ", "ΑΠ: ", "Отв: ", "[EXTERNAL] Re: "),
        *("Re: [EXT] ", "EXTERNAL: ", "【外部】", "[外部邮件] 回复：", "Re(2): ", "TL: ", "Atb: "),
    ],
)
def test_marks_of_reply_before_a_command_do_not_matter(mark: str) -> None:
    """Case 22: programs put them before the subject, in every language."""
    assert str(of_text(Writing(f"{mark}confirm {TOKEN}"), WORDS)) == f"confirm {TOKEN}"


@pytest.mark.parametrize(
    ("recipient", "ours", "told"),
    [
        ("bulletin-subscribe@lists.example.org", True, "subscribe"),
        ("bulletin-subscribe+FR@lists.example.org", True, "subscribe fr"),
        ("bulletin-leave@lists.example.org", True, "leave"),
        (f"bulletin-leave+{TOKEN}@lists.example.org", True, f"leave {TOKEN}"),
        (f"<bulletin-confirm+{TOKEN}@lists.example.org>", True, f"confirm {TOKEN}"),
        ("bulletin-confirm@lists.example.org", True, None),
        ("bulletin-help@lists.example.org", True, "help"),
        ("bulletin-owner@lists.example.org", True, None),
        ("bulletin-bounces+1-2-x@lists.example.org", True, None),
        ("bulletin@lists.example.org", False, None),
        ("ana@example.com", False, None),
    ],
)
def test_the_address_tells_what_is_asked(recipient: str, ours: bool, told: str | None) -> None:
    """Phones send an empty mail (case 47); the text is not asked where the address is clear."""
    found = of_address([recipient])
    assert found.ours == ours
    assert (str(found.command) if found.command else None) == told


@pytest.mark.parametrize("language", languages())
def test_every_language_has_a_word_for_every_command(language: str) -> None:
    """A reader who may read the bulletin in a language may also command in it."""
    words = vocabularies().by_language[language]
    assert set(words.commands) == set(Verb) - {Verb.REFUSED}
    assert all(words.commands.values())
    assert words.names
    assert words.fillers
    assert words.common


def test_no_phrase_means_two_things() -> None:
    """A word that subscribes in one language and leaves in another would do harm."""
    meanings: dict[str, set[Verb]] = {}
    for words in WORDS.by_language.values():
        for verb, phrases in words.commands.items():
            for phrase in phrases:
                meanings.setdefault(phrase.casefold(), set()).add(verb)
    assert not {phrase: verbs for phrase, verbs in meanings.items() if len(verbs) > 1}


@pytest.mark.parametrize(
    ("declared", "text", "told"),
    [
        ("fr-CH, en;q=0.5", "the and you for", "fr"),
        ("", "Bonjour, je vous remercie pour le bulletin, avec mes salutations", "fr"),
        ("", "Thank you for the bulletin, and for this copy", "en"),
        ("", "Gracias por el boletín, está muy bien para los socios", "es"),
        ("", "OK", ""),
        ("de", "Danke", ""),
    ],
)
def test_a_writers_language_is_told_by_header_then_words(
    declared: str, text: str, told: str
) -> None:
    """Case 21: an answer in the reader's language, and no guess where nothing tells."""
    assert language_of(declared, text, WORDS) == told


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_read(subject: str, line: str) -> None:
    """Strangers write anything; nothing of it may raise."""
    found = of_text(Writing(subject, tuple(line.split("\n"))), WORDS)
    assert found is None or found.verb in Verb
    assert language_of(subject, line, WORDS) in {"", *languages()}
