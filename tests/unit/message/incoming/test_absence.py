"""A machine's answer told from a person's by words alone: two signs together, and nothing asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.message.incoming.automatic import is_absence

NOTES: dict[str, tuple[str, str]] = {
    "en": ("I am out of the office.", "In urgent cases please contact office@example.com."),
    "fr": ("Je suis en congé.", "En cas d'urgence, contactez office@example.com."),
    "es": ("Estoy de vacaciones.", "Le responderé a mi regreso."),
    "de": ("Ich bin im Urlaub.", "Ihre Nachricht wird nicht weitergeleitet."),
    "it": ("Sono in ferie.", "Risponderò al mio ritorno."),
    "pt": ("Estou de férias.", "Responderei no meu regresso."),
    "nl": ("Ik ben met vakantie.", "Uw bericht wordt niet doorgestuurd."),
    "sv": ("Jag är på semester.", "Vid brådskande ärenden, kontakta växeln."),
    "pl": ("Jestem na urlopie.", "Odpowiem po powrocie."),
    "ru": ("Я в отпуске.", "Отвечу после возвращения."),
    "tr": ("Yıllık izindeyim.", "Acil durumlarda ofis ile iletişime geçin."),
    "ja": ("休暇をいただいております。", "お急ぎの方は総務までご連絡ください。"),
    "zh": ("我正在休假。", "如有急事请联系办公室。"),
    "ko": ("휴가 중입니다.", "급한 용건은 사무실로 연락 바랍니다."),
    "ar": ("أنا في إجازة.", "سأعود قريبا."),
}
"""A notice of absence, and its consequence, in each language."""
QUESTIONS = ["Can you send it again?", "Pouvez-vous le renvoyer ?", "Könnten Sie es mir schicken?"]


def note(text: str, *, bare: bool = True) -> bool:
    """Tell whether a text under an indifferent subject is taken for a machine's."""
    return is_absence("Spring bulletin", text, bare=bare)


@pytest.mark.parametrize("said", NOTES.values(), ids=NOTES)
def test_two_sentences_of_a_note_give_it_away_and_one_does_not(said: tuple[str, str]) -> None:
    """People say that they are away, too; only a machine says nothing else."""
    assert note(" ".join(said))
    assert not note("Spring is here.")
    assert not note(said[1])


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("said", NOTES.values(), ids=NOTES)
def test_who_asks_is_a_person(said: tuple[str, str], question: str) -> None:
    """A letter that is taken for a machine's is never read by anybody."""
    assert not note(f"{' '.join(said)} {question}")


@pytest.mark.parametrize("said", NOTES.values(), ids=NOTES)
def test_who_quotes_is_a_person(said: tuple[str, str]) -> None:
    """Machines that answer seldom quote; those that do say what they are."""
    assert not note(" ".join(said), bare=False)


@pytest.mark.parametrize(
    "text",
    [
        "Your request has been received. We will reply within two working days.",
        "Votre message a bien été reçu. Une réponse vous sera apportée.",
        "Hemos recibido su mensaje. No responda a este correo.",
        "Ihre Nachricht ist bei uns eingegangen. Wir melden uns in Kürze.",
        "Ваше обращение получено. Мы ответим в ближайшее время.",
    ],
)
def test_a_desk_that_confirms_and_promises_is_a_machine(text: str) -> None:
    """Tickets and acknowledgements carry no telling field as often as not."""
    assert note(text)


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for your email. I will forward it and get back to you next week.",
        "We received the bulletin and will put it on our website.",
        "Merci pour votre message. Nous serons présents le 26 avril.",
        "Hemos recibido el boletín y lo compartiremos con nuestros miembros.",
        "Danke für Ihre E-Mail. Der Termin passt uns gut.",
    ],
)
def test_who_thanks_and_speaks_of_the_matter_is_a_person(text: str) -> None:
    """Courtesy is not automation."""
    assert not note(text)


@given(st.text(max_size=300), st.text(max_size=2000), st.booleans())
def test_any_words_get_an_answer(subject: str, text: str, bare: bool) -> None:
    """A text from a stranger must not raise an error."""
    assert is_absence(subject, text, bare=bare) in {True, False}
