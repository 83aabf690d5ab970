"""Reading of cells that say whether a reader may be mailed, in the words of many languages.

Data, and how a cell is held against it. What is not understood is never taken for a yes.
"""

# ruff: noqa: E501  # words of a language stay together
from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from mailer.domain.subscribers.column_names import Family, folded


class Verdict(StrEnum):
    """The verdict of a file on a reader; the worst of a line's cells counts, in this order."""

    COMPLAINED = "complained"
    BLOCKED = "blocked"
    BOUNCED = "bounced"
    LEFT = "left"
    UNWILLING = "unwilling"
    """Has not wanted mail."""
    UNCONFIRMED = "unconfirmed"
    UNSAID = "unsaid"
    """Nothing says that mail is wanted, though there is a column for it (law 17)."""
    MAILED = "mailed"

    @property
    def weight(self) -> int:
        """Return its weight beside others: the least weighs most."""
        return list(Verdict).index(self)


class Rule(NamedTuple):
    """The meaning of the cells of a family; None: that cannot be told."""

    yes: Verdict
    """Also of a date: when it came about."""
    no: Verdict
    empty: Verdict
    number: Verdict | None = None
    """Numbers over one, as counts are."""
    text: Verdict | None = None
    """Any other text."""


def _against(verdict: Verdict, *, counts: bool = False, text: bool = False) -> Rule:
    fine = Verdict.MAILED
    number = verdict if counts or text else None
    return Rule(verdict, fine, fine, number, verdict if text else None)


RULES: Final[dict[Family, Rule]] = {
    Family.SUBSCRIBED: Rule(Verdict.MAILED, Verdict.LEFT, Verdict.UNSAID),
    Family.CONSENT: Rule(Verdict.MAILED, Verdict.UNWILLING, Verdict.UNSAID),
    Family.CONFIRMED: Rule(Verdict.MAILED, Verdict.UNCONFIRMED, Verdict.UNCONFIRMED),
    Family.DOUBLE: Rule(Verdict.MAILED, Verdict.UNCONFIRMED, Verdict.UNCONFIRMED),
    Family.ACTIVE: Rule(Verdict.MAILED, Verdict.BLOCKED, Verdict.UNSAID),
    Family.STATUS: Rule(Verdict.MAILED, Verdict.UNWILLING, Verdict.UNSAID),
    Family.DELIVERY: Rule(Verdict.MAILED, Verdict.UNWILLING, Verdict.MAILED),
    Family.LEFT: _against(Verdict.LEFT),
    Family.BOUNCED: _against(Verdict.BOUNCED, counts=True),
    Family.COMPLAINED: _against(Verdict.COMPLAINED, counts=True),
    Family.BLOCKED: _against(Verdict.BLOCKED),
    Family.LEFT_WHY: _against(Verdict.LEFT, text=True),
    Family.BOUNCED_WHY: _against(Verdict.BOUNCED, text=True),
    Family.COMPLAINED_WHY: _against(Verdict.COMPLAINED, text=True),
    Family.BLOCKED_WHY: _against(Verdict.BLOCKED, text=True),
}
"""For each family what yes (or a date), no (or 0), an empty cell, and other things mean."""

EMPTY: Final = (
    "|null|nil|none|n/a|na|n.a.|undefined|(blank)|(empty)|blank|empty|not set|\\n|nan|#n/a|unset"
)
"""The words that programs write for nothing."""
YES: Final = (
    "yes|y|true|t|1|1.0|x|on|ok|✓|✔|☑|✅|☒|■|●|oui|o|vrai|sí|si|s|verdadero|cierto|ja|j|wahr|vero|v"
    "|sim|verdadeiro|waar|sant|kyllä|tak|prawda|ano|áno|pravda|igen|igaz|da|adevărat|evet|doğru|да|истина"
    "|так|ναι|αληθές|はい|有|是|예|네|참|نعم|צודק|כן|hai|ya|có|haan|checked|set|granted|given|agreed"
)
NO: Final = (
    "no|n|false|f|0|0.0|off|✗|✘|✖|☐|❌|□|○|-|–|—|non|faux|falso|nein|falsch|não|nee|onwaar|nej|nei|falskt|falsk|ei"
    "|epätosi|nie|fałsz|ne|nepravda|nem|hamis|nu|fals|hayır|yanlış|нет|ложь|ні|όχι|ψευδές|いいえ|無"
    "|无|否|아니오|아니요|거짓|لا|לא|tidak|không|never|jamais|nunca|nie|niemals|mai|nooit|unchecked"
    "|not given|not granted|denied|declined|refused"
)
STATUSES: Final[dict[Verdict, str]] = {
    Verdict.MAILED: "active|subscribed|subscriber|enabled|confirmed|normal|ok|valid|verified|opted in"
    "|opt in|opt-in|optin|double opt-in|single opt-in|express|implied|explicit|regular|member"
    "|marketing contact|deliverable|activated|approved|on list|actif|active|abonné|abonnée|inscrit"
    "|inscrite|confirmé|confirmée|validé|valide|activo|activa|suscrito|suscrita|confirmado|confirmada"
    "|inscrito|aktiv|angemeldet|abonniert|bestätigt|eingetragen|aktiviert|attivo|attiva|iscritto"
    "|iscritta|confermato|confermata|ativo|ativa|inscrita|subscrito|actief|aangemeld|ingeschreven"
    "|bevestigd|aktywny|zapisany|aktivní|tilmeldt|påmeldt|aktif|активен|активный|активний|подписан"
    "|підписаний|有効|購読中|启用|已订阅|活跃|활성|구독중",
    Verdict.LEFT: "unsubscribed|unsubscribe|unsub|opted out|opt out|opt-out|optout|left|gone|removed"
    "|departed|quit|cancelled|canceled|deleted|withdrawn|revoked|churned|self unsubscribed|désabonné"
    "|désabonnée|désinscrit|désinscrite|parti|partie|supprimé|supprimée|résilié|radié|baja"
    "|dado de baja|dada de baja|de baja|desuscrito|desuscrita|cancelado|cancelada|eliminado"
    "|abgemeldet|ausgetragen|abbestellt|gekündigt|gelöscht|widerrufen|disiscritto|disiscritta"
    "|cancellato|cancellata|eliminato|annullato|descadastrado|anulado|removido|saiu|afgemeld"
    "|uitgeschreven|verwijderd|opgezegd|wypisany|odhlášen|afmeldt|frameldt|avmeldt|avregistrerad"
    "|отписан|отписался|удален|відписаний|退会|解除|解除済み|退订|已退订|已取消|수신거부",
    Verdict.BOUNCED: "bounced|bounce|bouncing|hard bounce|hard bounced|hardbounce|soft bounce|hard"
    "|soft|soft bounced|cleaned|undeliverable|undelivered|invalid|invalid email|bad|dead|failed"
    "|by bounces|disabled by bounces|rejeté|rebond|invalide|npai|rebotado|inválido|devuelto"
    "|unzustellbar|ungültig|rückläufer|rimbalzato|non valido|devolvido|onbestelbaar|ongeldig|gebounced"
    "|odbity|недоставлено|エラー|不達|退信",
    Verdict.COMPLAINED: "complained|complaint|complaint filed|spam|spam complaint|abuse|junk"
    "|marked as spam|reported spam|spam report|spam reported|plainte|queja|beschwerde|reclamo"
    "|reclamação|klacht|жалоба",
    Verdict.BLOCKED: "blocked|blacklisted|blocklisted|blacklist|blocklist|suppressed|disabled|inactive"
    "|suspended|banned|deactivated|excluded|expired|archived|deceased|paused|on hold|locked|closed"
    "|by admin|by moderator|disabled by admin|rejected|denylisted|bloqué|bloquée|désactivé|désactivée"
    "|inactif|suspendu|suspendue|exclu|expiré|bloqueado|bloqueada|desactivado|inactivo|inactiva"
    "|suspendido|excluido|gesperrt|blockiert|deaktiviert|inaktiv|ausgeschlossen|bloccato|disattivato"
    "|inattivo|sospeso|escluso|desativado|inativo|suspenso|geblokkeerd|uitgeschakeld|inactief"
    "|zablokowany|nieaktywny|blokovaný|spärrad|blokeret|blokkert|заблокирован|неактивен|無効|停用|차단",
    Verdict.UNWILLING: "no consent|never subscribed|not subscribed|nonsubscribed|non-subscribed"
    "|non subscribed|unsubscribed by default|no permission|no permissions set|permission denied"
    "|non-marketing contact|non marketing contact|by user|disabled by user|nomail|no mail|no email"
    "|transactional|withheld|rejected consent|do not contact|do not mail|do not email|not opted in",
    Verdict.UNCONFIRMED: "pending|unconfirmed|waiting|awaiting|awaiting confirmation|invited|draft"
    "|new|requested|not confirmed|unverified|unknown|pending confirmation|confirmation pending"
    "|imported|en attente|non confirmé|non confirmée|en cours|pendiente|sin confirmar|no confirmado"
    "|ausstehend|unbestätigt|nicht bestätigt|wartend|offen|in attesa|non confermato|pendente"
    "|não confirmado|in afwachting|onbevestigd|niet bevestigd|oczekujący|čeká|afventer|ожидает"
    "|не подтвержден|очікує|未確認|保留|未确认|待确认|대기",
}
"""Words for a state, as exports write them."""
MODES: Final = (
    "mail|digest|digestplain|digest plain|plain digest|mime digest|mime digests|plaintext digests"
    "|summary digests|summary|summaries|notice|txt|html|urlize|not me|enabled|regular"
    "|regular delivery|normal|standard"
)
"""Ways of being mailed, as Mailman and Sympa name them."""
OWN_WORDS: Final[dict[Family, dict[str, Verdict]]] = {
    Family.DOUBLE: {"2": Verdict.UNCONFIRMED},  # Brevo's category: 1 is yes, 2 is no
    Family.DELIVERY: dict.fromkeys(MODES.split("|"), Verdict.MAILED),
}
"""Words that mean something in one family only."""
NOT: Final = "not|non|no|never|nicht|nie|kein|keine|pas|ne|niet|geen|não|nao|ikke|inte|не|нет"
"""A word before another that turns it round."""

_SPACE: Final = re.compile(r"[\s_]+")
_ZERO: Final = re.compile(
    r"(?:0000-00-00|0001-01-01|1970-01-01|1899-12-30|0000/00/00|00[./]00[./]0000|01[./]01[./]1970)"
    r"(?:[t ]0[01]:?00.*)?"
)
"""No date, as databases write it."""
_MONTHS: Final = (
    r"(?:jan|ene|gen|feb|fev|fevr|mar|mrz|marz|maer|apr|abr|avr|mai|may|mag|maj|mei|jun|juin|giu"
    r"|jul|juil|lug|aug|aou|ago|sep|set|oct|okt|ott|out|nov|dec|dez|dic)[a-z]{0,7}\.?"
)
_DATE: Final = re.compile(
    rf"""(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\ )?(?:
        \d{{4}}-\d{{2}}-\d{{2}}(?:[t ].*)? | \d{{4}}[/.]\d{{1,2}}[/.]\d{{1,2}}(?:\ .*)?
        | \d{{1,2}}[./-]\d{{1,2}}[./-](?:\d{{2}}|\d{{4}})(?:,?\ .*)? | (?:19|20)\d{{6}}
        | \d{{1,2}}\.?[ -](?:de\ )?{_MONTHS}[ -](?:de\ )?\d{{4}}(?:,?\ .*)?
        | {_MONTHS}\ \d{{1,2}}(?:st|nd|rd|th)?,?\ (?:\d{{2}}:\d{{2}}:\d{{2}}\ )?\d{{4}}(?:,?\ .*)?
        | \d{{4}}年\d{{1,2}}月\d{{1,2}}日.*
    )""",
    re.VERBOSE,
)
_EPOCH: Final = re.compile(r"1\d{9}(?:\d{3})?(?:\.\d+)?")
"""Seconds or milliseconds since 1970, of this century."""
_NUMBER: Final = re.compile(r"\d{1,9}(?:[.,]\d{1,6})?")
_CODE: Final = re.compile(r"[45]\.\d{1,3}\.\d{1,3}")
"""An enhanced status code (RFC 3463), as lists of bounced addresses hold."""


_UNDATED: Final = frozenset({Family.STATUS, Family.DELIVERY})
"""Families in which a date means nothing."""


def _bare(cell: str) -> str:
    return _SPACE.sub(" ", folded(cell)).strip(" \"'.!;")


def _spelled(text: str) -> str:
    return _SPACE.sub(" ", text.replace("-", " ")).strip() or text


def _set(words: str) -> frozenset[str]:
    return frozenset(_spelled(_bare(word)) for word in words.split("|"))


_EMPTY, _YES, _NO, _NOT = _set(EMPTY), _set(YES), _set(NO), _set(NOT)
_STATUSES: Final = {word: verdict for verdict, words in STATUSES.items() for word in _set(words)}


@lru_cache(4096)
def read(family: Family, cell: str) -> Verdict | None:
    """Return what a cell says; None: that cannot be told.

    Args:
        family: of the cell's column.
        cell: its text; an empty one is one of nothing.
    """
    rule = RULES[family]
    text = _bare(cell)
    word = _spelled(text)
    verdict: Verdict | None
    if word in _EMPTY or _ZERO.fullmatch(text):
        verdict = rule.empty
    elif word in OWN_WORDS.get(family, {}):
        verdict = OWN_WORDS[family][word]
    elif word in _YES or (family not in _UNDATED and _is_date(text)):
        verdict = rule.yes
    elif word in _NO:
        verdict = rule.no
    elif _NUMBER.fullmatch(text):
        verdict = rule.number if float(text.replace(",", ".")) else rule.no
    else:
        verdict = rule.text or _in_words(rule, text, word)
    return verdict


def _is_date(text: str) -> bool:
    return bool(_DATE.fullmatch(text) or _EPOCH.fullmatch(text))


def _in_words(rule: Rule, text: str, word: str) -> Verdict | None:
    """Read words for a state; a yes of a column against mail is no state in which one is mailed."""
    wanted = rule.yes is Verdict.MAILED
    verdict = _STATUSES.get(word) or (Verdict.BOUNCED if _CODE.fullmatch(text) else None)
    if verdict is not None:
        return verdict if wanted or verdict is not Verdict.MAILED else None
    first, _, rest = word.partition(" ")
    turned = _STATUSES.get(rest) if first in _NOT else None
    if turned is Verdict.MAILED:
        return Verdict.UNWILLING
    if turned and not wanted:
        return Verdict.MAILED
    return rule.no if wanted and first.strip(",:;") in _NO else None
