"""Reports that sound permanent but are temporary: a hard bounce removes a reader who is there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.bounces.judge import judge, reply_code
from mailer.domain.inbound.kinds import Reason, Severity

UNKNOWN = (
    "User unknown in virtual mailbox table",
    "no such user here",
    "mailbox not found",
    "Empfänger unbekannt",
    "utilisateur inconnu",
    "el buzón no existe",
    "пользователь не найден",
    "该用户不存在",
)


@pytest.mark.parametrize("words", UNKNOWN)
@pytest.mark.parametrize("code", ["450", "451 4.1.1", "450 4.0.0", "421 4.2.1"])
def test_what_is_refused_for_now_is_never_hard(code: str, words: str) -> None:
    """A server that cannot read its list of users says that it knows none."""
    text = f"{code} {words}"
    assert judge(text, "", reply_code(text)).severity is Severity.SOFT


@pytest.mark.parametrize("words", UNKNOWN)
@pytest.mark.parametrize("code", ["550", "550 5.1.1", "553", "511 5.1.1", ""])
def test_the_same_words_are_hard_where_they_are_meant_for_good(code: str, words: str) -> None:
    """A reader who is gone must not be mailed for ever."""
    text = f"{code} {words}".strip()
    assert judge(text, "", reply_code(text)).severity is Severity.HARD


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("user unknown, please try again later", Severity.SOFT),
        ("Empfänger unbekannt, bitte versuchen Sie es später erneut", Severity.SOFT),
        ("destinataire inconnu pour le moment, réessayez plus tard", Severity.SOFT),
        ("550 5.1.1 user unknown, please try again later", Severity.HARD),
        ("450 4.1.1 no such user: retry timeout exceeded", Severity.HARD),
        ("450 user unknown. I'm giving up", Severity.HARD),
        ("5.4.7 delivery expired: 450 4.1.1 no such user", Severity.HARD),
        ("450 user temporarily unknown: retry timeout exceeded", Severity.SOFT),
        ("451 4.1.1 cannot find your mailbox at the moment; message expired", Severity.SOFT),
        ("550 4.1.1 unknown user", Severity.SOFT),
        ("450 4.1.1 unverified address: verification in progress", Severity.SOFT),
    ],
)
def test_words_and_codes_are_weighed_together(text: str, severity: Severity) -> None:
    """For now wins in doubt; a permanent code, or a report that has given up, takes doubt away."""
    assert judge(text, "", reply_code(text)).severity is severity


def test_a_status_field_tells_where_the_words_hold_no_code() -> None:
    """Some reports give the words alone, and the code beside them."""
    assert judge("User unknown", "4.1.1").severity is Severity.SOFT
    assert judge("User unknown", "5.1.1").severity is Severity.HARD
    assert judge("550 5.1.1 User unknown", "4.0.0").severity is Severity.HARD
    assert judge("User unknown", "", 450).severity is Severity.SOFT


@given(st.lists(st.sampled_from([*UNKNOWN, "the domain does not exist", "account closed"])))
def test_no_words_make_a_temporary_code_hard(words: list[str]) -> None:
    """However much is said with it: nothing but giving up makes it so."""
    text = "450 4.1.1 " + "; ".join(words)
    assert judge(text, "4.1.1", 450).severity is not Severity.HARD


@pytest.mark.parametrize(
    "text",
    [
        "554 5.7.1 Message refused by recipient's preferences",
        "550 blocked by user's rules",
        "550 5.7.1 rejected by the recipient's spam filter",
        "550 Rejected by user defined filter",
        "554 sender is in the recipient's blacklist",
        "550 sender not in the recipient's contact list",
        "550 5.7.1 RESOLVER.RejectedByRule; the inbox rule",
        "554 discarded: blocked senders list of the recipient",
        "554 refusé par un filtre personnel du destinataire",
        "550 rechazado por una regla del destinatario",
        "550 vom persönlichen Filter abgelehnt",
        "550 rifiutato dal filtro del destinatario",
        "550 recusado pelo filtro do destinatário",
        "550 отклонено фильтром получателя",
        "550 受信拒否設定",
        "550 邮件被收件人拒收",
        "550 수신 거부",
    ],
)
def test_a_readers_own_filter_says_nothing_about_us_or_the_address(text: str) -> None:
    """It is no fault of ours, and the address lives: neither alarm nor suspension at once."""
    assert judge(text, "", reply_code(text)) == (Reason.FILTERED, Severity.UNDETERMINED)


@pytest.mark.parametrize(
    "text",
    [
        "550 5.7.1 rejected by the recipient's mail server",
        "550 rejected by recipient organization",
        "550 5.7.1 rejected by the recipient domain's policy",
        "554 blocked using our block list",
    ],
)
def test_a_filter_of_a_whole_house_is_about_us(text: str) -> None:
    """The secretariat has to hear of it: it concerns every reader there."""
    assert judge(text, "", reply_code(text)).severity is Severity.SENDER
