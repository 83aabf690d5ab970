"""Words by which a report says that the recipient does not want the mail; see `bounce_rules`.

That is about neither the address nor the sender's good name: a filter of one reader's own, a rule,
a list of senders that this reader blocks. What a whole house filters is its policy.
"""

# ruff: noqa: E501  # a pattern that is cut in two cannot be read
from __future__ import annotations

from typing import Final

from mailer.domain.bounces.words import rule
from mailer.domain.inbound.kinds import Reason

_RECIPIENT: Final = (
    r"(?:recipient|user|addressee|customer|subscriber|receiver|mailbox owner|account owner|mailbox)"
)
_FILTER: Final = (
    r"(?:filter\w*|sieve|rules?\b|preferences?|settings?|block(?:ed|ing)?[- ]?(?:senders? )?list|black ?list|"
    r"(?:white|safe|allow)[- ]?(?:senders? )?list|junk (?:mail )?(?:rules?|filter|setting\w*)|configuration|address book|contacts?\b|contact list)"
)
_THEIRS: Final = (
    r"\b(?:(?:le |l')(?:destinataire|utilisateur|correspondant)|(?:el |il |o )(?:destinatario|destinatário|usuario|usuário|utente)) (?:\S+ ){0,2}?(?:bloqu|refus|rejet|rechaz|rifiut|blocc|recus|rejeit|n'accepte|no acepta|non accetta|nao aceita)\w* (?:\S+ )?(?:votre|vos|su|sus|sua|seu|suo|i suoi|suoi|tu|tuo)\b",
    r"\b(?:der empfänger|der nutzer|der benutzer|de ontvanger|mottagaren|modtageren|mottakeren) (?:hat|heeft|har|nimmt) (?:\S+ ){1,4}?(?:gesperrt|blockiert|abgelehnt|geblokkeerd|geweigerd|blockerat|blokeret|blokkert)",
    r"filtr\w+ (?:\S+ )?(?:du|de la|des|de votre|de son|del|do|da|de) (?:destinatair\w*|utilisateurs?|correspondant|destinatari\w*|usuario|usuári\w*|utente)",
    r"filt(?:re|ri|ro)s? (?:personnels?|personal(?:e?s|i|e)?|pessoa(?:l|is)|d'utilisateur|utente)",
    r"r[eè]g(?:le|la|ole|ola|ra)s? (?:\S+ )?(?:du|de la|del|do|da) (?:destinat\w*|utilisateur|usuario|usuári\w*|utente)",
    r"(?:filter|filterregeln?|regeln?|einstellung(?:en)?|sperrliste|blockierliste) (?:\S+ )?(?:des|der|beim|vom) (?:empfänger\w*|nutzers?|benutzers?|postfach\w*)|persönliche[rns]* (?:filter|sperrliste|regel)\w*|empfängerfilter",
    r"persoonlijke? filter|(?:filter|regel)s? van (?:de )?(?:ontvanger|geadresseerde|gebruiker)|(?:mottagarens|modtagerens|mottakerens|vastaanottajan) (?:\S+ )?(?:filter|regler?|inställningar|indstillinger|suoda\w*|säänt\w*)",
    r"filtr\w* (?:\S+ )?(?:odbiorcy|adresata|użytkownika|příjemce|príjemcu|uživatele)|(?:фильтр\w*|правил\w*|настройк\w*|ч[её]рн\w+ списк\w*) (?:\S+ )?(?:получател|адресат|пользовател)\w*|alıcının (?:\S+ )?(?:filtre|kural|ayar)\w*",
    r"(?:受信者|受取人|お客様|宛先).{0,12}(?:フィルタ|ルール|拒否)|受信拒否|拒否設定|指定受信|ドメイン指定|(?:收件人|收信人|用户).{0,12}(?:过滤|過濾|规则|規則|拒收|拒绝接收|黑名单|黑名單|白名单)|수신 ?거부|(?:수신자|받는 ?사람).{0,12}(?:필터|차단|규칙|거부)",
)
_REFUSE: Final = r"(?:refus\w*|reject\w*|block\w*|den(?:y|ied|ies)|discard\w*|filter\w*|declin\w*|bounced?|delete[sd]?)"

OWN_WISH: Final = rule(
    "the recipient does not want it",
    Reason.FILTERED,
    rf"\b{_RECIPIENT}s?(?:'s|')? (?:(?:own|personal|private|inbox|mail|e-?mail|spam|junk|delivery|mailbox|account|message|custom|defined) ){{0,3}}{_FILTER}(?! (?:list )?address)(?<!\bmailbox rules)(?<!recipient list)",
    rf"\b(?:personal|private|user[- ]?defined|custom|per-user|individual) (?:(?:mail|e-?mail|spam|message) )?{_FILTER}",
    rf"\b{_FILTER} (?:of|by|set (?:up )?by|defined by|chosen by) (?:the |this |its )?{_RECIPIENT}\b(?!'?s? (?:domain|server|system|mail ?server|host|organi[sz]ation|network|site|admin))",
    r"\b(?:an?|the|by) (?:inbox|mailbox) rule\b|rejectedbyrule|\brejected by (?:a |an )?rule\b",
    rf"\b{_REFUSE} (?:due to|by|because of|at the request of|per|as requested by|on request of|in accordance with) (?:the |this |that |an? )?{_RECIPIENT}\b(?!(?:'s)? (?:domain|server|system|mail ?server|host|organi[sz]ation|network|site|admin\w*|provider|e?-?mail (?:server|system)|polic\w*|quota|limit|unknown|not|address|lookup|verif))",
    rf"\b{_RECIPIENT} (?:(?:has|have) (?!been )|does not want|doesn't want|did not want|chose|chosen|decided|prefers|wishes|refuses|only accepts? (?:mail|e?-?mail|messages)|(?:is )?not accepting (?:mail|e?-?mail|messages) from (?:you|this sender)|(?:id )?refuses? )(?:not )?(?:\w+ ){{0,3}}(?:{_REFUSE}|to receive|wish\w*|from (?:you|this sender|(?:senders?|people|addresses) (?:\w+ ){{0,5}}(?:address book|contacts?|list)))",
    rf"\b(?:sender|you|your (?:address|e-?mail|mail|message|domain))\b[^.;]{{0,40}} blocked by (?:the |this )?{_RECIPIENT}\b(?!'?s? (?:domain|server|system|mail ?server|host|network|site|admin))",
    r"\b(?:i|we) (?:do not|don't|no longer) (?:wish|want) to (?:receive|get|read)|not on (?:my|the recipient's|recipient's) (?:\w+ ){0,2}list",
    *_THEIRS,
)
"""Surely one reader's own will; it comes before what is said of us."""

OWN_FILTER: Final = rule(
    "the recipient's own filter",
    Reason.FILTERED,
    r"(?:because|due to|by) (?:the |of )?(?:recipient'?s?|user'?s?|addressee'?s?) (?:is (?:only )?|own |personal |mail |not )*(?:accepting|filter|setting|preference|configur|rule|reject|block)",
    r"(?:rejected|refused) by (?:the )?recipients?\b(?!'s| (?:domain|server|system|mail|host|e-?mail|organi[sz]ation|network|site|company|admin))",
    r"recipient (?:is )?(?:only accept|not accepting)",
    r"blocked by (?:the )?(?:recipient|user)|(?:user|recipient|addressee)(?: id)? refuses? (?:to receive|this|your|mail)",
    r"filter(?:ed|ing)? (?:by|out)",
    r"\bwas automatically rejected(?: by|:)",
    r"user (?:has )?(?:rejected|refused|blocked|reject\b)",
    r"destination mailbox .{0,20}filter",
    r"by a policy that prohibited|the recipient (?:does not|doesn't) (?:want|accept)",
)
"""What may be one reader's own will."""
