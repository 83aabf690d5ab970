"""Words by which a refusal says that it is about us, whoever the mail was for; see `bounce.weigh`.

Whoever relays our mail speaks to us: "your account" is ours, "this mailbox" is the reader's. What
could be either ("account disabled") is not here: there the command that was answered, and what the
others were answered, decide.
"""

# ruff: noqa: E501  # a pattern that is cut in two cannot be read
from __future__ import annotations

import re
from typing import Final

from mailer.domain.bounces.words import Rule, rule
from mailer.domain.inbound.kinds import Reason

_STOPPED: Final = (
    r"(?:suspen\w+|disabled?\b|deactivat\w+|paused?\b|blocked|locked|lock(?:ed)? out|restricted|revoked|stopped|halted|frozen|terminated|cancel\w+|expired|closed|inactive|unverified|unapproved|unconfirmed|"
    r"compromised|overdue|unpaid|past due|on hold|under (?:\w+ )?review|in (?:sandbox|test|trial)|out of|over (?:its|the|your) |exceed\w*|limited\b|rate.limited|"
    r"reached|(?:not|n't|never)(?: (?:yet|been|be|currently|fully|longer|permitted|allowed|authori[sz]ed|able))* ?(?:to )?(?:verified|activat\w+|active|approved|confirmed|allowed|permitted|authori[sz]ed|enabled|validated|send|relay|set up|in good standing|own\b|match\w*|include\w*|support\w*|configured|eligible))"
)
_FEW: Final = r"(?:(?!to\b|for\b|from\b|message\b|e?-?mail to\b)[\w'-]+ ){0,3}?"
_LIMIT: Final = (
    r"(?:limits?|limitations?|quotas?|caps?|allowances?|allotments?|thresholds?|maximum|volumes?)"
)
_PASSED: Final = r"(?:exceed\w*|reach\w*|hit\b|over\b|surpass\w*|used (?:up|all)|exhaust\w*|violat\w*|deplet\w*|met\b|full\b|crossed)"

ABOUT_US: Final[tuple[Rule, ...]] = (
    rule(
        "our account",
        Reason.POLICY,
        rf"\b(?:your|sending|sender'?s?|smtp|submission|authenticated|client) {_FEW}(?:account|plan|subscription|trial|sub-?user|sub-?account|api[- ]?key|service|tenant|organi[sz]ation|company|workspace|message stream|domain|profile|campaign|server token)\b(?! (?:is|was) (?:full|over))[^.;]{{0,70}}?\b{_STOPPED}",
        r"\baccount (?:is |was |has )?(?:not (?:yet )?(?:been )?(?:verified|approved)|unverified|(?:currently )?under (?:\w+ )?review|pending (?:review|approval|verification))|\b(?:verify|confirm|activate|reactivate) (?:your|the sending) (?:account|domain|sender|identity|(?:e-?mail )?address)|\b(?:tenant|customer|account|organi[sz]ation|sender) (?:has |have |is )?(?:exceeded|over|above) (?:\w+ )?threshold",
        r"\b(?:suspend\w*|disabled|deactivated|paused|blocked|locked|restricted|terminated|stopped|limited) (?:(?!to\b|for\b)[\w'-]+ ){0,4}?(?:your|sending|sender'?s?) (?:[\w'-]+ )?(?:account|domain|service|plan|access|privileges?)\b",
        r"\b(?:votre|ton) (?:\w+ )?(?:compte|abonnement|service|offre|domaine)\b[^.;]{0,60}(?:suspend|desactiv|bloqu|expir|verifi|limit|depass|atteint)|\b(?:su|tu) (?:\w+ )?(?:cuenta|suscripcion|servicio|plan|dominio)\b[^.;]{0,60}(?:suspend|desactiv|bloque|expir|caduc|verific|limit|exced|super|alcanz)|\b(?:ihr|dein)e? (?:\w+ )?(?:konto|account|tarif|abonnement|vertrag|domain)\b[^.;]{0,60}(?:gesperrt|deaktivier|ausgesetzt|abgelaufen|bestatigt|verifizier|limit|uberschritten|erreicht)",
    ),
    rule(
        "our sending",
        Reason.POLICY,
        rf"\b(?:sending|outgoing|outbound|submission|mailing)\b(?! (?:this|your|the) )(?: (?!to\b)[\w'@-]+){{0,6}}?[: ]+(?:{_STOPPED}|refused|denied|rejected)",
        r"\b(?:suspended|disabled|paused|blocked|locked|restricted|prevented|barred|prohibited|stopped) (?:from|for) (?:\w+ )?(?:sending|relaying|mailing|outgoing|outbound)",
        r"\bsending (?:e?-?mails?|messages?|mail)? ?(?:from|for) (?:this|your|the) (?:account|domain|address|sender|server|ip|identity|user)\b[^.;]{0,40}(?:suspended|disabled|paused|blocked|restricted|not |denied)",
        r"\b(?:you|account|user|client|login|domain|sender|a@b|key|credentials?)(?: (?:is|are|was|were|has been|have been))?(?:(?: currently| temporarily| no longer)? (?:not|n't)|n't| no longer) (?:\w+ ){0,2}?(?:allowed|permitted|authori[sz]ed|able|enabled|entitled|approved|eligible) to (?:send|relay|submit|use)\b(?! (?:to )?(?:this|that) (?:group|list|recipient|address|user|mailbox|distribution))",
        r"\bnot (?:allowed|permitted|authori[sz]ed|enabled) (?:for|to use) (?:sending|relaying|smtp|this (?:relay|service|smarthost|sender|from))",
        r"\b(?:you|account|user|sender|domain) (?:can ?not|can't|may not|must not|could not|(?:is|are) unable to) (?:send|submit|relay)\b(?:(?! to (?:this|that|the)) \S+){0,2}?(?: any ?more| more| further| any| mail| e-?mails?| messages?)?\b(?! to (?:this|that|the) (?:user|recipient|address|mailbox|group|list))",
        r"\b(?:sending|outgoing|outbound)(?: \w+){0,3}? (?:is |are )?(?:currently |temporarily )?(?:not possible|impossible|unavailable|switched off|turned off)|\b(?:not|n't) (?:yet |been ){0,2}(?:activated|enabled|approved|verified|set up|cleared) (?:for|to) (?:send\w*|outgoing|outbound|relay\w*)|\b(?:outbound|outgoing) (?:sender|spam)\b|\bpermitted senders\b",
        r"\b(?:envois?|envios?|versand|sendung|invio)\b[^.;]{0,40}(?:suspen[ds]|bloqu|desactiv|disabilit|sospes|gesperrt|deaktiv|ausgesetzt|limit|depass|exced|super|ueber|uber)",
        r"\b(?:permissions?|rights?) to send\b(?! (?:to )?(?:this|that|the) )|\b(?:sending|send|mailing) (?:privileges?|rights?|permissions?|capabilit\w+|access|abilit\w+|functions?)\b",
    ),
    rule(
        "our limit",
        Reason.RATE_LIMITED,
        rf"\b(?:sending|outgoing|outbound|submission|relay|smtp|your) (?:[\w'-]+ ){{0,4}}?{_LIMIT}\b[^.;]{{0,50}}?\b{_PASSED}",
        rf"\byou(?:'ve| have|r account has|r domain has|r organi[sz]ation has|r server has| are|'re) (?:[\w'-]+ ){{0,2}}?{_PASSED} (?:[\w'-]+ ){{0,6}}?(?:{_LIMIT}|credits?|messages?|recipients?|rate)\b",
        rf"\b{_PASSED} (?:of )?(?:your|the|its|our|a|maximum|allowed|permitted|daily|hourly|monthly) (?:[\w'-]+ ){{0,3}}?(?:sending|outgoing|outbound|submission|relay|send)\b",
        rf"\b(?:daily|hourly|weekly|monthly|per[- ](?:second|minute|hour|day|week|month)) (?:[\w'-]+ ){{0,2}}?(?:sending|send|user sending|relay|outbound|outgoing|submission|smtp) (?:[\w'-]+ ){{0,2}}?{_LIMIT}",
        rf"\b(?:sender|account|domain|user a@b|a@b) (?:\S+ )?(?:has |have )?(?:been )?(?:\w+ )?{_PASSED} (?:[\w'-]+ ){{0,5}}?(?:sending|daily|hourly|monthly|rate|message|outbound|recipients?|max defers)\b",
        r"\bmax defers and failures|\bsend(?:ing|er)? (?:rate|speed|frequency) (?:is )?(?:too (?:high|fast)|limit\w*|exceed\w*)|\byou(?:'re| are) sending (?:\w+ ){0,3}?(?:too|more|faster)|\bslow down\b",
        r"\b(?:quota d'envoi|limite d'envoi|limite de envio|cuota de envio|versandlimit|sendelimit|versandkontingent)\w*",
    ),
    rule(
        "what we may send as",
        Reason.POLICY,
        r"\bsend[- ]?as ?(?:permission|right|access|a@b)?[^.;]{0,20}(?:denied|refused|not |reject\w*)|\bsendasdenied|send[- ]on[- ]behalf",
        r"(?<!recipient )(?<!destination )(?<!recipient e-mail )(?<!recipient email )\b(?:address(?:es)?|domains?|identit(?:y|ies)|senders?|from|signatures?|e-?mail|hostnames?)(?: a@b)?(?: (?:is|are|was|were|has|have))?(?: currently| still)?(?: not|n't)(?: yet)?(?: been)?(?: yet)? (?:verified|validated|authenticated|whitelisted)\b",
        r"\b(?:unverified|unvalidated|unauthori[sz]ed|unconfirmed|unregistered) (?:sender|sending|from|domain|identit|e-?mail|envelope|return|user|ip|client|relay)\w*",
        r"\bsenders? (?:e-?mail |mail |envelope )?(?:address|domain|id|identity|name|header|policy)?(?:es|s)?\W{0,3}(?:(?:a@b|<\S*>|\w+\.\w+)\W{0,3})?(?:(?:is|was|are|were|has been|have been|does|do|did) ?)?(?:rejected|denied|refused|blocked|banned|disallowed|unknown|invalid|forbidden|mismatch\w*|unverified|unauthori[sz]ed|(?:not|n't) (?:\w+ ){0,2}?(?:allowed|authori[sz]ed|permitted|accepted|verified|valid|owned|exist\w*|found|recogni[sz]ed|match\w*|approved|registered|configured|enabled|belong\w*|resolve\w*))(?! by (?:the |this )?(?:recipient|user|addressee))",
        r"\b(?:invalid|unknown|bad|forbidden|illegal|disallowed|rejected|refused|wrong|mismatch\w*|spoofed|forged) (?:envelope |e-?mail |return |header |smtp )?(?:sender|from|return[- ]path|mail from)\b(?! (?:ip|host|address book))",
        r"\b(?:from|mail from|envelope[- ]from|return[- ]path|header from)\b ?(?:address|domain|header|field)?\W{0,3}(?:a@b\W{0,3})?(?:(?:is|was|does|must|has) ?)(?:not|n't|be|rejected|denied|invalid|a domain|an address)",
        r"\bnot (?:owned by|logged in as|allowed (?:as|for) sender|allowed to send (?:as|from|on behalf|with)|authori[sz]ed to send (?:as|from|on behalf|with)|permitted to send (?:as|from|on behalf|with)|allowed to use)\b",
        r"\b(?:a@b|user|account|you|login|client) (?:is |are )?(?:does not|do not|don't|doesn't|not) (?:own|have (?:the )?(?:right|permission|privileges?) to (?:send|use)|allowed to (?:send|use))\b",
    ),
    rule(
        "our header is malformed",
        Reason.CONTENT,
        r"\b(?:duplicated?|multiple|more than one|repeated|several|two|too many|missing|no|invalid|malformed|required|extra) (?:valid )?(?:[\w'-]+:? ){0,3}?(?:headers?|header fields?)\b|\bheaders?\b[^.;]{0,40}\b(?:duplicate\w*|more than once|multiple|twice|repeated|missing|malformed)|\b(?:multiple|duplicated?|more than one) ['\"]?(?:from|subject|to|date|message-id|reply-to|sender|list-unsubscribe)\b",
        r"\bnot rfc ?\d+ compliant|\brfc ?5322\b|\bviolates rfc",
    ),
    rule(
        "our login, or TLS",
        Reason.AUTHENTICATION,
        r"\b(?:log ?in|sign ?in|authenticate|auth) (?:is )?(?:first|required|needed|failed|error|again|before)|\b(?:must|need to|have to|please) (?:first )?(?:log ?in|authenticate)",
        r"\b(?:credentials?|api[- ]?keys?|access tokens?|password|smtp user|sasl login) (?:\w+ )?(?:is |are |was |has |have )?(?:been )?(?:invalid|rejected|expired|revoked|wrong|incorrect|disabled|not (?:valid|accepted))|\binvalid (?:api[- ]?key|credentials?|login|password|user ?name|access token|token)|\b(?:not|un)[- ]?authenticated\b(?! senders? to)",
    ),
    rule(
        "how we behave",
        Reason.POLICY,
        r"\bunusual (?:\w+ ){0,2}?(?:activit\w+|sending|behaviou?r|patterns?)|\bsuspicious (?:\w+ ){0,2}?(?:activit\w+|sending|behaviou?r|logins?)|\b(?:abnormal|anomalous) (?:\w+ ){0,2}?(?:activit\w+|sending|volume|traffic|patterns?)",
        r"\b(?:your|the|high|excessive|too many|elevated) (?:\w+ )?(?:bounce|complaint|spam|abuse|hard bounce)s? ?(?:rates?|ratio|complaints|reports|activity)?\b[^.;]{0,30}\b(?:too high|exceed\w*|above|over|suspen\w+|rate|reports?)|\bterms of (?:service|use)|\bacceptable use|\baccount (?:has been |was |is )?(?:compromised|hacked|flagged)",
        r"\bcontact (?:our |the |your )?(?:support|account manager|sales|billing|customer (?:service|care))\b[^.;]{0,60}\b(?:account|sending|reactivat\w+|unblock|lift|restore)",
    ),
    rule(
        "what we have paid",
        Reason.POLICY,
        r"\bpayments? (?:is |was |has |are )?(?:\w+ )?(?:required|overdue|due|failed|pending|missing|outstanding)|\b(?:unpaid|overdue) (?:invoices?|bills?|balance)|\bbilling\b|\bpast due\b|\binvoices?\b|\b(?:service|plan|sending|your account)\b[^.;]{0,40}\bnon-?payment\b|\bunpaid\b|\bupgrade (?:your|the|to)\b",
        r"\b(?:plan|subscription|trial|contract|licen[cs]e|prepaid|package|credits?|balance|funds)\b[^.;]{0,30}?\b(?:expired|exhausted|used up|ended|insufficient|exceeded|depleted|inactive|cancel\w+|empty|too low|has no|does not include|remaining)",
        r"\b(?:insufficient|no|not enough|out of|no more|ran out of|run out of|zero|low) (?:[\w-]+ )?(?:credits?|balance|funds)\b",
    ),
    rule(
        "where we send from",
        Reason.REPUTATION,
        r"\b(?:your|client|sending|source|sender'?s?|connecting|this ip|ip)\b ?(?:ip|host|server|network|hostname|machine|client)?(?: ?address(?:es)?)?\b(?:[ :]+[\[(<]?[\d.:a-f]{7,}[\])>]?)? ?(?:is |was |has |been |are )*(?:not (?:\w+ )?(?:allowed|authori[sz]ed|permitted|whitelisted|registered|accepted|trusted|known)|unauthori[sz]ed|banned|restricted|blacklisted|blocklisted)",
        r"\bunauthori[sz]ed ip\b|\bip[- ](?:address )?(?:restriction|not)\b|\bip access (?:list|control|management)",
    ),
    rule(
        "who may write there",
        Reason.POLICY,
        r"\bgroup\b[^.;]{0,60}(?:may|does|do) not exist,? or you\b|\byou (?:may not|do not|don't|are not) (?:\w+ ){0,3}?(?:post|permission to (?:post|send|write))\b",
    ),
)
"""In the order in which they are tried, on flowing text whose addresses are `a@b`."""

OWN_RELAY: Final[tuple[Rule, ...]] = (
    rule(
        "it wants TLS",
        Reason.AUTHENTICATION,
        r"\b(?:tls|ssl|starttls|encryption|encrypted connections?|secure connections?) (?:\w+ )?(?:is |are )?(?:required|mandatory|needed|first|enforced)|\brequires? (?:a )?(?:tls|ssl|starttls|encrypt\w+|secure)",
        r"\b(?:must|need to|have to|please) (?:first )?(?:issue (?:a )?starttls|use (?:tls|ssl|starttls|encryption))",
    ),
)
"""The same, where our own relay says it: another server may speak of the recipient's side."""

THEIRS: Final = re.compile(
    r"\b(?:they|recipient|user|mailbox) (?:can|may) receive\b|\b(?:recipients?'?s?|user'?s?|addressee'?s?|their|his|her|mailbox) (?:[\w'-]+ ){0,3}?(?:receiv\w+|inbox|incoming|inbound)|\breceiv(?:e|ing) (?:\w+ ){0,4}?(?:mail|messages|rate|at a rate|limit)|"
    r"\b(?:mailbox|mail box|inbox|storage|disk|box)\b[^.;]{0,30}\b(?:quota|limit|full|exceed\w*)|\bsize\b|\bquota (?:of|for) (?:the )?(?:recipient|user|mailbox)"
)
"""A reader's own limit, or a message's size: not how much we may send."""

SESSION: Final = re.compile(
    r"\b(?:too many|max(?:imum)?|limit)\b[^.;]{0,60}\b(?:messages?|mails?|e-?mails?|transactions?|recipients?|commands?|errors?|deliver\w+|envelopes?)\b[^.;]{0,40}\b(?:session|connection)|"
    r"\b(?:messages?|mails?|e-?mails?|transactions?|recipients?|errors?|commands?|deliver\w+)\b[^.;]{0,30}\b(?:per|in (?:this|one|a single|the same|a)|on (?:this|one)|for this|this) (?:smtp )?(?:session|connection)\b|"
    r"\b(?:session|connection) (?:\w+ )?(?:message |mail )?(?:limit|quota|maximum|time(?:out)?)\b|\b(?:open|use|start|make) (?:a )?(?:new|another) (?:connection|session)|\bre-?connect\b|\bthis (?:session|connection) (?:is |has |will )"
)
"""About this connection alone: another one will do."""

LIMIT: Final = re.compile(
    rf"\b(?:daily|hourly|weekly|monthly|per[- ](?:second|minute|hour|day|week|month)|rate|messages?|e?-?mails?|recipients?|credits?|send\w*|relay|account|user|domain|policy|volume|burst|smtp|transactions?)\b[^.;]{{0,40}}\b{_LIMIT}\b|"
    rf"\b(?:{_LIMIT}|too many|too much|excessive)\b[^.;]{{0,40}}\b(?:messages?|e?-?mails?|recipients?|sends?|sent|today|per|an hour|a day|rate|requests?|traffic|volume|connections?)\b|\btoo (?:fast|quickly)\b|\bover ?(?:-| )?(?:the )?(?:quota|limit|rate)\b|\bquota (?:is |has been |was )?(?:exceed\w*|reach\w*)|\b(?:exceeded?|exceeding|reached) (?:\w+ )?(?:quota|limit)"
)
"""A limit, said by our own relay: how much we may send, unless it is a reader's (`THEIRS`)."""
