"""Automatic answers that say that an address is not used any more (case 64).

They are no bounces: the mail arrived, and the machine speaks for a person who may still read it. So
they count nothing, and are shown to the secretariat, which can write to the person or to the new
address.
"""

# ruff: noqa: E501  # a pattern that is cut in two cannot be read
from __future__ import annotations

from typing import Final

from mailer.domain.text.cues import Cues
from mailer.message.incoming import mime
from mailer.message.incoming.written import visible_text, written_by_author

LONGEST: Final = 2000
"""Characters that are looked at: such notes come to the point."""

_RETIRED: Final = Cues(
    r"\b(?:address|account|mailbox|inbox|e-?mail)(?: \S+){0,4} (?:is|has been|was|will be) (?:now )?(?:no longer (?:in use|used|valid|active|monitored|checked|read|available|in service|operational|maintained)|closed|deactivated|discontinued|deleted|retired|decommissioned|abandoned)\b"
    r"|\bno longer (?:use|using|check|checking|read|reading|monitor|monitoring) (?:this|the|that|my)(?: \S+){0,3} (?:address|account|mailbox|inbox|e-?mail)"
    r"|\b(?:no|not) longer (?:works?|working|employed|an employee|a member of staff|with (?:the|our|us|this)|at (?:the|this) (?:company|organi[sz]ation))\b"
    r"|\bhas left (?:the|our|this|us)\b|\bleft the (?:company|organi[sz]ation|ministry|office for good)"
    r"|\b(?:my|our|the|this) (?:e-?mail )?address (?:has|was) changed|\bchanged (?:my|our) (?:e-?mail )?address|\bmy new (?:e-?mail )?address (?:is|will be)\b|\bupdate your (?:address ?books?|contacts?|records)"
    r"|\b(?:adresse|konto|postfach)\b.{0,40}\bnicht mehr (?:aktiv|gültig|in (?:benutzung|verwendung|gebrauch)|genutzt|verwendet|gelesen|abgerufen|erreichbar)|\bnicht mehr (?:im unternehmen|in unserem|bei uns|für uns|beschäftigt|bei der)\b|\bmeine (?:neue )?(?:e-?mail-?)?adresse (?:hat sich geändert|lautet)"
    r"|\badresse\b.{0,40}\bn[e'’] ?(?:est|sera) plus (?:utilisée?|valide|active|en service|consultée?|relevée?|lue)|\bne (?:travaille|fait) plus (?:partie|à|au|chez|pour|dans)\b|\ba quitté (?:l|la|le|notre|ses)\b|\b(?:adresse|compte)\b.{0,30}\b(?:a été|est) (?:fermée?|désactivée?|supprimée?)|\bma nouvelle adresse\b|\bchangé d['’]adresse"
    r"|\b(?:direcci[oó]n|cuenta|buz[oó]n|correo)\b.{0,40}\bya no (?:se (?:usa|utiliza|lee|consulta)|est[aá] (?:activ|en uso|en servicio|disponible|vigente)|es v[aá]lid|existe)|\bya no (?:trabaja|forma parte|labora|presta)\b|\b(?:cuenta|direcci[oó]n)\b.{0,30}\bha sido (?:cerrad|desactivad|eliminad)|\bmi nueva direcci[oó]n\b"
    r"|\bindirizzo\b.{0,40}\bnon è più (?:attivo|valido|in uso|utilizzato)|\bnon lavora più\b|\bindirizzo è cambiato|\bendereço\b.{0,40}\b(?:já )?não (?:é mais|está mais|está) (?:válido|ativo|em uso)|\b(?:já não trabalha|não trabalha mais)\b"
    r"|\badres\b.{0,40}\bniet (?:meer|langer) (?:in gebruik|actief|geldig)|\bniet (?:meer|langer) werkzaam\b|\badressen\b.{0,30}\b(?:används inte längre|er ikke lenger i bruk|bruges ikke længere)|\badres\b.{0,40}\bnie jest już (?:używany|aktywny)|\bадрес\b.{0,40}\bбольше не (?:использу|действ|обслужив)|больше не работает",
    ignore_case=True,
)


def is_retired(data: bytes) -> bool:
    """Tell whether an automatic answer says that its address is not used any more.

    Asks only what it says; whether it is one, `message.incoming.understand` knows. Never raises.
    """
    message = mime.read(data)
    lines = written_by_author(visible_text(message)).lines
    said = " ".join(f"{message.words('subject')[:LONGEST]} {' '.join(lines)}".split())
    return _RETIRED.search(said, LONGEST)
