"""Texts that mail gateways and offices add to people's mail: warnings above, notices below.

A warning stands at the very top, in a sentence or a few. Each of them is known by its beginning and
reaches to its full stop, or to the end of its line; a line that is wrapped is long.
"""

# ruff: noqa: E501  # a pattern that is cut in two cannot be read
from __future__ import annotations

import re
from typing import Final

from mailer.vocabulary.cues import cues

_LABEL: Final = (
    r"(?:(?:caution|warning|attention|notice|alert|important|be careful|security (?:notice|alert|warning)|external(?: e-?mail| sender| message| mail)?(?: warning| alert| notice)?"
    r"|avertissement|prudence|mise en garde|courriel externe|achtung|vorsicht|hinweis|warnung|extern|attenzione|avviso|avvertenza|precaución|advertencia|atención|aviso|cuidado|atenção|alerta|let op|waarschuwing|pas op|opgelet"
    r"|varning|obs|advarsel|varoitus|huomio|uwaga|ostrzeżenie|upozornění|pozor|внимание|осторожно|увага|dikkat|uyarı|προσοχή|注意|警告|주의|경고|تنبيه|تحذير)\W{0,8}){1,3}"
)
_OPENS: Final = (
    r"(?:this|the) (?:e-?mail|message|mail|communication)\b[^.\n]{0,80}\b(?:outside|external|untrusted|unknown sender)"
    r"|external (?:e-?mail|sender|message|mail)\b|\[?external\]?\s*$"
    r"|(?:some people who received this message|you) (?:don'?t|do not|haven'?t|have not|rarely) (?:often |usually |previously )?(?:get|receive|received|gotten)\b[^\n]{0,30}(?:e-?mails?|messages?) from\s+\S+"
    r"|(?:ce|cet) (?:courriel|e-?mail|message|mél|mail)\b[^.\n]{0,80}(?:extern|extérieur|hors d)|(?:courriel|e-?mail|message|expéditeur) externe\b"
    r"|vous (?:n'obtenez pas souvent|ne recevez pas souvent|recevez rarement)\b[^\n]{0,60}(?:de|par|from)\s+\S+@\S+|certaines personnes qui ont reçu ce message[^\n]{0,80}@\S+"
    r"|este (?:correo|mensaje|e-?mail)\b[^.\n]{0,80}(?:fuera|extern)|(?:correo(?: electrónico)?|mensaje|remitente) externo\b"
    r"|no (?:suele|sueles|acostumbra a) recibir\b[^\n]{0,60}@\S+|no (?:recibe|recibes|obtiene) (?:a menudo |con frecuencia )?correo[^\n]{0,60}@\S+"
    r"|die(?:se)? (?:e-?mail|nachricht|mail)\b[^.\n]{0,80}(?:extern|außerhalb|ausserhalb)|externe[rs]? (?:e-?mail|absender|nachricht|mail)\b"
    r"|sie erhalten (?:nicht (?:oft|häufig)|nur selten|selten)\b[^\n]{0,60}@\S+|einige personen, die diese nachricht[^\n]{0,80}@\S+"
    r"|(?:quest[ao]|la presente|il presente) (?:e-?mail|mail|messaggio)\b[^.\n]{0,80}(?:estern|fuori)|(?:e-?mail|mittente|messaggio) estern[ao]\b|non (?:si ricevono|ricevi|riceve) spesso\b[^\n]{0,80}@\S+"
    r"|est[ae] (?:e-?mail|mensagem|correio|correio eletrónico)\b[^.\n]{0,80}(?:fora|extern)|(?:e-?mail|remetente|mensagem) extern[ao]\b|(?:você )?não (?:costuma receber|recebe (?:muitos|com frequência))\b[^\n]{0,60}@\S+"
    r"|(?:deze (?:e-?mail|mail)|dit bericht|het bericht)\b[^.\n]{0,80}(?:buiten|extern)|externe (?:e-?mail|afzender|mail)\b|(?:u|je) ontvangt niet vaak\b[^\n]{0,60}@\S+"
    r"|(?:detta|det här) (?:mejl|mejlet|e-?post|meddelande|meddelandet|mailet)\b[^.\n]{0,80}(?:utanför|utifrån|extern)|denne (?:mail|e-?mail|e-?posten|meldingen|besked)\b[^.\n]{0,80}(?:udefra|uden for|ekstern|utenfor)"
    r"|tämä (?:viesti|sähköposti)\b[^.\n]{0,80}ulkopuol|ta wiadomość\b[^.\n]{0,80}(?:spoza|zewnętrzn)|tento e-?mail\b[^.\n]{0,80}(?:mimo|extern)|это (?:письмо|сообщение)[^.\n]{0,80}(?:внешн|извне)|bu (?:e-?posta|ileti|mesaj)\b[^.\n]{0,80}dış"
    r"|この(?:電子)?(?:メール|メッセージ)は[^。\n]{0,60}外部|(?:社外|外部)(?:メール|からのメール)|(?:此|本)(?:邮件|郵件|电子邮件|電子郵件)[^。\n]{0,40}外部|外部(?:邮件|郵件)|이 (?:메일|이메일|메시지)은?[^.\n]{0,40}외부"
)
_FOLLOWS: Final = (
    r"(?:please )?(?:do not|don'?t|never|avoid) (?:click|open|reply|respond|provide|follow|enter|trust|download|forward)\w*|(?:please )?(?:use|exercise|take|proceed with) (?:extra )?(?:care|caution)|(?:please )?be (?:cautious|careful|vigilant|wary|aware)|(?:please )?think before|(?:please )?(?:verify|check) (?:the |that )?(?:sender|its)|unless you|only (?:click|open)|if you (?:are unsure|suspect|are in doubt|do not|don'?t)|(?:please )?report (?:suspicious|this|any)|ensure (?:that )?you|make sure|links and attachments|you have not (?:previously|recently) (?:corresponded|communicated)|this sender (?:is|has|might)|report suspicious|learn why this is important|\[?learn more"
    r"|découvrez|apprenez|pourquoi (?:c'est|cela est)|en savoir plus|n'ouvrez|n'ouvrir|ne cliquez|ne pas (?:cliquer|ouvrir)|(?:merci|veuillez|prière) (?:de )?ne pas (?:cliquer|ouvrir)|ne répondez|évitez|soyez (?:prudent|vigilant)|faites preuve|à moins que|en cas de doute|vérifiez"
    r"|descubra|averigüe|obtenga|más información|por qué (?:es|esto)|no (?:haga|hagas|abra|abras|responda|pulse|pinche|descargue)|tenga (?:cuidado|precaución)|tenga en cuenta|a menos que|sea (?:prudente|cauto)|verifique|en caso de duda"
    r"|erfahren sie|weitere informationen|(?:bitte )?(?:klicken|öffnen|antworten|folgen|prüfen|überprüfen) sie|(?:bitte )?(?:keine|nicht) (?:links|anhänge|auf links)|(?:bitte )?seien sie vorsichtig|(?:bitte )?vorsicht|im zweifel|es sei denn"
    r"|informazioni sul|scopri|non (?:cliccare|aprire|fare clic|rispondere|clicca|aprite|cliccate)|(?:prestare|fare|fai|presta|si prega di prestare) attenzione|a meno che|in caso di dubbi"
    r"|saiba|obtenha|não (?:clique|abra|responda|clicar|abrir)|(?:tenha|tome) (?:cuidado|precaução)|a menos que|em caso de dúvida"
    r"|meer informatie|ontdek|lees (?:meer|waarom)|klik (?:niet|geen|alleen)|open geen|wees (?:voorzichtig|alert|waakzaam)|tenzij|bij twijfel"
    r"|klicka inte|öppna inte|var försiktig|klik ikke|åbn ikke|vær (?:opmærksom|forsiktig|varsom)|ikke (?:klikk|åpne)|älä (?:avaa|klikkaa)|nie (?:klikaj|otwieraj)|zachowaj|neklikejte|neotevírejte|не (?:переходите|открывайте|нажимайте)|будьте осторожны|リンク|添付|心当たり|请勿|請勿|请谨慎|링크"
)
_TO_ITS_END: Final = r"(?:[^.!?。\n]*(?:(?<=[^\n]{50})\n[^.!?。\n]+){0,3}[.!。]+(?=\s|$|[<(\[])|[^\n]*)(?:\s*[<(\[]\s*https?:[^\s>)\]]*\s*[>)\]])?"
_DECORATION: Final = r"[\s\W_]*"


def _wrapped(words: str) -> str:
    """Return an expression that finds words over the ends of long lines, too."""
    return words.replace(" ", r"\s").replace(r"[^.\n]{0,80}", r"(?:[^.\n]|(?<=[^\n]{50})\n){0,80}")


_FIRST: Final = re.compile(
    _DECORATION + _wrapped(rf"(?:{_LABEL}(?:{_OPENS}|{_FOLLOWS})|{_OPENS})") + _TO_ITS_END,
    re.IGNORECASE,
)
_MORE: Final = re.compile(
    _DECORATION + _wrapped(rf"(?:{_LABEL})?(?:{_OPENS}|{_FOLLOWS})") + _TO_ITS_END, re.IGNORECASE
)
_RULE: Final = re.compile(r"(?:\s*[_*=#~-]{3,}[ \t]*(?:\n|$))+")
_MARKED: Final = re.compile(r"\s*\w{0,40}BannerStart\b.*?\w{0,40}BannerEnd\b\s*", re.DOTALL)
"""Some write words around it by which they find it again."""
_LONGEST: Final = 1500
"""Characters at the top of a text that may be a warning."""
_MOST: Final = 8
"""Sentences of it."""


def without_warning(text: str) -> str:
    """Return a text without the warning that a gateway put above it."""
    top = text[:_LONGEST]
    if marked := _MARKED.match(top):
        return text[marked.end() :]
    found = _FIRST.match(top)
    if found is None:
        return text
    for _ in range(_MOST):
        end = found.end()
        more = _MORE.match(top, end)
        if more is None:
            break
        found = more
    end = found.end()
    if rule := _RULE.match(top, end):
        end = rule.end()
    return text[end:]


NOTICE: Final = cues("gateways", "notice", before=r"^[\s*_>-]{0,6}", ignore_case=True)
"""The notices that offices put below every mail; no text of the author comes after them."""

FORWARDS: Final = cues("gateways", "forwards", before=r"^\W{0,4}(?:-{2,} ?)?", ignore_case=True)
"""A line after which somebody else's message comes, passed on by the author."""
