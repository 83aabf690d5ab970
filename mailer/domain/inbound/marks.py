"""Marks that programs and gateways put before a subject: of reply, forwarding and origin.

A mark of reply says that the subject is somebody's before; a mark of forwarding, that the whole
mail is. `Vs:` is a reply in Finnish and a forward in Danish: where both are possible it forwards,
for a forwarded wish must not be taken for the forwarder's.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from mailer.domain.text.wording import INVISIBLE, normalised

_REPLIES: Final = (
    "re|aw|sv|antw|antwort|odp|odpoved|res|resp|ref|rif|risp|risposta|r|rep|reponse|respuesta|reply"
    "|ynt|yan|va|valasz|vast|bls|tl|atb|ats|odg|razb|απ|σχετ|απαντηση|отв|ответ|на|hа|отг|одг|відп"
    "|回复|回覆|回復|答复|答覆|返信|回信|회신|답장|رد|الرد|תשובה|השב|पुनः|ตอบ|ตอบกลับ"
)
_FORWARDS: Final = (
    "fwd|fw|forward|forwarded|wg|weitergeleitet|weiterleitung|tr|transfert|transf|rv|reenv|reenviado"
    "|i|inoltro|inoltrato|enc|encaminhado|doorst|doorgestuurd|vs|vb|vl|fs|pd|przekaz|ilt|iletilen"
    "|tov|tovabbitva|red|redirectionat|trs|pr|prosl|pos|pers|edast|πρθ|προωθηση|пересл|пд|препр"
    "|переслано|转发|轉寄|轉發|转寄|転送|전달|إعادة توجيه|تحويل|הועבר|העבר|ส่งต่อ|chuyen tiep"
)
_ORIGIN: Final = (
    "external|externe|externo|externa|extern|esterno|esterna|ext|external ?e-?mail|external ?sender"
    "|e-?mail externe|courriel externe|correo externo|e-?mail esterna|externe e-?mail"
    "|e-?mail externo|extern e-?mail|caution|caution external|warning"
    "|attention|vorsicht|achtung|outside|untrusted"
    "|non-?[a-z]{2,12}|внешн[а-я]{2,4}|外部|外部邮件|外部郵件|社外|외부|zewnetrzn[ya]|ekstern|ulkoinen"
    "|suspected spam|spam\\??|possible spam|unverified sender"
)
_BEFORE: Final = re.compile(
    rf"\s*(?:(?P<reply>{normalised(_REPLIES)})(?:\s?[\[(^]?\d{{1,3}}[\])]?)?\s?[:：]"
    rf"|(?P<forward>{normalised(_FORWARDS)})(?:\s?[\[(^]?\d{{1,3}}[\])]?)?\s?[:：]"
    rf"|[\[({{<【*]{{1,4}}\s*(?:{normalised(_ORIGIN)})\s*[\])}}>】*]{{1,4}}\s?[:：-]?"
    rf"|(?:external|extern|externe|externo)\s?[:：])\s*"
)
_LABELLED: Final = re.compile(r"\s*\[\s*(?:fwd?|wg|tr)\s?[:：](?P<rest>.*)\]\s*$", re.IGNORECASE)
"""The form that old programs write: `[Fwd: subject]`."""
_AFTER: Final = re.compile(r"\s*\((?:fwd?|forwarded)\)\s*$", re.IGNORECASE)
"""The form that others write: `subject (fwd)` (RFC 1036 knew no better)."""
_ORIGIN_AFTER: Final = re.compile(
    r"\s*[\[(]{1,2}(?:external|extern|externe|externo|ext|esterno)[\])]{1,2}\s*$", re.IGNORECASE
)
LONGEST: Final = 998
"""Characters that are looked at (RFC 5322 section 2.1.1)."""


class Subject(NamedTuple):
    """A subject without what programs put around it."""

    text: str
    reply: bool = False
    """True if it bears a mark of reply: it is the subject of what is answered."""
    forward: bool = False
    """True if it bears a mark of forwarding: the mail passes on what somebody else wrote."""


def subject_of(given: str) -> Subject:
    """Remove the marks from a subject, whatever their order and number."""
    text = INVISIBLE.sub("", given[:LONGEST]).strip()
    reply = forward = False
    if labelled := _LABELLED.match(text):
        text, forward = labelled["rest"].strip(), True
    if _AFTER.search(text):
        text, forward = _AFTER.sub("", text), True
    text = _ORIGIN_AFTER.sub("", text)
    while found := _mark(text):
        kind, end = found
        text = text[end:].lstrip()
        reply, forward = reply or kind == "reply", forward or kind == "forward"
    return Subject(text, reply, forward)


def _mark(text: str) -> tuple[str, int] | None:
    """Return the kind of the mark at the beginning, and where the subject goes on after it."""
    beginning = text[:60]
    found = _BEFORE.match(normalised(beginning))
    if found is None or not found[0].strip():
        return None
    # Letters with accents are several to `normalised`: the place is counted in letters as written.
    for end in range(1, len(beginning) + 1):
        if len(normalised(beginning[:end])) >= found.end():
            return found.lastgroup or "", end
    return None
