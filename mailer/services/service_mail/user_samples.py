"""Makes up what the mails to users show, for whoever changes their words and looks at them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from mailer.content.language.words import first_upper
from mailer.content.rendering import service_mail
from mailer.content.rendering.service_mail import Fact, Told, name_of
from mailer.domain.subscribers.subscribing import Mail
from mailer.services.service_mail.figures import Figures
from mailer.services.service_mail.for_users import Shown

_BASE: Final = "https://lists.example.org/console"
_AT: Final = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
_COUNTS: Final = {"planned": 4312, "accepted": 4290, "rejected": 9, "skipped": 12, "unknown": 1}
_TITLE: Final = "2026"


def sample(mail: str, language: str) -> Shown | None:
    """Return made-up contents of a mail to a user; None: it is not one.

    Args:
        mail: its name.
        language: to write it in.
    """
    found = {
        Mail.APPROVAL: _approval,
        Mail.CONSENT: _consent,
        Mail.NO_CONSENT: _consent,
        Mail.FINISHED: _finished,
        Mail.USER_ALERT: _alert,
    }.get(Mail(mail))
    return found(language) if found else None


def _word(language: str, table: str, name: str, **values: str) -> str:
    return service_mail.word(language, table, name, **values)


def _choose(language: str) -> Mapping[str, str]:
    return {"choose": _word(language, "facts", "choose", account=f"{_BASE}/account#mails")}


def _approval(language: str) -> Shown:
    figures = Figures(language, "Europe/Zurich")
    name = first_upper(name_of(language, language))
    pair = _word(language, "words", "pair", label=name, value=_TITLE)
    rows = {
        "edition": "autumn-2026",
        "subjects": f"\n{pair}",
        "by": "Ada",
        "readers": figures.number(_COUNTS["planned"]),
        "when": figures.moment(_AT),
    }
    facts = tuple(Fact(_word(language, "facts", key), value) for key, value in rows.items())
    values = {"title": _TITLE, "by": "Ada", "days": "7", **_choose(language)}
    return Shown(values, f"{_BASE}/campaigns/7", Told(facts, "K7M2X-Q9TRD", ("…",)))


def _consent(language: str) -> Shown:
    why = _word(language, "no_consent", "unclear")
    return Shown({"title": _TITLE, "why": why}, f"{_BASE}/campaigns/7")


def _finished(language: str) -> Shown:
    figures = Figures(language, "Europe/Zurich")
    rows = {name: figures.number(count) for name, count in _COUNTS.items()}
    rows |= {"begun": figures.moment(_AT), "took": figures.span(timedelta(minutes=72))}
    facts = tuple(Fact(_word(language, "facts", key), value) for key, value in rows.items())
    values = {
        "headline": _word(language, "ended", "sent-headline", title=_TITLE),
        "said": _word(language, "ended", "sent"),
        **_choose(language),
    }
    return Shown(values, f"{_BASE}/campaigns/7/report", Told(facts))


def _alert(language: str) -> Shown:
    values = {
        "headline": _word(language, "alert_headlines", "relay-refuses", number="7"),
        "said": _word(language, "alert_texts", "relay-refuses"),
        **_choose(language),
    }
    return Shown(values, f"{_BASE}/campaigns/7")
