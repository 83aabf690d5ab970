"""Reports of success that only their words give away: mail arrived, or was read.

Mail programs of one person write them without any field of a report (RFC 8098). To add a language,
put what stands in the subject into the first list, and what the text says into the second.
"""

# ruff: noqa: E501  # a pattern that is cut in two cannot be read
from __future__ import annotations

import re
from typing import Final

from mailer.domain.text.cues import Cues
from mailer.message.bounces.signs import Envelope, speaks
from mailer.message.phrases.absence_words import SINGLE

_READ_SUBJECT: Final = Cues(
    (
        r"^\s*(?:read:|not read:|deleted:|read receipt|return receipt|gelesen:|nicht gelesen:|"
        r"ungelesen:|niet gelezen:|ongelezen:|gelezen:|non letto:|oläst:|não lid[ao]:|luettu:|"
        r"ikke læst:|ulest:|nieprzeczytan\w+:|nepřečteno:|не прочитано:|未开封:|未读:|未開封|"
        r"ungelesen gelöscht|lu\s?:|non lu\s?:|leído:|no leído:|lid[ao]:|letto:|gelezen:|läst:|"
        r"lest:|læst:|přečteno:|przeczytan[eo]:|прочитано:|прочтено:|開封済み|已读|已讀|읽음:|okundu:|elolvasva:|citit:|διαβάστηκε:|prečítané:|pročitano:|prebrano:|llegit:|開封確認|閱讀回條|阅读回执|"
        r"delivered:|"
        r"relayed:|zugestellt:|remis\s?:|entregado:|confirmation of reading|"
        r"accusé de lecture|confirmación de lectura|acuse de (?:lectura|recibo)|conferma di lettura|"
        r"ricevuta di ritorno|confirmação de leitura|recibo de leitura|leesbevestiging|läskvitto|"
        r"l(?:æ|e)sekvittering|potwierdzenie przeczytania|(?:уведомление|отч[её]т) о прочтении|"
        r"confirmation de lecture|lesebestätigung|disposition notification|"
        r"successful mail delivery report|"
        r"message status - (?:delivered|opened|read|accepted|completed|deleted)|"
        r"delivery (?:receipt|confirmation|"
        r"status notification \((?:success|relay|expan)))"
    ),
    ignore_case=True,
)
_READ_TEXT: Final = Cues(
    (
        r"(?:was received by:|sans être lue?|ungelesen gel|zonder te zijn gelezen|"
        r"is (?:\S+ )?gelezen op|sin (?:ser leído|leer)|"
        r"senza essere (?:stato )?letto|har lästs|lästes (?:den|i)|on luettu|luettiin|byla přečtena|bol[ao]? prečítan|была? прочитан|было (?:прочитан|прочтен)|olvasták|okundu|διαβάστηκε|citit în|"
        r"開封され|已(?:被|于|於)?.{0,30}(?:阅读|閱讀)|읽었|읽음|ohne gelesen zu werden|"
        r"sem (?:ter sido|ser) lida?|se (?:ha leído|leyó)|sans (?:avoir été|être) lue?|blev læst|ble lest|raderades utan|"
        r"zosta\w+ przeczytan|"
        r"was (?:read|displayed|opened|deleted without|(?:successfully )?delivered|relayed)|"
        r"has been (?:displayed|successfully (?:delivered|relayed))|"
        r"have been (?:successfully )?(?:delivered|relayed) to|delivery to (?:this|"
        r"these) recipient\S* (?:or distribution lists? )?is complete|wurde (?:am|gelesen|"
        r"angezeigt|erfolgreich)|a été (?:lu|remis|affiché)|fue leído|ha sido (?:leído|"
        r"entregado)|foi lida|è stato letto|no guarantee that the message has been read|"
        r"empfangsbestätigung für die nachricht|accusé de réception (?:pour|du) (?:le )?(?:courri|mess)|"
        r"acuse de recibo (?:para|del) (?:el )?(?:corr|mens)|ricevuta di ritorno per|"
        r"confirmação de leitura (?:d|para)|(?:messaggio|mensagem|mensaje) .{0,40}visualizz?a[dt]|"
        r"return receipt|disposition-notification|successfully delivered|"
        r"no delivery notification was requested)"
    ),
    ignore_case=True,
)
_REMINDER: Final = re.compile(r"^[ \t>]*[^\W\d][\w -]{0,20}\s?[:：].*$", re.MULTILINE)
_STATUS: Final = re.compile(
    r"message status is: (?:opened|deleted|accepted|completed|delivered|read)|"
    r"^your message was (?:opened|read|deleted)",
    re.IGNORECASE,
)
"""What GroupWise says of mail that was handed over."""
_ARRIVED: Final = re.compile(
    r"successfully (?:delivered|relayed)|(?:delivered|relayed) successfully|successful deliver",
    re.IGNORECASE,
)
_FAILED: Final = re.compile(
    r"\b(?:not|fail\w*|could|unable|undeliver\w*|error|[45]\d\d)\b", re.IGNORECASE
)


def tells_success(subject: str, text: str, envelope: Envelope) -> bool:
    """Tell whether words alone report that mail arrived or was read.

    Args:
        subject: decoded.
        text: the beginning of what the report says itself.
        envelope: the outside of the message.
    """
    if _READ_SUBJECT.match(subject) and _READ_TEXT.search(text):
        return envelope.null or not _is_personal(text)
    if envelope.null and _STATUS.search(text.strip()[:200]):
        return True
    return envelope.sure and bool(_ARRIVED.search(text)) and not _FAILED.search(text)


def _is_personal(text: str) -> bool:
    """Tell whether a person wrote about what was read: in the first person, or with a greeting.

    The lines by which a receipt reminds of the message, such as its subject, are left out.
    """
    own = _REMINDER.sub("", text)
    return bool(SINGLE.search(own)) or speaks(own)
