"""Names of columns in files of readers, as the programs and languages people use write them.

Data, and how to look a name up in it. A column that says who may not be mailed must never pass for
a harmless one, so a name that only sounds like it is told apart from the rest: see `Sounds`.
"""

# letters of other scripts that look like Latin ones

# ruff: noqa: E501  # words of a language stay together
from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache
from itertools import product
from typing import Final, NamedTuple, TypeVar

Kind = TypeVar("Kind")


class Field(StrEnum):
    """The facts about a reader that a column can hold."""

    ADDRESS = "address"
    LANGUAGE = "language"
    TOPICS = "topics"
    TAGS = "tags"
    NAME = "name"
    """The whole name; beside a column of first or last names perhaps the other half."""
    FIRST = "first-name"
    PREFIX = "name-prefix"
    """The words between the names, as in Dutch names."""
    LAST = "last-name"
    SECOND_LAST = "second-last-name"


class Family(StrEnum):
    """The kinds of columns that say whether a reader may be mailed."""

    SUBSCRIBED = "subscribed"
    CONSENT = "consent"
    CONFIRMED = "confirmed"
    DOUBLE = "double-opt-in"
    ACTIVE = "active"
    STATUS = "status"
    DELIVERY = "delivery"
    LEFT = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    BLOCKED = "blocked"
    LEFT_WHY = "unsubscribed-why"
    """If filled with anything, such as a reason or a campaign, the reader has left."""
    BOUNCED_WHY = "bounced-why"
    COMPLAINED_WHY = "complained-why"
    BLOCKED_WHY = "blocked-why"


class Sounds(NamedTuple):
    """A name that sounds as if its column said who may be mailed, but is not known."""

    stem: str
    """The beginning of a word that has this sound."""


WHY: Final = {
    Family.LEFT: Family.LEFT_WHY,
    Family.BOUNCED: Family.BOUNCED_WHY,
    Family.COMPLAINED: Family.COMPLAINED_WHY,
    Family.BLOCKED: Family.BLOCKED_WHY,
}
"""The stems for a reason, a source or a campaign, added to the name of such a column."""

FIELD_NAMES: Final[dict[Field, str]] = {
    Field.ADDRESS: "address|email|e-mail|mail|email address|e-mail address|mail address|email 1"
    "|e-mail 1 - value|email address - other|email address - home|email address - work|email id"
    "|primary email|subscriber|subscriber email|contact email|user email|member email|smtp address"
    "|adresse|courriel|adresse e-mail|adresse mail|adresse électronique|adresse de courriel|mél"
    "|adresse de messagerie|correo|dirección|correo electrónico|dirección de correo|e-mail-adresse"
    "|dirección de correo electrónico|mailadresse|emailadresse|posta elettronica|indirizzo email"
    "|indirizzo e-mail|indirizzo di posta elettronica|endereço|endereço de e-mail|correio eletrónico"
    "|endereço de email|e-mailadres|mailadres|adres e-mail|e-postadress|e-post|epost|e-mailadresse"
    "|sähköposti|e-mailová adresa|e-mail cím|adresă de e-mail|e-posta|адрес|электронная почта"
    "|адрес электронной почты|почта|електронна пошта|メールアドレス|メール|电子邮件|邮箱|電子郵件"
    "|이메일|البريد الإلكتروني|דואר אלקטרוני|ηλεκτρονική διεύθυνση",
    Field.LANGUAGE: "language|lang|langue|idioma|sprache|lingua|língua|taal|język|språk|kieli|jazyk"
    "|nyelv|limba|dil|язык|мова|言語|语言|語言|언어|اللغة|שפה|γλώσσα|preferred language|locale",
    Field.TOPICS: "topics|topic|thèmes|thème|temas|tema|themen|thema|argomenti|onderwerpen",
    Field.TAGS: "tags|tag|étiquettes|étiquette|etiquetas|etiqueta|schlagwörter|etichette",
    Field.NAME: "name|full name|display name|contact name|subscriber name|member name|real name"
    "|nom|nom complet|nom et prénom|prénom et nom|nombre|nombre completo|nombre y apellidos|gecos"
    "|vollständiger name|vor- und nachname|nome|nome completo|nome e cognome|naam|volledige naam"
    "|namn|navn|nimi|imię i nazwisko|jméno|név|nume|ad soyad|имя|фио|ім'я|氏名|名前|お名前|姓名|이름"
    "|الاسم|שם|όνομα",
    Field.FIRST: "first name|firstname|fname|given name|forename|christian name|prénom|prenom"
    "|prénoms|nombre de pila|nombres|primer nombre|vorname|vornamen|nome proprio|primeiro nome"
    "|voornaam|förnamn|fornavn|etunimi|imię|křestní jméno|keresztnév|prenume|ad|名|名字|имя отчество",
    Field.PREFIX: "tussenvoegsel|tussenvoegsels|name infix",
    Field.LAST: "last name|lastname|lname|surname|family name|nom de famille|nom d'usage|apellido"
    "|apellidos|primer apellido|apellido paterno|nachname|familienname|zuname|cognome|sobrenome"
    "|apelido|último nome|achternaam|efternamn|efternavn|etternavn|sukunimi|nazwisko|příjmení"
    "|vezetéknév|nume de familie|soyad|фамилия|прізвище|姓|성",
    Field.SECOND_LAST: "segundo apellido|apellido materno|second last name",
}
"""For each field the names that are understood, parted by `|`; accents and signs do not count."""

FAMILY_NAMES: Final[dict[Family, str]] = {
    Family.SUBSCRIBED: "subscribed|abo|anmeldedatum|eintragedatum|dado de alta|dada de alta|subscribe|subscription|is subscribed|inscrit|inscrite|inscription"
    "|abonné|abonnée|abonnement|abonniert|abonnent|angemeldet|anmeldung|eingetragen|suscrito"
    "|suscrita|suscripción|suscriptor|alta|subscrito|inscrito|inscrita|inscrição|assinante"
    "|assinatura|subscrição|iscritto|iscritta|iscrizione|aangemeld|ingeschreven|geabonneerd"
    "|inschrijving|prenumerant|prenumererar|tilmeldt|påmeldt|abonnerer|zapisany|subskrypcja"
    "|přihlášen|odběr|feliratkozott|feliratkozva|abonat|abone|подписан|подписка|підписаний|購読"
    "|配信希望|订阅|訂閱|구독|مشترك|רשום|εγγεγραμμένος",
    Family.CONSENT: "consent|mail ok|email ok|ok mail|ok pour mail|ok for mail|contactable|can contact"
    "|may contact|contact allowed|bulletin|weekly newsletter|newsletter ja/nein|newsletter yes/no"
    "|newsletter oui/non|newsletter y/n|einwilligungsdatum|infobrief|dsgvo ok|suscrito al boletín|consented|consents|opt in|opted in|optin|marketing consent"
    "|marketing permission|marketing permissions|marketing contact status|marketing contact"
    "|email marketing consent|marketing|email marketing|accepts marketing|accepts email marketing"
    "|allow marketing|allow email|allow emails|allow mail|may email|may be mailed|may be emailed"
    "|mailable|emailable|can email|can be emailed|ok to email|ok to mail|ok to contact"
    "|permission|permissions|email permission|email permission status|permission status"
    "|permission to email|permission to contact|gdpr|gdpr consent|rgpd|dsgvo|lgpd|newsletter"
    "|newsletters|wants newsletter|wants mail|wants email|wants emails|receive newsletter"
    "|receive email|receive emails|receives email|receives newsletter|mailing|mailings|mailing list"
    "|agreed|agrees|agreement|accepted|accept|accepts|accepts emails|approved"
    "|consentement|accord|accepte|accepté|accepte les e-mails|autorisation|autorisé|autorise l'envoi"
    "|infolettre|lettre d'information|lettre d'info|recevoir la newsletter|recevoir l'infolettre"
    "|consentimiento|acepta|aceptado|autoriza|autorización|autorizado|permiso|boletín"
    "|recibir boletín|recibir correos|acepta publicidad"
    "|einwilligung|eingewilligt|zustimmung|zugestimmt|einverständnis|einverstanden|erlaubnis"
    "|werbeeinwilligung|werbung erlaubt|rundbrief|rundschreiben|newsletter erwünscht"
    "|consenso|consenso marketing|acconsente|accetta|accettato|autorizzazione|autorizzato"
    "|consentimento|aceita|aceite|autoriza envio|autorização|permissão|boletim"
    "|toestemming|akkoord|nieuwsbrief|wil nieuwsbrief|avg|samtycke|samtykke|nyhetsbrev|nyhedsbrev"
    "|suostumus|uutiskirje|zgoda|souhlas|hozzájárulás|hírlevél|consimțământ|onay|izin|согласие"
    "|рассылка|згода|розсилка|同意|メルマガ|メール配信|接收邮件|동의|수신동의|수신 동의|موافقة"
    "|הסכמה|συγκατάθεση",
    Family.CONFIRMED: "confirmed|valid|validated|email valid|bestätigungsdatum|a confirmé|confirm|confirmation|verified|email verified|is verified|verification"
    "|is the email of this subscriber confirmed|did this subscriber manually confirm"
    "|optedin confirmed|confirmé|confirmée|vérifié|vérifiée|validé|validée|confirmado|confirmada"
    "|confirmación|verificado|verificada|confirmação|bestätigt|bestätigung|verifiziert|confermato"
    "|confermata|conferma|verificato|bevestigd|bevestiging|geverifieerd|bekräftad|bekræftet|bekreftet"
    "|vahvistettu|potwierdzony|potwierdzone|potvrzeno|megerősítve|confirmat|onaylandı|подтвержден"
    "|подтверждено|підтверджено|確認済み|確認|已确认|确认|확인",
    Family.DOUBLE: "double opt in|doubleoptin|double optin|doi|double_opt-in|double opt-in status"
    "|double consentement|doble opt in|doble confirmación|doppia conferma|dubbele opt-in",
    Family.ACTIVE: "active|activated|enabled|is active|actif|active (abonné)|activé|activo|activa"
    "|activado|aktiv|aktiviert|freigeschaltet|attivo|attiva|attivato|ativo|ativa|ativado|actief"
    "|geactiveerd|aktiivinen|aktywny|aktivní|aktív|activ|aktif|активен|активный|активний|有効|启用"
    "|mailing allowed",
    Family.STATUS: "status|state|kontaktstatus|newsletterstatus|statut d'inscription|état abonnement"
    "|état de l'abonnement|estado del contacto|estado suscripción|stato contatto|status do contato|status code|subscription status|subscriber status|member status"
    "|email status|email status - other|status abonnement|statut|état|statut d'abonnement|estado"
    "|estado de suscripción|situación|zustand|abonnementstatus|stato|stato iscrizione|situação"
    "|estado da subscrição|abonnementsstatus|tila|stan|stav|állapot|stare|durum|статус|состояние"
    "|стан|状態|ステータス|状态|狀態|상태|الحالة|סטטוס|κατάσταση",
    Family.DELIVERY: "reception|reception mode|réception|delivery|delivery mode|delivery status"
    "|mode de réception|recepción|modo de recepción|empfang|zustellung|empfangsmodus|ricezione"
    "|receção|ontvangst|mail delivery",
    Family.LEFT: "unsubscribed|unsubbed|cancelled|canceled|trashed|leaving|unwanted|rejected|declined"
    "|désabo|désabonnements|sortie|sorti|départ|ne souhaite pas|refuse les mails|n'accepte plus"
    "|abmeldedatum|austragedatum|kündigungsdatum|kündigung|austritt|ausgetreten|storniert|no desea"
    "|cancelación|cancellazione|cancelamento|unsubscribe|unsub|opted out|opt out|optout|confirmed opt out|has opted out of email"
    "|opted out of email|unsubscribed from all email|unsubscribed from all|unsubscription|left"
    "|leave|leave time|departed|quit|withdrawn|revoked|removed|objected|objection|nomail|no mail"
    "|no email|no emails|deleted|delete|désabonné|désabonnée|désabonnement|désinscrit|désinscrite"
    "|désinscription|parti|retiré|radié|résilié|opposition|refus|refusé|supprimé|supprimée|baja"
    "|dado de baja|de baja|cancelado|cancelada|desuscrito|eliminado|eliminada|abgemeldet|abmeldung"
    "|ausgetragen|abbestellt|gekündigt|widerruf|widerrufen|widerspruch|widersprochen|gelöscht"
    "|disiscritto|disiscritta|disiscrizione|cancellato|cancellata|revocato|eliminato|opposizione"
    "|descadastrado|desinscrito|anulado|removido|revogado|afgemeld|afmelding|uitgeschreven"
    "|uitschrijving|verwijderd|ingetrokken|avregistrerad|avanmäld|afmeldt|frameldt|avmeldt|wypisany"
    "|rezygnacja|odhlášen|leiratkozott|dezabonat|отписан|отписался|отписка|удален|відписаний|退会"
    "|解除|配信停止|退订|退訂|수신거부|수신 거부",
    Family.BOUNCED: "bounced|bounce|bounces|bounce count|bouncecount|bounce score|hard bounce"
    "|hard bounces|hard bounced|soft bounces|soft bounce|number of bounces"
    "|number of bounces on this subscriber|email global bounced|cleaned|clean|undeliverable"
    "|undelivered|invalid|invalid email|invalid email address|rebond|rebonds|rejeté|invalide"
    "|npai|retour npai|adresse invalide|adresse erronée|delivery failed|rebotado|rebote|rebotes|devuelto|inválido|unzustellbar|rückläufer|zurückgekommen|ungültig"
    "|rimbalzato|rimbalzi|non valido|devolvido|devolvidos|rejeitado|onbestelbaar|gebounced|ongeldig"
    "|studsad|odbity|nedoručitelné|недоставлено|возврат|エラー|不達",
    Family.COMPLAINED: "complained|fbl|feedback loop|complaint|complaints|complaint count|spam|spam report"
    "|spam reports|spam complaint|spam complaints|marked as spam|reported spam|reported as spam"
    "|abuse|abuse report|abuse reports|junk|plainte|plaintes|indésirable|queja|quejas|denuncia"
    "|beschwerde|beschwerden|reclamo|reclami|segnalato come spam|reclamação|reclamações|klacht"
    "|klachten|жалоба|жалобы|迷惑メール",
    Family.BLOCKED: "blacklisted|on hold|held|quarantine|quarantined|robinson|robinsonliste|liste rouge"
    "|dead|expired|terminated|stop|stop mail|do not bulk email|donotbulkemail|sperrvermerk|blacklist|blocklisted|blocklist|blocked|block|email blacklisted"
    "|email_blacklisted|is this subscriber blacklisted|is this account disabled|disabled"
    "|email disabled|deactivated|inactive|suppressed|suppression|suppression list|banned|suspended"
    "|suspend|excluded|do not mail|do not email|do not e-mail|do not contact|do not send|donotmail"
    "|don't mail|don't email|don't contact|dnc|dne|deceased|is globally ineligible|ineligible"
    "|non marketing contact|archived|paused|denylisted|denied|liste noire|bloqué|bloquée|désactivé"
    "|désactivée|inactif|inactive (abonné)|suspendu|suspendue|exclu|ne pas contacter|ne pas envoyer"
    "|ne pas mailer|ne pas écrire|décédé|lista negra|bloqueado|bloqueada|desactivado|desactivada"
    "|inactivo|suspendido|excluido|no contactar|no enviar|no enviar correos|gesperrt|sperre"
    "|sperrliste|blockiert|deaktiviert|inaktiv|ausgeschlossen|nicht anschreiben|nicht kontaktieren"
    "|nicht mailen|keine mails|keine mail|keine werbung|werbesperre|mailsperre|kontaktsperre"
    "|bloccato|bloccata|disattivato|disattivata|inattivo|sospeso|escluso|non contattare|non inviare"
    "|desativado|desativada|inativo|suspenso|não contactar|não contatar|não enviar|geblokkeerd"
    "|zwarte lijst|uitgeschakeld|inactief|niet mailen|niet benaderen|niet contacteren|geen mail"
    "|spärrad|blokeret|blokkert|estetty|zablokowany|blokován|letiltva|blocat|engellendi"
    "|заблокирован|черный список|заблокований|ブラックリスト|無効|黑名单|停用|차단",
    Family.LEFT_WHY: "abmeldegrund|kündigungsgrund|motif désabonnement|motivo de baja|unsub reason|unsubscribe reason|reason for leaving|leave reason|why left"
    "|cancellation reason",
    Family.BOUNCED_WHY: "hard bounce reason|email hard bounce reason|email hard bounce reason enum"
    "|bounce reason|bounce type|email bounced reason",
}
"""Likewise, for the columns that say who may be mailed."""

HARMLESS: Final = (
    "lead status|lifecycle stage|marital status|civil status|estado civil|état civil|stato civile"
    "|familienstand|employment status|job status|payment status|order status|country state"
    "|htmlemail|send this subscriber html emails|complimentary plan|subscription plan"
    "|subscription tier|subscribe page|subscribepage|sys:subscribe page|emails received"
    "|emails received 6mo|number of emails received|digest|plain|text format|active days"
    "|bounce rate|spam score|visibility|bounce address"
)
"""Names that sound like one of those above and are about something else."""

OPTIONAL_BESIDE: Final[dict[str, str]] = {
    "optin time": "confirm time",
    "double opt in": "blacklisted|email blacklisted",
}
"""Columns that a program fills for some readers only, beside another that tells for all:
Mailchimp's OPTIN_TIME, Brevo's DOUBLE_OPT-IN. There an empty cell says nothing."""
HARMLESS_BESIDE: Final[dict[str, str]] = {
    "active subscription": "email disabled|stripe plan|plan|first payment at"
}
"""Columns that are about something else where another is there: Substack's paying readers."""

_SPLIT: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD: Final = re.compile(r"[^\W_]+")
_BARE: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})

BEFORE: Final = (
    "marketing is has was are been have the a an of date time when at email emails e mail mails contact"
    " contacts subscriber subscribers member members user users customer person people list"
    " lists newsletter newsletters globally global account your my current hat hab ist wurde war"
    " est ete esta fue foi es heeft werd fecha datum data d de da do di del du le la il el der"
    " die das den l"
)
"""Words that may stand before a known name, and add nothing: "is", "email"."""
AFTER: Final = (
    "given op em at on date time timestamp datetime flag yn email emails mail mails e from to of all our"
    " the newsletter newsletters list lists bulletin marketing status utc gmt am le il el la"
    " datum fecha data since seit depuis desde dal count total other de du d you us via"
)
"""Words that may stand after it: "at", "date"."""
RECORD: Final = (
    "reason reasons ip source sources campaign campaigns title id method by why comment"
    " comments note notes type enum form record reported page text version channel host country"
    " language locale description grund motif motivo raison reden razao motive message error url"
    " link hash token code plan tier changed updated frequency latitude longitude"
)
"""The stems for the circumstances of a fact, rather than the fact itself."""
_LINK: Final = frozenset({"url", "link", "hash", "token", "code"})
"""The words for things that every reader has, so that they say nothing."""
CHANNELS: Final = (
    "sms whatsapp whats phone telephone tel telefon telefono telephonique mobile push fax viber"
    " telegram call calls"
)
"""Other ways to reach somebody, of which we know nothing."""

_STEMS: Final = re.compile(
    r"cancel|\bfail|\btrash|\bstop\b|\bpaused?\b|\brejec|\bdeclin|\bunwanted|\bexpired|\bterminat|\bon hold"
    r"|quarant|robinson|\bdead\b|\bsortie?\b|\bdepart\b|austritt|ausgetret|storn|\bdesea\b|souhait"
    r"|wunsch|akzept|\bvalid|statecode|\bno (?:mail|email|newsl|bulk)|(?:legal|lawful) basis"
    r"|(?:mail|contact|communication) preferenc|subscri|unsub|optin|optout|optedin|optedout|consent|confirm|blacklist|blocklist|denylist|bounc"
    r"|complain|complaint|\bspam|abuse|status|suppress|disabled?\b|deactivat|\bdelet|nomail"
    r"|\bdo ?n[o']?t\b|marketing|gdpr|rgpd|dsgvo|lgpd|permission|newsletter|mailing|\breceives?\b"
    r"|\bwants?\b|\bactive\b|\binactive\b|\benabled\b|suspend|\bbann|undeliver|verified|\bleft\b"
    r"|unwilling|\bremoved\b|\bexclude|\bblock|\ballow|\bagree|\baccept|authori[sz]|\bapprov|\bstate\b"
    r"|revok|withdr[ae]w|\bobject(?:ed|ion)|\binvalid|archived?\b|\bcleaned\b"
    r"|abonn|desinscri|inscri|\bliste noire|bloqu|rebond|plainte|statut|\betat\b|supprim|\bactive\b"
    r"|\bactif|inactif|\bne pas\b|autoris|\brefus|\boppos|infolettre|recevoir|\bradie|desactiv"
    r"|suscri|\bbaja\b|lista negra|\brebot|\bqueja|\bestado\b|suprim|elimina|\bactiv[oa]\b|inactiv"
    r"|\bno enviar|\bno contact|\bacept|autoriz|permiso|boletin|recibir|rechaz"
    r"|abgemeld|abmeld|angemeld|anmeld|austrag|ausgetrag|eingetrag|einwillig|zustimm|bestatig|sperr"
    r"|blockiert|unzustell|beschwerde|gelosch|\bkeine? (?:mail|e ?mail|werb|post|kontakt)"
    r"|\bnicht (?:mail|anschr|kontakt|versend)|einverst|werb[eu]|erlaubnis|widerr|widerspr|empfang"
    r"|rundbrief|kundig|\baktiv|inaktiv|deaktiv|iscri[tz]|cancell|consens|conferm|blocca|rimbalz"
    r"|reclam|\bstato\b|disattiv|\battiv[oa]\b|\bnon (?:inviare|contatt)|accett|ricevere|rifiut|revoc"
    r"|sospes|assinante|assinatura|descadastr|devolv|situacao|exclu|desativ|\bativ[oa]\b|inativ"
    r"|\bnao (?:enviar|conta)|aceit|receber|recus|aangemeld|afgemeld|uitgeschr|uitschr|ingeschr"
    r"|inschr|toestemming|bevestig|blokke|zwarte lijst|klacht|verwijder|uitgeschakeld|\bactief"
    r"|\bniet (?:mail|benad|contact|verst)|akkoord|nieuwsbrief|ontvang|geweiger|samtyk|samtyck"
    r"|prenumer|tilmeld|frameld|afmeld|pameld|avmeld|avregist|bekraft|nyhets?brev|nyhedsbrev|sparra"
    r"|suostum|uutiskirj|wypisa|zapisan|zgoda|potwierd|zablok|aktywn|souhlas|potvrz|odber|odhlas"
    r"|hozzajarul|feliratk|leiratk|hirlevel|dezabon|consimt|\babone|\bonay|engel|\bizin"
    r"|подпис|отпис|соглас|подтвер|блок|статус|удален|актив|рассыл|згод|розсил|підтвер|відпис"
    r"|購読|配信|同意|確認|解除|状態|ステータス|メルマガ|订阅|退订|同意|确认|黑名单|状态|訂閱|구독|동의|수신"
    r"|συγκατ|εγγραφ|εγγεγρ|مشترك|موافق|הסכמ"
)
"""Beginnings of words, in the languages above, that tell of consent, leaving or failing."""


_BEFORE, _AFTER = frozenset(BEFORE.split()), frozenset(AFTER.split())
_RECORD, _CHANNELS = frozenset(RECORD.split()), frozenset(CHANNELS.split())


@lru_cache(1024)
def folded(text: str) -> str:
    """Return a text in small letters without accents; full-width letters are plain ones."""
    letters = unicodedata.normalize("NFKC", text).casefold().translate(_BARE)
    letters = unicodedata.normalize("NFD", letters)
    return "".join([one for one in letters if not unicodedata.combining(one)])


def same(name: str) -> str:
    """Return what two spellings of a column's name have in common: its letters and digits."""
    return "".join(_words(name))


def _words(name: str) -> list[str]:
    return _WORD.findall(folded(_SPLIT.sub(" ", name)))


def _table(names: dict[Kind, str]) -> dict[str, Kind]:
    return {same(name): kind for kind, several in names.items() for name in several.split("|")}


_FIELDS: Final = _table(FIELD_NAMES)
_FAMILIES: Final = _table(FAMILY_NAMES)
_HARMLESS: Final = frozenset(map(same, HARMLESS.split("|")))


def field_of(name: str) -> Field | None:
    """Return which of a reader's facts a column of that name holds; None: none that we keep."""
    return _FIELDS.get(same(name))


def family_of(name: str) -> Family | Sounds | None:
    """Return what a column of that name says of who may be mailed.

    Returns:
        Its family; or what sounds so in a name that is not known; None: it is about other things.
    """
    words = _words(name)
    whole = "".join(words)
    if whole in _HARMLESS:
        return None
    if whole in _FAMILIES:
        return _FAMILIES[whole]
    if _CHANNELS.intersection(words) and not {"mail", "email", "mails", "emails"} & set(words):
        return None
    if found := _core(words):
        return _by_ending(*found)
    stem = _STEMS.search(" ".join(words)) or _STEMS.search(whole)
    if stem is None or words[-1] in _LINK:
        return None
    return Sounds(stem[0])


def _core(words: list[str]) -> tuple[Family, list[str]] | None:
    """Find a known name within a longer one; return it and the words that follow it."""
    count = len(words)
    spans = product(range(count), range(count, 0, -1))
    for start, end in sorted(spans, key=lambda span: span[0] - span[1]):
        family = _FAMILIES.get("".join(words[start:end])) if start < end else None
        rest = words[end:]
        if family and _BEFORE.issuperset(words[:start]) and (_AFTER | _RECORD).issuperset(rest):
            return family, rest
    return None


def _by_ending(family: Family, rest: list[str]) -> Family | None:
    if not _RECORD.intersection(rest):
        return family
    if _LINK.intersection(rest):
        return None
    return WHY.get(family)


def is_optional(name: str, header: list[str]) -> bool:
    """Tell whether an empty cell of that column says nothing, for another tells."""
    return _beside(OPTIONAL_BESIDE, name, header)


def is_about_another_thing(name: str, header: list[str]) -> bool:
    """Tell whether a column is harmless because of another that is there."""
    return _beside(HARMLESS_BESIDE, name, header)


def _beside(table: dict[str, str], name: str, header: list[str]) -> bool:
    others = next((theirs for own, theirs in table.items() if same(own) == same(name)), "")
    return bool({same(one) for one in others.split("|") if one}.intersection(map(same, header)))
