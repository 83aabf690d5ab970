"""Reports that mail is late, and reports that it was given up."""

from __future__ import annotations

import pytest

from mailer.message.bounces.delays import is_delay

LATE = """
Ihre Nachricht wurde noch nicht zugestellt.
Die Zustellung Ihrer Nachricht verzoegert sich
Votre message n'a pas encore été remis. De nouvelles tentatives seront effectuées.
Su mensaje todavía no ha sido entregado; el servidor seguirá intentándolo.
Il messaggio non è ancora stato consegnato. Riproveremo per 3 giorni.
A sua mensagem ainda não foi entregue. Continuaremos a tentar.
Uw bericht kon nog niet worden afgeleverd
Ditt meddelande har ännu inte levererats
Din besked er endnu ikke leveret. Vi prøver igen.
Viestiäsi ei ole vielä toimitettu
Wiadomość jeszcze nie została dostarczona
Zpráva zatím nebyla doručena. Další pokusy budou následovat.
Az üzenetet még nem sikerült kézbesíteni
Mesajul nu a fost încă livrat
Ваше письмо ещё не доставлено
Mesajınız henüz teslim edilmedi
メッセージはまだ配信されていません
您的邮件尚未送达
메시지가 아직 배달되지 않았습니다
"""
GIVEN_UP = """
Ihre Nachricht konnte nicht zugestellt werden. Es werden keine weiteren Zustellversuche unternommen.
Your message could not be delivered. I've given up.
Votre message n'a pas été remis. Aucune nouvelle tentative ne sera effectuée.
No se pudo entregar su mensaje a los siguientes destinatarios
Uw bericht kon niet worden bezorgd
Wiadomość nie została dostarczona
Письмо не доставлено
无法投递您的邮件
"""


@pytest.mark.parametrize("text", LATE.strip().splitlines())
def test_not_yet_is_a_delay_in_any_language(text: str) -> None:
    """A delay counts nothing against the reader: the mail may still arrive."""
    assert is_delay(text, "")


@pytest.mark.parametrize("text", GIVEN_UP.strip().splitlines())
def test_what_was_given_up_is_no_delay(text: str) -> None:
    """A failure that is taken for a delay would keep a dead address on the list."""
    assert not is_delay(text, "")
