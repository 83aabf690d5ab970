"""Whether a report says that mail was given up, or that it is only late.

The surest word of a report of delay is "not yet". To add a language, put its words into each set;
case and accents do not count.
"""

# ruff: noqa: E501  # a list of words that is cut in two cannot be read
from __future__ import annotations

from typing import Final

from mailer.domain.text.cues import Cues
from mailer.domain.text.plain import flowing, unaccented

_NOT_YET: Final = (
    r"\b(?:has not yet been|not yet (?:been )?(?:deliver|accept|able|reach|sent)|not been delivered yet|noch (?:immer )?nicht|(?:bisher|bislang|derzeit noch) (?:\S+ ){0,2}nicht|pas encore|n'a (?:\S+ ){0,2}encore|(?:todavía|aún) no|no (?:\S+ ){0,3}(?:todavía|aún)|non (?:\S+ ){0,3}ancora|ancora (?:non|in attesa)|ainda não|não (?:\S+ ){0,3}ainda|nog (?:steeds )?niet|tot nu toe niet|jeszcze nie|nie (?:\S+ ){0,3}jeszcze|(?:ještě|zatím|dosud|zatiaľ|doteraz) (?:\S+ ){0,2}ne\w*|ännu inte|inte (?:\S+ ){0,3}ännu|(?:endnu|ennå|enda) (?:\S+ )?ikke|ikke (?:\S+ ){0,3}(?:endnu|ennå|enda)|vielä (?:\S+ ){0,3}(?:ei|ole)|ei (?:\S+ ){0,3}vielä|még (?:mindig )?nem|eddig nem|încă (?:\S+ )?n[u-]|nu (?:\S+ ){0,3}încă|još (?:\S+ )?nije|nije (?:\S+ )?još|ещ[её] не|пока (?:ещ[её] )?не|до сих пор не|(?:ще|поки|досі) не|все още не|henüz|ακόμ[αη]|chưa|belum)|まだ|尚未|还没有|還沒有|還未|아직",
)
_ONLY_A_WARNING: Final = (
    r"this is a warning|warning message only|\b(?:only|just|simply|merely|nur|lediglich|seulement|simple|solo|sólo|solamente|soltanto|apenas|alleen|slechts|enkel|bara|endast|kun|bare|vain|pelkkä|tylko|pouze|jen|len|csak|csupán|doar|лишь|только|лише|тільки|samo|sadece|yalnızca) (?:\S+ ){0,3}(?:warn\w*|hinweis|avertiss\w*|avis\b|aviso|advertencia|avviso|avvertiment\w*|alerta|waarschuw\w*|varning\w*|advarsel\w*|varoitus\w*|ostrzeżeni\w*|varován\w*|upozorněn\w*|upozornen\w*|figyelmeztet\w*|avertis\w*|avertiz\w*|предупрежд\w*|попереджен\w*|upozorenj\w*|uyarı\w*)",
    r"do not (?:need to )?re-?send|no (?:further )?action is required on",
)
_TRIED_AGAIN: Final = (
    r"will (?:continue|keep|be (?:retried|tried|attempted|re-?sent|requeued)|try|retry|re-?attempt|attempt to (?:re|deliver|send))(?!.{0,40}no )|keep trying|continue (?:to try|trying)|still (?:being|trying|attempt|in (?:the )?queue|undelivered|retry)",
    r"wird weiter|weiterhin versuch|versuch\w* (?:es )?weiter|versuch\w* (?:\S+ ){0,5}(?:weiter\b|erneut|noch \S+ (?:tage?|stunden?))|(?<!keine )(?<!keinen )(?:weitere|erneute)n? (?:zustell)?versuche?|(?:nochmals|erneut|weiter) (?:\S+ )?(?:versucht|zugestellt|zuzustellen)",
    r"sera (?:retent|réess|renouv)|(?<!aucune )nouvelles? tentatives? (?:\S+ ){0,3}(?:ser|aur)|(?:continuer|réessaier|réessayer|retenter)(?:ons|ont|a)\b|tentatives? (?:\S+ ){0,3}(?:continu|se poursui)\w*",
    r"(?<!no )se volver[aá] a intentar|(?:volveremos|seguiremos|continuaremos) (?:\S+ ){0,2}intent\w*|se seguir[aá]|seguir[aá]n? intentando|(?<!no se )reintent|continuará(?:n)? (?:\S+ ){0,2}inten\w*|(?:continuar|voltar)\w* (?:\S+ ){0,2}(?:a )?tentar|ser[aá] tentad|nova tentativa será|serão feitas novas",
    r"verr[aà] ritentat|(?:riproverem|ritenterem|continuerem|continuer[aà]|proverem)\w*|(?<!nessun )ulterior\w* tentativ\w* (?:\S+ )?(?:sar|verr)|verranno (?:\S+ )?(?:ripetut|effettuat)|si continuerà",
    r"(?:proberen|probeert) (?:\S+ ){0,4}(?:nog|opnieuw|blijven)|blijven (?:\S+ )?proberen|(?:opnieuw|nogmaals) (?:\S+ )?(?:geprobeerd|proberen|aangeboden)|nieuwe pogingen|(?:nya|nye) (?:\S+ )?(?:försök|forsøg|forsøk)|försök\w* (?:\S+ ){0,3}(?:igen|fortsätt\w*)|fortsätter (?:\S+ ){0,3}försök\w*|fortsæt\w* (?:\S+ ){0,3}forsøg\w*|fortset\w* (?:\S+ ){0,3}forsøk\w*|(?:prøver|forsøger|prøves|forsøges) (?:\S+ ){0,3}(?:igen|fortsat)|yrite\w* (?:\S+ ){0,3}(?:uudelleen|edelleen)|jatkaa yrit\w*",
    r"prób\w* (?:\S+ ){0,4}(?:ponawian|kontynuow|podejmow)\w*|ponawian\w*|ponowi\w*|(?:další|ďalš\w*) pokus\w*|pokus\w* (?:\S+ ){0,3}(?:opakov|pokrač)\w*|bude (?:\S+ ){0,2}opakov\w*|újra ?próbál\w*|(?:tovább|további|újabb) (?:\S+ ){0,2}(?:próbál|kísérlet)\w*|ismét megpróbál\w*|(?:va|vor|vom) (?:\S+ ){0,2}(?:reîncerca|încerca|continua)\w*|ponovno (?:će )?pokuša\w*",
    r"будут (?:продолж|повтор)|попыт\w* .{0,30}(?:продолж|будут|повтор)|будет (?:продолж|повтор)|спроб\w* (?:\S+ ){0,3}(?:продовж|повтор|буд)\w*|(?:tekrar|yeniden) (?:\S+ )?den\w*|denemeye devam|θα (?:\S+ )?(?:συνεχ|προσπαθ|επαναλ)\w*",
    r"再試行|重试|重試|继续尝试|繼續嘗試|继续投递|다시 시도|재시도|계속 시도",
)
_ADVICE: Final = (
    r"\bversuchen sie\b\S{0,2}(?: \S+){0,8}? (?:erneut|noch ?mal\w*)|\b(?:prøv|försök|yritä|zkuste|skúste|próbáld|próbálja|probeer|încercați)\b[^.]{0,60}|(?:proszę|prosimy|należy|spróbuj\w*)[^.]{0,40}ponowi\w*|\breintent(?:e|ar|a|arlo)\b|(?:tekrar|yeniden) (?:\S+ )?dene\w*(?:yin\w*|mek|meyi)\b|спробуйте[^.]{0,40}|повторите[^.]{0,40}|\btry (?:\S+ )?again\b",
    r"再試行(?:して)?(?:ください|下さい|をお)|请[^。]{0,14}(?:重试|重新)|請[^。]{0,14}(?:重試|重新)|稍[后後]再?(?:重试|重試|试|試)|다시 시도(?:하십시오|하세요|해 ?주|하시|해 ?보)",
)
"""What the sender is told to do: it promises nothing."""
_LATE: Final = (
    r"delivery (?:is |has been |was )?delayed|has been delayed|delay(?:ed)? (?:in|mail|message|notif)|could not send message for past|will be (?:deleted|returned|removed) in \w+ (?:\w+ )?(?:hour|day)|remains? (?:in the queue|undelivered)|verzögert sich|(?:zustellung|auslieferung) (?:\S+ ){0,3}verzögert|(?:est|été) (?:retardé|différé)\w*|(?:ha sido|está|fue) (?:retrasad|demorad|aplazad)\w*|è (?:stat[ao] )?(?:ritardat|rinviat|differit)\w*|(?:foi|está) (?:adiad|atrasad)\w*|is vertraagd|(?:har|är|er) (?:\S+ )?(?:försenad\w*|fördröj\w*|forsinket)|viivästy\w*|opóźnion\w*|zpožděn\w*|zdržen\w*|késik|késleltet\w*|întârziat\w*|задерж(?:ан|ива)\w*|відклад\w*|затрим(?:ан|ує)\w*|gecik\w*",
    r"遅延|遅れて|延迟|延遲|지연",
)
_GIVEN_UP: Final = (
    r"giv(?:en|ing) up|no (?:further|more) (?:attempt|deliver|retr)|will not (?:be )?(?:re)?(?:try|tried|attempt|retr)|permanent|i've given up|has been (?:aborted|cancell)|message (?:has )?expired|failed after \d|could not be delivered for|ins?t being returned|is being returned|returned to sender|delivery has failed",
    r"aufgegeben|endgültig|keine weiteren? (?:zustell)?versuche?|nicht weiter versucht|abandonn|définitiv\w*|aucune (?:autre|nouvelle) tentative|definitivamente|no se (?:volverá|reintentará)|nessun(?: altro| ulteriore) tentativo|non verranno|definitivament\w*|opgegeven|definitief|geen verdere pogingen|slutgiltig\w*|inga fler försök|endelig\w*|ikke flere forsøg|lopullisesti|ostatecznie|trwał\w*|definitivně|trvale|natrvalo|véglegesen|definitiv\b|окончательн\w*|остаточно|kalıcı olarak",
)
_SUBJECT: Final = (
    r"delay|warning|deferred|not yet|temporar|noch nicht|verzöger|verspät|warnung|retard|différé|avertissement|retras|demora|aplazad|advertencia|rinvia|ritard|differit|atras|adiad|vertraag|vertraging|waarschuwing|försen|fördröj|varning|forsink|advarsel|viiväs|varoitus|opóźni|ostrzeżenie|zpožd|oneskoren|upozorn|késé|késle|figyelmezt|întârzi|задерж|отлож|предупрежд|затрим|попередж|gecik|uyarı|遅延|延迟|延遲|警告|지연",
)


def _spelled(words: str) -> str:
    # Systems that know no umlauts write two letters.
    for letter, spelled in (("ä", "(?:ae?|æ)"), ("ö", "(?:oe?)"), ("ü", "(?:ue?)")):
        words = words.replace(letter, spelled)
    return unaccented(words)


DELAYED: Final = Cues(*_NOT_YET, *_ONLY_A_WARNING, *_TRIED_AGAIN, *_LATE, spelled=_spelled)
GIVEN_UP: Final = Cues(*_GIVEN_UP, spelled=_spelled)
DELAYED_SUBJECT: Final = Cues(*_SUBJECT, spelled=_spelled)
ADVICE: Final = Cues(*_ADVICE, spelled=_spelled)


def is_delay(text: str, subject: str) -> bool:
    """Tell whether a report's words say that mail is late, and will be tried again."""
    said = ADVICE.sub(" ", flowing(text[:6000]))
    if not DELAYED.search(said):
        return False
    return DELAYED_SUBJECT.search(flowing(subject)) or not GIVEN_UP.search(said)
