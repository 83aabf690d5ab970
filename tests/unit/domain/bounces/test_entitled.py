"""“You may not” and “cannot” are no “there is none”, in languages that say them with one word."""

from __future__ import annotations

import pytest

from mailer.domain.bounces.judge import judge, reply_code
from mailer.domain.inbound.kinds import Reason, Severity

NOT_ENTITLED = [
    "You do not have permission to send to this recipient.",
    "Sie sind nicht berechtigt, Nachrichten an diesen Empfänger zu senden.",
    "Vous n'êtes pas autorisé à envoyer des messages à ce destinataire.",
    "No tiene permiso para enviar mensajes a este destinatario.",
    "Non si dispone dell'autorizzazione per inviare messaggi a questo destinatario.",
    "Você não tem permissão para enviar mensagens para este destinatário.",
    "U bent niet gemachtigd om berichten naar deze geadresseerde te verzenden.",
    "Nie masz uprawnień do wysyłania wiadomości do tego adresata.",
    "У вас нет разрешения на отправку сообщений этому получателю.",
    "この受信者に送信する権限がありません。",
    "您没有权限向此收件人发送邮件。",
    "이 받는 사람에게 보낼 수 있는 권한이 없습니다.",
    "Bu alıcıya gönderme izniniz yok.",
    "Du har inte behörighet att skicka till den här mottagaren.",
    "Nemáte oprávnění odesílat zprávy tomuto příjemci.",
]
NOT_ABSENT = [
    "수신자에게 메일을 배달할 수 없습니다.",
    "받는 사람의 메일 서버에서 응답이 없습니다",
    "宛先サーバからの応答がありません",
    "受信者のメールボックスに空きがありません",
    "宛先に送信されていません",
    "收件人服务器没有响应",
    "邮件没有成功发送给收件人",
    "550 5.7.1 Client does not accept mail in this language",
]
ABSENT = [
    "받는 사람을 찾을 수 없습니다",
    "받는 사람의 주소가 없습니다",
    "宛先のユーザーはいません",
    "宛先のメールアドレスがみつかりません",
    "没有此用户",
    "la cuenta de correo ha sido dada de baja",
    "the recipient is not a subscriber",
    "a@b.example has moved. Please use c@d.example instead.",
    "550 5.7.17 Mailbox owner has changed",
    "550 The mailbox owner has not logged in for 12 months",
    "Böyle bir kullanıcı yok",
]


@pytest.mark.parametrize("text", NOT_ENTITLED)
def test_who_may_not_write_hears_nothing_about_the_address(text: str) -> None:
    """Taken for an unknown user, it would take everybody of a house off the list."""
    assert judge(text, "", reply_code(text)) == (Reason.POLICY, Severity.SENDER)


@pytest.mark.parametrize("text", NOT_ABSENT)
def test_what_cannot_be_done_is_not_what_is_not_there(text: str) -> None:
    """“Cannot deliver” and “no answer” are said with the words for “there is none”."""
    assert judge(text, "", reply_code(text)).severity is not Severity.HARD


@pytest.mark.parametrize("text", ABSENT)
def test_what_is_not_there_is_hard_all_the_same(text: str) -> None:
    """A reader who is gone must not be mailed for ever."""
    assert judge(text, "", reply_code(text)).severity is Severity.HARD
