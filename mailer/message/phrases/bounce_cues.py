"""The words by which reports without structure announce whom they could not reach.

Each list is looked for in a line in lower case, without accents. Words of a further
language or system are added to the list that says what they announce.
"""

# ruff: noqa: E501  # a pattern that is cut in two cannot be read
from __future__ import annotations

import re
from typing import Final

from mailer.domain.text.cues import Cues
from mailer.domain.text.plain import unaccented

_ELSEWHERE: Final = (
    r"kézbesít|αποτυχία|παραδόθηκε|παράδοσ|تعذر|لم يتم|فشل|לא (?:נמסר|ניתן)|נכשל|nu a (?:putut|fost) (?:fi )?livrat|"
    r"nelivrat|не (?:беше|може|бе) (?:да бъде )?достав|nije (?:mogu[ćc]e )?(?:ispor|dostav)|nemogu[ćc]e dostav|не вдалося|"
    r"не доставлен|ไม่สามารถ|không (?:thể )?(?:gửi|chuyển)|tidak (?:dapat|bisa) (?:di)?(?:kirim|terkirim|sampaikan)|gagal|"
    r"nepristaty|nepavyko|nevar(?:ēja)? piegādāt|neizdevās|kohale toimetada|ebaõnnestu|ni bilo mogoče (?:dostav|poslat)|"
    r"neuspeš|neúspeš|nebolo možné doruč|nedoruč|تحویل|ارسال نشد"
)
_FAILED: Final = (
    (
        r"(?:could ?n[o']t|could not|can ?not|can't|was(?:n't| not)|were(?:n't| not)|is not|"
        r"has not been|have not been|unable to be|failed to be|not|never) (?:yet )?(?:be |"
        r"been )?(?:successfully )?(?:deliver|reach|sent|send|process|complete|relay|forward|accept|"
        r"received|found|locat|resolve)"
    ),
    r"did(?:n't| not) (?:reach|get|go|receive)",
    r"undeliver",
    r"non-?deliver",
    r"deliver\w* (?:\w+ ){0,4}(?:fail|error|problem|impossible|incomplete|abort|refus|reject)",
    (
        r"(?:fail|unable|impossible|wasn't able|was not able|not able|inability|attempt\w*)(?:ed|"
        r"ure)?,? (?:\w+ ){0,2}(?:to |in )?(?:deliver|send|reach|process|relay|forward|contact)"
    ),
    (
        r"following (?:\w+ ){0,3}(?:address|recipient|user|destination|mailbox|e-?mail|person|people|"
        r"error|addressee|reason|participant|target|delivery|problem|send|contact|forward)"
    ),
    (
        r"(?:permanent|fatal|transient|delivery|unrecoverable|temporary)(?:\w* \w+)? (?:errors?|"
        r"fail\w*|problem)"
    ),
    (
        r"(?:failed|invalid|unknown|bad|rejected|unreachable|undelivered|bounced|illegal|problem|"
        r"affected|intended|original) (?:\w+ )?(?:recipient|address|user|mailbox|destination)"
    ),
    r"return(?:ed|ing)? (?:to |mail|your|the )",
    r"(?:rejected|refused|blocked|returned|bounced) (?:by|for|your|mail|message)",
    r"(?:message|e?-?mail|article|posting|post) (?:was|has been|is) (?:rejected|refused|blocked|denied)",
    r"transcript of session",
    r"failure reasons?",
    (
        r"(?:message|mail|e-?mail|letter) (?:you sent |sent |that you sent |addressed |"
        r"was addressed |was sent |has been sent |for |which was sent )*to\b"
    ),
    r"recipients?'? ?(?:address(?:es)?|list|e-?mail)?\s*:",
    r"no such",
    r"(?:user|address|recipient) (?:is )?unknown|unknown user",
    r"error (?:description|for|text)|error-for",
    r"do(?:es)?(?:n't| not) exist",
    r"doesn't have",
    r"(?:unknown|invalid) (?:final delivery |user ?id|user|recipient|address|host|domain)",
    r"giving up|not known (?:to|here|at)\b",
    r"mailbox (?:is )?full",
    r"not listed in",
    r"status of",
    r"errors? (?:occurred|encountered|while|were)",
    r"problems? (?:deliver|with|while|send)",
    r"bounce",
    r"sorry",
    r"nicht (?:zugestellt|ausgeliefert|übermittelt|gesendet|zustell|erreich|weiter)",
    r"unzustellbar|fehlgeschlagen|zustellung|folgende[nr]? (?:empfänger|adress)",
    (
        r"n'a pas (?:encore )?(?:pu|été)|n'ont pas (?:pu|été)|n'a pu être|impossible (?:de|d'|à)|non (?:remis|"
        r"distribu|délivr)|échec|échou|destinataires? suivant|adresses? suivante"
    ),
    (
        r"no (?:se )?(?:ha )?(?:podido|pudo|fue|se entreg|pod[eé]mos|ha sido|pudieron|llegó)|"
        r"imposible|fall[oóa]|error (?:en|de) (?:la )?(?:entrega|envío)|siguientes? (?:destinatari|direcci)|devuelt|no entreg"
    ),
    r"n[aã]o (?:p[oôu]de|foi|foram|entreg|conseg|é poss)|seguintes? (?:destinat|endere)|falh",
    (
        r"non (?:è stat|è poss|sono stat|può ess|recapit|consegn)|mancat|seguenti? (?:destinat|"
        r"indirizz)|impossibile"
    ),
    (
        r"niet (?:worden )?(?:afgeleverd|bezorgd|worden|afleveren)|onbestelbaar|volgende (?:adres|"
        r"ontvang|geadres)"
    ),
    (
        r"kunde inte|följande (?:mottagar|adress)|kunne ikke|følgende (?:modtager|mottak|adress)|"
        r"ei voitu|seuraav"
    ),
    r"nie (?:można|mog|został|dostarcz|udało)|niedostarcz|następując",
    r"не (?:может|могло|был|доставл|удал|уда[её]тся|смог)|недостав|невозможн|следующ",
    r"nemohla|nelze|nedoručit|nebyla|následující",
    r"teslim edile|iletile|ulaşt[ıi]r[ıi]l",
    r"配信|配送|送信|届け|届か|送達|宛先|エラー|失敗|できません|以下の",
    r"退信|退回|无法|無法|未能|失败|失敗|不能|以下|收件人|投递",
    r"전송|배달|반송|수신|실패|전달|발송",
    _ELSEWHERE,
)
INTRO: Final = Cues(*_FAILED, spelled=unaccented)
"""Announces addresses on this line or the next ones."""

REFUSED_PREFIX: Final = Cues(
    r"(?:\b(?:from|sender|reply-?to|message-?id|mail from|return-?path|envelope-?from|"
    r"generated from|expanded from"
    r"|(?<!tried to )(?<!trying to )(?<!unable to )contact|question\w*|assistance|support|help ?desk|report (?:this|it|to)|complain\w*|"
    r"write to|writing to|e-?mail (?:us|to|me) at|mailto:|reach us|sent by|"
    r"send (?:mail|e-?mail|a message|it|this|a copy|them|your|an e-?mail) to"
    r"|postmaster|administrator|admin|abuse|(?<!not )forward\w*|resent-\w+|cc'?d?|in-reply-to|references|"
    r"x-sender|submit\w*|message from|mail from|message you sent from|received from|von|"
    r"de la part|authenticated sender|on behalf of|unsubscribe|visit|please (?:use|try)|instead|"
    r"new address|(?:my|our) (?:new )?(?:e-?mail|address)\w*(?: is)?|id|orig_id|request\w* to)"
    r"(?: (?:the|a|an|is|at|us|via|by|to|with|from|of|your|our|local|mail|e-?mail|address|system|"
    r"site|administrator|postmaster|staff|team|department|in|on|this|message|me|for|was|sent|"
    r":))*[\s:<\[('\"=*,;]*|<?mailto:)$"
)
"""What stands before an address that is not the failed one."""

GENERATED: Final = re.compile(r"\b(?:generated|expanded) from:?\s*<?$")
"""Stands before the address that was written to, where the one it leads to is kept secret."""

LABELLED: Final = Cues(
    r"(?:\b(?:to|recipients?|rcpt to|rcpt|failed recipients?|final-recipient|original-recipient|"
    r"user(?:name)?|address(?:es|ee|ees)?|mailbox|account|for|destination|destinat\w+|empf\w+|an|"
    r"à|para|per|pour|кому|адрес\w*|получател\w*|envelope-to|intended|recipient address|"
    r"delivery to|target|e-?mail|email address|addressed to|was addressed|bounced address|alias|person|"
    r"forwarded to|sent to|message to|mail to|naar|aan|til|till|do|宛先|あて先|宛て先|受信者|受取人|送信先|收件人|收信人|收件者|接收者|수신자|수신인|받는 ?사람|받는 ?이|unknown user|"
    r"no such user|user unknown|unknown address|invalid address|unknown recipient|"
    r"invalid recipient|unknown local part|user not found)(?: (?:is|was|the|user|address|"
    r"recipient|of|by|name|local|account|mailbox|following|to))*[\s:<\[('\"=*,;.#-]*|(?:smtp|"
    r"rfc-?822)[:;=]\s*<?)$",
    spelled=unaccented,
)
"""What stands before an address that is named as a recipient."""

STILL_TRIED: Final = re.compile(
    r"\b(?:delayed|deferred|queued|will (?:be )?(?:retr|keep|try|continue)|still trying|not yet|"
    r"verzogert|noch nicht|retarde|pas encore|retras|todavia no|aun no)"
)
"""Tells of one recipient among several that its mail waits."""
DAEMON: Final = Cues(
    r"mailer-?d[ae]?em|mail-?daemon|postmaster|mdaemon|\bdaemon@|mail[ ._-]*(?:delivery|deliv|"
    r"system|admin\w*|server|router|service|robot|subsystem|gateway|transfer|transport|agent|"
    r"er)\b|bounce|(?:system|network|e?-?mail) ?(?:attendant|admin\w*|"
    r"manager)|administrator|\bsmtp|undeliver|double-?bounce|\bmta\b|exim|qmail|"
    r"microsoft ?exchange|\buucp\b|microsoftexchange|amavis|mimecast|"
    r"\broot@|mailmaster|mail-?admin|emailadmin|\bmail(?:er)?@|"
    r"sysadmin|netmail|maildeliver|message ?(?:router|center|delivery|"
    r"labs)|mail_?system|symantec|barracuda",
    ignore_case=True,
)
"""Authors that write reports."""
SERVICE: Final = Cues(
    r"deliver(?:y|system|ing)|returned|\bnotify|gateway|no-?reply|do-?not-?reply|noreply|nobody|"
    r"\breply@|internet mail|autoreply|auto-?responder|error|\bfailure",
    ignore_case=True,
)
"""Authors that write reports, and much else: shops tell of deliveries under the same names."""
SURE_DAEMON: Final = re.compile(
    r"mailer-?d[ae]?em|mail-?daemon|postmaster|mdaemon|mail delivery|delivery (?:sub)?system|"
    r"system attendant|microsoftexchange|double-?bounce",
    re.IGNORECASE,
)
MACHINE: Final = re.compile(
    r"mailer-?d[ae]?em|mail-?daemon|mdaemon|mail delivery|delivery (?:sub)?system|"
    r"system attendant|microsoftexchange|double-?bounce",
    re.IGNORECASE,
)
"""Those among them whose name no person has."""
SUBJECT: Final = Cues(
    _ELSEWHERE
    + "|"
    + r"undeliver|non-?deliver|nondeliver|not delivered|deliver\w* (?:\w+ ){0,3}(?:fail|problem|"
    r"error|report|notif|delay|incomplete|status|impossible|warning|abort|refus)|(?:delivery|"
    r"mail|message|e-?mail|transport|smtp|mail system|transmission|sending|"
    r"relay) (?:\w+ ){0,3}(?:fail|error|problem|undeliver|delay|report|reject|return|status|"
    r"bounce|could not|not sent|refus|denied|warning|was not)|returned (?:e?-?mail|message|"
    r"to sender|mail)|return(?:ed)? (?:to|e?-?mail)|(?:message|mail)\b.{0,20} blocked|failure (?:notice|notification|report|"
    r"deliver|to)|failed (?:mail|deliver|message|to)|could ?n[o']t (?:be )?(?:send|sent|deliver)|"
    r"can(?:not|'t) (?:be )?(?:send|sent|deliver|delivered)|unable to (?:deliver|send|relay)|"
    r"bounced?\b|mail delivery|mail system error|delivery|delayed mail|warning: (?:message|could|"
    r"e?-?mail)|message (?:rejected|status|undeliver|delay|not|expired|could)|mail (?:could|can|"
    r"was|has) |(?:user|recipient|address|mailbox) (?:unknown|not known)|unknown (?:user|address|recipient)|invalid (?:user|recipient|"
    r"address)|rejected|mail ?box (?:full|unavail|quota)|error (?:sending|deliver|in|message|"
    r"mail)|nondelivery|^failure|^warning|^ndn|^nondelivery|quota|\bspam\b.{0,20}(?:reject|block|bounce)|"
    r"not found|non delivery|mailer.?daemon"
    r"|zustell|unzustell|nicht (?:zugestellt|übermittelt|ausgeliefert)|übermittlung|non (?:remis|"
    r"distribu|délivr|recapit|consegn|livr)|échec|impossible|erreur|en attente|retard|avis de non|no se (?:ha |"
    r"pudo|puede)|no entreg|devuelto|devolu[cç]|fall[oa] (?:en|de)|entrega (?:fallid|retras|no)|error (?:en|de) (?:la )?(?:entrega|envío)|no (?:fue|ha sido) entreg|n[aã]o (?:entreg|foi|"
    r"pode)|falha|mancat|recapito|fallit|onbestel|aflever|niet (?:afgeleverd|bezorgd)|kunde inte|"
    r"ikke levert|ikke leveret|olever|toimitus|niedostarcz|zwrot|недостав|доставк|не доставл|"
    r"nedoru|doručen\w* (?:zlyh|se nezda|sa nepodar)|nebol[aoi]? doručen|iletilemedi|teslim|配信|配送|送信|未送達|届|エラー|不達|退信|退回|投递|无法|寄送|反送|반송|전송|배달|수신|발송 실패|발송실패|전달|실패",
    ignore_case=True,
)
"""What reports of failure have in their subjects."""

NO_DIALOGUE: Final = re.compile(
    (
        r"\s*(?:\w{3} [\d:. -]{8,24}: (?:\[[\d:]+\] )?)?(?:(?:>>>|-->|sent:?) ?(?:mail\b|data|ehlo|"
        r"helo|quit|rset|starttls|auth|bdat|noop|\.)|(?:<<<|<--|received:?)?"
        r" ?(?:2[235][0-5][ -]|354 )|(?:mail from:|(?:ehlo|helo) \S+\s*$|"
        r"(?:data|quit|rset|starttls)\s*$))"
    ),
    re.IGNORECASE,
)
"""The lines of an SMTP dialogue that tell nothing about a recipient."""
