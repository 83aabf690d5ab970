"""Diagnostics as mail systems word them, and what they say about the address."""

from __future__ import annotations

import pytest

from mailer.domain.bounces.judge import judge, reply_code
from mailer.domain.inbound.kinds import Severity

HARD, SOFT = Severity.HARD, Severity.SOFT
SENDER, UNDETERMINED = Severity.SENDER, Severity.UNDETERMINED

DIAGNOSTICS: list[tuple[str, str, Severity]] = [
    ("550 Requested action not taken: mailbox unavailable", "5.0.0", HARD),
    ("550 5.1.1 unknown or illegal alias: ana@example.com", "5.0.0", HARD),
    (
        "550-5.1.1 <ana@example.com>: Email address could not be found, or was misspelled (G8)",
        "5.0.0",
        HARD,
    ),
    ("550 No such recipient here", "5.0.0", HARD),
    ("550 Invalid recipient ana@example.com (Mode: normal)", "5.0.0", HARD),
    ("550 5.1.1 <ana@example.com> is not a valid mailbox", "5.0.0", HARD),
    ("550 Address unknown", "5.0.0", HARD),
    ("553 sorry, that recipient's mailbox does not exist", "5.0.0", HARD),
    ("550 User not found: ana@example.com", "5.0.0", HARD),
    ("550 <ana@example.com>: Recipient address rejected: Recipient does not exist", "5.0.0", HARD),
    ("550 RCPT TO:<ana@example.com> User unknown", "5.0.0", HARD),
    ("550 5.7.1 Unable to relay for ana@example.com", "5.0.0", SENDER),
    ("511 sorry, no mailbox here by that name (#5.1.1 - chkuser)", "5.0.0", HARD),
    (
        "554 5.7.1 <ana@example.com>: Recipient address rejected: Policy rejection on the target address",
        "5.0.0",
        SENDER,
    ),
    ("550 #5.1.0 Address rejected ana@example.com", "5.1.0", HARD),
    ("550 5.1.0 Address rejected.", "5.1.0", HARD),
    ("550 The account ana@example.com does not accept mail from unknown senders", "5.0.0", SENDER),
    (
        "554 The message was rejected because it contains prohibited virus or spam content",
        "5.0.0",
        SENDER,
    ),
    ("550 relay not permitted", "5.0.0", SENDER),
    ("550 Sender verify failed", "5.0.0", SENDER),
    ("550 5.7.23 SPF validation failed", "5.0.0", SENDER),
    (
        "552 5.2.2 This message is larger than the current system limit or the recipient's mailbox is full.",
        "5.0.0",
        SOFT,
    ),
    ("550 5.2.2 user over quota", "5.0.0", SOFT),
    ("452 4.3.1 Insufficient system storage", "4.3.1", SOFT),
    ("421 mailbox temporarily disabled: ana@example.com", "4.2.1", SOFT),
    ("550 5.2.1 Mailbox not available", "5.0.0", HARD),
    ("554 Account inactive", "5.0.0", HARD),
    ("550 Account disabled due to inactivity", "5.0.0", HARD),
    ("550 5.7.1 TRANSFORM.AgentRejected; rejected by transport rule", "5.0.0", SENDER),
    ("550 5.7.606 Access denied, banned sending IP [192.0.2.10]", "5.0.0", SENDER),
    (
        "550 SC-001 (BAY004) Unfortunately, messages from 192.0.2.10 weren't sent. Please contact your Internet service provider since part of their network is on our block list.",
        "5.0.0",
        SENDER,
    ),
    ("554 5.7.1 [192.0.2.10] Message refused by DNSBL", "5.0.0", SENDER),
    (
        "550 5.7.1 Our system has detected that this message is likely unsolicited mail. To reduce the amount of spam sent to Gmail, this message has been blocked.",
        "5.0.0",
        SENDER,
    ),
    (
        "550-5.7.25 The IP address sending this message does not have a PTR record setup",
        "5.0.0",
        SENDER,
    ),
    ("550 Mail content denied", "5.0.0", SENDER),
    ("554 Transaction failed: Duplicate header 'Subject'", "5.0.0", SENDER),
    ("451 Temporary local problem - please try later", "4.0.0", SOFT),
    ("450 4.7.1 Client host rejected: cannot find your reverse hostname", "4.7.1", SENDER),
    ("550 Unknown user, please check the address", "5.0.0", HARD),
    ("554 RCPT (ana@example.com) dosn't exist", "5.0.0", HARD),
    (
        "550 Message was not accepted -- invalid mailbox. Local mailbox ana@example.com is unavailable: user not found",
        "5.0.0",
        HARD,
    ),
    ("550 5.1.1 sid=i01N1d001 Mailbox does not exist!", "5.0.0", HARD),
    ("550 This mailbox is no longer active", "5.0.0", HARD),
    ("550 Dear user, the recipient's address no longer works here", "5.0.0", HARD),
    ("550 5.4.1 All recipient addresses rejected : Access denied", "5.4.1", HARD),
    ("550 5.4.316 Message expired, connection refused(Socket error code 10061)", "5.4.316", SOFT),
    (
        "550 5.4.310 DNS domain example.com does not exist [Message=InfoDomainNonexistent]",
        "5.4.310",
        HARD,
    ),
    ("554 5.4.14 Hop count exceeded - possible mail loop ATTR34", "5.4.14", SOFT),
    ("554 5.4.6 Too many hops", "5.4.6", SOFT),
    (
        "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname",
        "5.0.0",
        SENDER,
    ),
    (
        "550 5.7.515 Access denied, sending domain LISTS.EXAMPLE.ORG does not meet the required authentication level.",
        "5.0.0",
        SENDER,
    ),
    (
        "554 5.1.1 <ana@example.com>: Recipient address rejected: undeliverable address: host mx said: 550 user unknown",
        "5.0.0",
        HARD,
    ),
    (
        "450 4.1.1 <ana@example.com>: Recipient address rejected: unverified address: connection timed out",
        "4.1.1",
        SOFT,
    ),
    ("550 mailbox ana@example.com has exceeded its quota", "5.0.0", SOFT),
    ("unknown mail host; Domain of recipient does not resolve", "5.0.0", HARD),
    ("550 Domain frozen", "5.0.0", UNDETERMINED),
    ("550 user is locked", "5.0.0", HARD),
    ("550 Relaying denied. Proper authentication required.", "5.0.0", SENDER),
    ("571 ana@example.com prohibited. We do not relay", "5.0.0", SENDER),
    ("552 message size exceeds limit", "5.0.0", SENDER),
    ("550 Mail is rejected by recipients [aBc123 IP: 192.0.2.10].", "5.0.0", UNDETERMINED),
    ("550 Mailbox unavailable or access denied - ana@example.com", "5.0.0", HARD),
    ("553 5.3.0 <ana@example.com>... No such user", "5.0.0", HARD),
    ("550 5.0.350 Remote server returned an error -> 550 5.1.1 User Unknown", "5.0.350", HARD),
    ("550 cuckoo.example.com unknown user account", "5.0.0", HARD),
    ("550 5.1.1 recipient rejected", "5.0.0", HARD),
    ("Delivery failed 1 attempt", "5.0.0", UNDETERMINED),
    ("554 Sorry, message looks like SPAM to me", "5.0.0", SENDER),
    ("550 Benutzer hat keine Berechtigung", "5.0.0", UNDETERMINED),
    ("550 Le compte de l'utilisateur est fermé", "5.0.0", HARD),
    ("550 account expired", "5.0.0", HARD),
    ("550 Please turn on SMTP Authentication in your mail client", "5.0.0", SENDER),
    (
        "550 Verification failed for <bulletin@lists.example.org>: No such person: Sender verify failed",
        "5.0.0",
        SENDER,
    ),
    ("550 5.4.1 [u@example.com]: Recipient address rejected: Access denied", "5.4.1", HARD),
    ("554 5.7.1 <ana@example.com>: Relay access denied", "5.7.1", SENDER),
    ("550 permanent failure for one or more recipients (ana@example.com:blocked)", "5.0.0", SENDER),
    (
        "550 permanent failure for one or more recipients (ana@example.com:550 5.1.1 unknown)",
        "5.0.0",
        HARD,
    ),
    ("550 5.1.1 Requested action not taken: mailbox unavailable", "5.0.0", HARD),
    ("550 5.7.1 Recipient not authorized, your IP has been found on a block list", "5.0.0", SENDER),
    ("550 5.7.511 Access denied, banned sender", "5.0.0", SENDER),
    ("550 not known at this site", "5.0.0", HARD),
    ("550 this user's mailbox has been closed", "5.0.0", HARD),
    ("550 We do not have a user by that name", "5.0.0", HARD),
    ("550 that user does not have an account here", "5.0.0", HARD),
    ("550 Mailbox for ana@example.com does not exist on this server", "5.0.0", HARD),
    ("550 Addressee unknown, relay=[192.0.2.10]", "5.0.0", HARD),
    ("550 not a deliverable address", "5.0.0", HARD),
    ("550 no valid recipients", "5.0.0", HARD),
    ("550 Host unknown", "5.0.0", HARD),
    ("554 5.4.4 unable to find host example.com", "5.4.4", HARD),
    ("5.1.2 The recipient domain could not be found", "5.1.2", HARD),
    ("550 can't verify recipient", "5.0.0", HARD),
    (
        "550 Unauthenticated email from lists.example.org is not accepted due to domain's DMARC policy",
        "5.0.0",
        SENDER,
    ),
    ("550 5.7.0 Local Policy Violation", "5.0.0", SENDER),
    ("550 High probability of spam", "5.0.0", SENDER),
    ("550 rejected: spam score too high", "5.0.0", SENDER),
    ("452 Too many recipients received this hour", "4.5.3", SOFT),
    ("450 4.2.1 The user you are trying to contact is receiving mail too quickly", "4.2.1", SOFT),
    ("450 too frequent connects, please try again later", "4.0.0", SOFT),
    ("Operation timed out", "4.4.1", SOFT),
    ("conversation with mx.example.com timed out while sending RCPT TO", "4.4.2", SOFT),
    (
        "lost connection with mx.example.com while receiving the initial server greeting",
        "4.4.2",
        SOFT,
    ),
    ("TLS is required, but was not offered by host", "4.7.4", SOFT),
    ("unable to create temporary file: no space left on device", "4.3.1", SOFT),
    (
        "can't create user output file. Command output: procmail: Quota exceeded while writing",
        "5.2.0",
        SOFT,
    ),
    ("552 Quota violation for ana@example.com", "5.0.0", SOFT),
    ("552 RCPT TO:<ana@example.com> Mailbox disk quota exceeded", "5.0.0", SOFT),
    ("554 mailbox size limit exceeded", "5.0.0", SOFT),
    ("422 The recipient's mailbox is over its storage limit", "4.2.2", SOFT),
]


WORDINGS_HARD = """
550 #5.1.1 bad address a@b.org
550 address invalid
address not present in directory
can't accept user
destination addresses were unknown
invalid mailbox path
a@b.org is not an active address at this host
mailbox invalid
mailbox not present
Nessun utente simile in questa casella
550 no existe dicha persona
no existe ese usuario
no thank you rejected: account unavailable
550 no valid recipients, bye
not a valid user here
user does not have an account here
550 not local address
recipient no longer on server: a@b.org
recipient not accepted
recipient not OK
553 sorry, badrcptto
sorry, your envelope recipient has been denied
the user's email name is not found
there is no one at this address
this address no longer accepts mail
this recipient is in my badrecipientto list
this recipient is not in my validrcptto list
vdeliver: invalid or unknown virtual user
we do not have an account by that name
your envelope recipient is in my badrcptto list
utente non valido
domain must exist
550 mail domain mentioned in email address is unknown
name or service not known
recipient address rejected: unknown domain name
the account or domain may not exist
unroutable address
address can no longer be delivered
archived recipient
boite du destinataire archivee
550 has been suspended
invalid/inactive user
is a deactivated mailbox
is unavailable: user is terminated
mailbox currently suspended
mailbox is frozen
recipient suspend the service
user or domain is disabled
vdelivermail: account is locked email bounced
550 5.1.1 ... User unknown; rejecting
550 Invalid User
550 This user doesn't exist
550 unknown address
550 No such local user
550 5.1.1 Mail Address, a@b.org, does not exist.
550 Cannot find the recipient
550 invalid local part
550 Account closed
550 mailbox closed
This email address has been deactivated
This account is no longer in use
the domain is not known
550 5.1.3 bad recipient address syntax
There is no such mailbox
Empfaenger unbekannt oder nicht erreichbar
Diese E-Mail-Adresse existiert nicht
550 El usuario no existe
Usuario desconocido
Adresse inexistante
cette adresse n'existe pas
a caixa postal não existe
550 No mailbox
550 user invalid
Recipient not in our directory
recipient's name could not be resolved
No such account
Not a valid alias
550 host or domain not found
DNS Error: Domain name not found
Illegal host/domain name found
"""
WORDINGS_SOFT = """
account is temporarily over quota
boite du destinataire pleine
disc quota exceeded
does not have enough space
is over disk quota
mail file size exceeds the maximum size allowed for mail delivery
mailbox exceeded the local limit
mailbox quota usage exceeded
maildir delivery failed: userdisk quota 100
not enough storage space in mailbox
over the maximum allowed mailbox size
recipient reached disk quota
mailbox would exceed maximum allowed storage
the user's space has been used up
too much mail data
user has too many messages on the server
user is already over quota
would be over the allowed quota
mailbox has reached its limit
Benutzerpostfach voll
buzon lleno
Connection refused
No route to host
Delivery attempts timed out
server temporarily unavailable
The server is too busy
Temporary failure, please try again
4.3.2 system not accepting network messages
mail loop detected
too many hops
could not connect to any of its MX hosts
local configuration error
resources temporarily unavailable
Delivery time expired
The recipient server did not accept our requests to connect
"""
WORDINGS_SENDER = """
mail server at 192.0.2.1 is blacklisted
DNSBL:RBL blocked
550 Your IP is on our list of spammers
this message has been blocked because it contains a virus
550 5.7.1 message content rejected
message too large
552 message exceeds maximum fixed size
relaying denied
5.7.1 DKIM failed
SPF fail - not authorized
sender domain does not exist
550 sender rejected
domain of sender address does not resolve
550 your mail has been rejected due to policy
554 5.7.1 rejected by local policy
message refused by policy
access denied
Rejected due to bad reputation
550 Blocked by our spam filter
Considered unsolicited bulk email
550 the recipient only accepts mail from members
Authentication required for relay
550 Spam detected
550 Banned attachment
550 message failed DMARC
"""
IN_ANY_WORDS_HARD = """
550 The person you wrote to retired in May
Die Mailadresse ist bei uns nicht vergeben
No conocemos a ese destinatario
A conta foi encerrada
De gebruiker werkt hier niet meer
Brugeren kunne ikke findes
Konto zostało usunięte
Příjemce nebyl nalezen
Utilizatorul nu a fost găsit
Скриньку закрито
このアドレスは使われておりません
511 customer cancelled their mail plan
5.0.0 domain has expired
550 mailbox owner is deceased
"""
IN_ANY_WORDS_SOFT = """
552 your friend's mailbox holds no more letters
Der Speicher ist aufgebraucht
El buzón está saturado
A caixa de entrada está cheia
Indbakken er fyldt
Schránka je přeplněna
Ящик переполнен
邮箱空间已满
451 backend busy, come back in an hour
"""
IN_ANY_WORDS_SENDER = """
550 Your IP range is on an internal denylist
L'adresse IP de votre serveur figure sur une liste noire
El remitente no existe
O remetente foi rejeitado
Afsenderens domæne findes ikke
Odesílatel nebyl přijat, neplatná adresa odesílatele
Ваш IP в черном списке
发件人不存在
554 HELO name does not exist
you have reached your hourly limit of messages
"""
WORDINGS: list[tuple[str, Severity]] = [
    (line, severity)
    for lines, severity in (
        (WORDINGS_HARD, HARD),
        (WORDINGS_SOFT, SOFT),
        (WORDINGS_SENDER, SENDER),
        (IN_ANY_WORDS_HARD, HARD),
        (IN_ANY_WORDS_SOFT, SOFT),
        (IN_ANY_WORDS_SENDER, SENDER),
    )
    for line in lines.strip().splitlines()
]


@pytest.mark.parametrize(("text", "severity"), WORDINGS, ids=[text[:50] for text, _ in WORDINGS])
def test_a_wording_without_a_code_weighs_the_same(text: str, severity: Severity) -> None:
    """Reports without structure have only words."""
    assert judge(text, "", reply_code(text)).severity is severity


@pytest.mark.parametrize(
    "text",
    [
        (
            "I'm afraid I wasn't able to deliver your message to the following addresses. This is a"
            " permanent error; I've given up. Sorry it didn't work out."
        ),
        (
            "A message that you sent could not be delivered to one or more of its recipients. This is a"
            " permanent error. The following address(es) failed:"
        ),
        (
            "I'm sorry to have to inform you that your message could not be delivered to one or more"
            " recipients. For further assistance, please send mail to postmaster."
        ),
        "Your message did not reach some or all of the intended recipients.",
        "The message that you sent was undeliverable to the following:",
        (
            "A list of the affected recipient follows. This list is in a special format that allows"
            " software to automatically take action on incorrect addresses."
        ),
    ],
)
def test_what_every_report_says_is_no_reason(text: str) -> None:
    """The frame of a report must not make its recipients dead."""
    assert judge(text).severity is UNDETERMINED


@pytest.mark.parametrize(
    ("text", "status", "severity"), DIAGNOSTICS, ids=[text[:50] for text, _, _ in DIAGNOSTICS]
)
def test_a_diagnostic_weighs_what_it_says(text: str, status: str, severity: Severity) -> None:
    """The status code is often generic or wrong: the words know better (case 71)."""
    assert judge(text, status, reply_code(text)).severity is severity
