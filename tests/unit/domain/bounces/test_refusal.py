"""One judge of refusals: whom each is about, over stage x code x words x what came before (law 14)."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.bounces.judge import judge, weigh
from mailer.domain.bounces.policy import of_refusal
from mailer.domain.bounces.refusal import About, Stage, alike, stage_in
from mailer.domain.campaigns.delivery import Attempt, Outcome
from mailer.domain.inbound.kinds import Severity

OURS = (
    "Sending suspended for this account, see its inbox",
    "Your account has been suspended",
    "Your trial account is paused",
    "Account robot: not activated for sending",
    "This account is not verified",
    "Email address is not verified. These identities failed: lists.example.org",
    "The sending domain is not verified",
    "Daily user sending limit exceeded",
    "You have exceeded your hourly quota of messages",
    "Domain lists.example.org has exceeded the max emails per hour (150/150)",
    "Maximum sending rate exceeded",
    "SendAsDenied; robot@example.org may not send as bulletin@lists.example.org",
    "robot@example.org is not allowed to send as bulletin@lists.example.org",
    "<bulletin@lists.example.org>: Sender address rejected: User unknown in local table",
    "Sender address rejected: not owned by user robot",
    "Invalid sender",
    "The from address does not match a verified sender",
    "Unauthenticated senders not allowed",
    "Unusual sending activity detected, try later",
    "Duplicate header 'List-Unsubscribe'",
    "Message contains multiple From headers",
    "Authentication credentials invalid",
    "No DKIM signature, and DMARC requires one",
    "192.0.2.1 has no PTR record",
    "SPF check failed",
    "Client host [192.0.2.1] blocked using a block list",
    "Relaying denied",
    "Payment required",
    "Your plan has expired, please upgrade",
    "No credits left",
    "IP not allowed",
    "Encryption required",
    "Outgoing mail is disabled for this customer",
    "Too many complaints: your account is under review",
    "Your mailing was stopped because of a high bounce rate",
    "Votre compte est suspendu",
    "Su cuenta ha sido bloqueada",
    "Ihr Konto wurde gesperrt",
)
"""About us, in plain words."""
PERHAPS_OURS = (
    "Message rejected due to policy",
    "Access denied",
    "This message looks like spam",
)
"""About us or our mail, but it may be one message's fault."""
GONE = (
    "User unknown",
    "No such mailbox here",
    "<r1@example.org>: Recipient address rejected: User unknown in virtual mailbox table",
    "The email account that you tried to reach does not exist",
    "Domain not found",
    "The user's mailbox is disabled",
    "The email account that you tried to reach is disabled",
    "Recipient's account is suspended",
)
"""About the reader, for good."""
FOR_NOW = (
    "Mailbox full",
    "The email account that you tried to reach is over quota",
    "User over quota",
)
WISH = ("rejected by the recipient's rule",)
UNCLEAR = ("Transaction failed", "Not now, thank you")

EARLY = tuple(stage for stage in Stage if stage.names_nobody)
LATE = (Stage.RCPT, Stage.DATA, Stage.DOT)
CODES = ((450, ""), (550, ""), (554, ""), (550, "5.0.0"), (553, "5.1.0"))
TEXTS = (*OURS, *PERHAPS_OURS, *GONE, *FOR_NOW, *WISH, *UNCLEAR)


def expected(text: str, code: int) -> tuple[set[About], set[Severity]]:
    """Say what is to come of words of which each reader got others."""
    if text in OURS:
        return {About.US, About.CONNECTION}, {Severity.SENDER}
    if text in PERHAPS_OURS:
        return {About.US}, {Severity.SENDER}
    found = {About.RECIPIENT}
    if text in GONE:
        return found, {Severity.HARD if code >= 500 else Severity.SOFT}
    if text in UNCLEAR and code < 500:
        return found, {Severity.SOFT, Severity.UNDETERMINED}
    return found, {Severity.SOFT if text in FOR_NOW else Severity.UNDETERMINED}


@pytest.mark.parametrize(("stage", "coded"), list(product(LATE, CODES)))
def test_after_rcpt_the_words_decide(stage: Stage, coded: tuple[int, str]) -> None:
    """Each wording at each command and code tells whose fault it is."""
    code, enhanced = coded
    for text in TEXTS:
        if text in UNCLEAR and enhanced == "5.1.0":
            continue  # the code alone says that the address is bad
        found = weigh(text, enhanced, code, stage, own=True)
        about, severity = expected(text, code)
        assert found.about in about, text
        assert found.severity in severity, text
        assert found.sure is (text in OURS), text


@pytest.mark.parametrize(
    ("stage", "coded", "text"), list(product(EARLY, (*CODES, (421, "4.7.0"), (503, "")), TEXTS))
)
def test_before_rcpt_it_is_never_the_recipients(
    stage: Stage, coded: tuple[int, str], text: str
) -> None:
    """Nobody was named yet, whatever the words say."""
    code, enhanced = coded
    found = weigh(text, enhanced, code, stage, own=True)
    assert found.about is not About.RECIPIENT
    assert (found.severity, found.sure) == (Severity.SENDER, True)


@pytest.mark.parametrize(("stage", "coded", "text"), list(product(LATE, CODES, TEXTS)))
def test_the_same_to_many_is_ours(stage: Stage, coded: tuple[int, str], text: str) -> None:
    """Whatever the words: ten readers in a row are not gone all at once."""
    code, enhanced = coded
    found = weigh(text, enhanced, code, stage, own=True, repeated=True)
    assert found.about is About.US
    assert (found.severity, found.sure) == (Severity.SENDER, True)


@pytest.mark.parametrize(
    "text",
    [
        "Too many messages in this session",
        "Mails per session limit",
        "Maximum message count per connection reached",
        "Too many recipients for this connection, open a new connection",
    ],
)
@pytest.mark.parametrize("stage", [Stage.MAIL, *LATE])
def test_a_sessions_limit_is_about_the_connection(stage: Stage, text: str) -> None:
    """Another connection will do."""
    assert weigh(text, "", 550, stage, own=True).about is About.CONNECTION


@pytest.mark.parametrize("code", [421, 500, 502, 503, 504])
def test_a_relay_that_leaves_or_is_out_of_step_speaks_of_the_connection(code: int) -> None:
    """RFC 5321 section 3.8; nothing that a reader did."""
    assert weigh("User unknown", "", code, Stage.RCPT, own=True).about is About.CONNECTION


@pytest.mark.parametrize("text", ["account disabled", "Account suspended"])
def test_an_account_is_the_readers_at_rcpt_and_nobodys_later(text: str) -> None:
    """Its recipient was accepted before: the account may as well be ours."""
    assert weigh(text, "", 550, Stage.RCPT, own=True).severity is Severity.HARD
    assert weigh(text, "", 550, Stage.DOT, own=True).severity is Severity.UNDETERMINED


@pytest.mark.parametrize(
    ("stage", "text"), list(product([Stage.MAIL, *LATE], (*OURS, *PERHAPS_OURS, *WISH)))
)
def test_what_is_not_the_readers_fault_leaves_no_hard_mark(stage: Stage, text: str) -> None:
    """The score of bounces goes by the same judge."""
    said = of_refusal(Attempt(Outcome.REJECTED, 550, "", text, stage=stage))
    assert said is not None
    assert said.letter == ("s" if text in WISH and stage is not Stage.MAIL else "")


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("host a.example[192.0.2.1] said: 550 no (in reply to MAIL FROM command)", Stage.MAIL),
        ("said: 550 5.1.1 no (in reply to RCPT TO command)", Stage.RCPT),
        ("said: 554 no (in reply to end of DATA command)", Stage.DATA),
        ("error from remote mail server after MAIL FROM:<b@a.example> SIZE=9: 550 no", Stage.MAIL),
        ("error from remote mail server after pipelined end of data: 550 no", Stage.DATA),
        ("error from remote mail server after EHLO a.example: 550 no", Stage.HELLO),
        ("error from remote mail server after HELO a.example: 550 no", Stage.HELLO),
        ("said: 454 no (in reply to STARTTLS command)", Stage.TLS),
        ("said: 535 no (in reply to AUTH command)", Stage.LOGIN),
        ("said: 554 no (in reply to DATA command)", Stage.DATA),
        ("error from remote mail server after sending message: 554 no", Stage.DATA),
        ("said: 5.7.1 no (in reply to MAIL FROM command)", Stage.MAIL),
        ("said: no (in reply to MAIL FROM command)", Stage.UNKNOWN),
        ("x" * 5000 + " 550 no (in reply to MAIL FROM command)", Stage.UNKNOWN),
        (">>> MAIL From:<b@lists.example.org> SIZE=9 <<< 553 5.1.8 no", Stage.MAIL),
        (">>> RCPT To:<b@lists.example.org> <<< 553 5.1.1 no", Stage.RCPT),
        ("Connected to 192.0.2.1 but my name was rejected.", Stage.MAIL),
        ("Connected to 192.0.2.1 but sender was rejected.", Stage.MAIL),
        ("Connected to 192.0.2.1: my name has been rejected.", Stage.MAIL),
        ("SMTP timeout after MAIL FROM:<b@a.example>: no answer", Stage.UNKNOWN),
        ("550 (in reply to MAIL FROM command) 550 (in reply to RCPT TO command)", Stage.UNKNOWN),
        ("550 5.1.1 User unknown", Stage.UNKNOWN),
        ("", Stage.UNKNOWN),
    ],
)
def test_a_report_says_which_command_was_refused(text: str, stage: Stage) -> None:
    """As Postfix, Exim, sendmail and qmail write it."""
    assert stage_in(text) is stage


def test_a_report_that_names_two_early_commands_is_about_no_recipient() -> None:
    """Whichever it was, nobody had been named yet."""
    text = "550 no (in reply to EHLO command), 550 no (in reply to MAIL FROM command)"
    assert stage_in(text) in {Stage.HELLO, Stage.MAIL}


@pytest.mark.parametrize("stage", Stage)
def test_before_rcpt_nobody_was_named(stage: Stage) -> None:
    """The order of commands (RFC 5321 section 4.1.4), written down a second time."""
    early = {Stage.CONNECT, Stage.HELLO, Stage.TLS, Stage.LOGIN, Stage.MAIL}
    assert stage.names_nobody is (stage in early)


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 user unknown (in reply to MAIL FROM command)",
        "SMTP error from remote mail server after MAIL FROM:<b@a.example>: 451 no such user",
        "550 5.4.6 Unusual sending activity detected. Please try after sometime.",
        "554 Email address is not verified.",
        "The group does not exist or you may not post to it",
        "Connected to 192.0.2.1 but my name was rejected.",
        "554 Sending suspended for this account",
    ],
)
def test_a_report_by_mail_goes_by_the_same_judge(text: str) -> None:
    """An alert for the secretariat, never a point against the reader."""
    assert judge(text).severity is Severity.SENDER


def test_the_same_said_of_others_is_alike() -> None:
    """Addresses, numbers, ids and links differ; the words do not."""
    words = "<{0}@{0}.example>: no {0} here, qid=4X{1}, https://{0}.example/{1}?"
    one = alike(550, "5.1.1", words.format("ann", 7), "ann@ann.example")
    assert one == alike(550, "5.1.1", words.format("bob", 12), "bob@bob.example")
    assert one != alike(550, "5.1.1", "<bob@bob.example>: gone", "bob@bob.example")
    assert one != alike(554, "5.1.1", words.format("bob", 12), "bob@bob.example")
    token = "Rejected (kXbTqRwZsPl)"
    assert alike(550, "", token) == alike(550, "", token.replace("kX", "Zp"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("see https://a.example/x", "see https://b.example/y"),
        ("see www.a.example", "see www.b.example"),
        ("no ann@a.example here", "no bob@b.example here"),
        ("id: abc gone", "id: xyz gone"),
        ("gone, queue=abc", "gone, queue=xyz"),
        ("line 4x is busy", "line 71y is busy"),
        ("No; such: user!", "no such user"),
        (" no such user ", "no such user"),
        (f"denied {'a' * 25}", f"denied {'b' * 30}"),
    ],
)
def test_what_a_server_puts_in_anew_each_time_does_not_count(one: str, other: str) -> None:
    """Each of these alone would make ten refusals of one kind look like ten kinds."""
    assert alike(550, "", one) == alike(550, "", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"denied {'a' * 24}", f"denied {'b' * 24}"),
        ("the annex is full", "the bobex is full"),
        ("mailbox full", "mailbox gone"),
    ],
)
def test_other_words_are_not_alike(one: str, other: str) -> None:
    """Else what each reader's server says of its own would hold the campaign."""
    said = alike(550, "", one, "ann@example.org"), alike(550, "", other, "bob@example.org")
    assert said[0] != said[1]


@given(st.text(), st.text(), st.integers(0, 599), st.sampled_from(list(Stage)), st.booleans())
def test_any_words_are_judged(text: str, status: str, code: int, stage: Stage, own: bool) -> None:
    """Outside bytes: no words of a relay may stop a worker."""
    found = weigh(text, status, code, stage, own=own)
    assert (found.about is About.RECIPIENT) or found.severity is Severity.SENDER
    alike(code, status, text, text)
