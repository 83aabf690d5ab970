"""Columns of readers' files by name, and what their cells say of who may be mailed."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.subscribers import column_names, column_values
from mailer.domain.subscribers.column_names import (
    FAMILY_NAMES,
    FIELD_NAMES,
    HARMLESS,
    Family,
    Field,
    Sounds,
    family_of,
    field_of,
    same,
)
from mailer.domain.subscribers.column_values import RULES, STATUSES, Verdict, read

NAMES: dict[Family | None, list[str]] = {
    Family.SUBSCRIBED: [
        *("Subscribed", "subscribed_to_emails", "isSubscribed", "SUBSCRIBED AT", "Abonné(e)"),
        *("Inscrit à la newsletter", "Date d'inscription", "Suscrito", "Angemeldet", "Iscritto"),
        *("Inscrição", "Aangemeld", "Подписан", "購読", "订阅"),
    ],
    Family.CONSENT: [
        *(
            "Opt-in",
            "optedin",
            "EMAIL_OPTIN",
            "Opt-in date",
            "Consent",
            "GDPR consent",
            "Newsletter",
        ),
        *("Email permission status - other", "Marketing contact status", "Accepts Email Marketing"),
        *("Consentement", "RGPD", "Einwilligung", "DSGVO", "Consenso", "Toestemming", "Согласие"),
    ],
    Family.CONFIRMED: [
        *("confirmed", "CONFIRM_TIME", "Is the email of this subscriber confirmed", "Confirmé le"),
        *("Bestätigt am", "Confirmado", "Confermato", "Bevestigd", "email_verified"),
    ],
    Family.DOUBLE: ["DOUBLE_OPT-IN", "double opt in", "DOI"],
    Family.ACTIVE: ["Active", "activated", "enabled", "Actif", "Aktiv", "Activo", "Ativo"],
    Family.STATUS: [
        *("Status", "state", "Email status - other", "subscription_status", "Member Status"),
        *("Statut", "État", "Estado", "Stato", "Situação", "Статус", "状态"),
    ],
    Family.DELIVERY: ["reception", "delivery_status", "delivery_mode", "Mode de réception"],
    Family.LEFT: [
        *("Unsubscribed", "unsubscribed_at", "UNSUB_TIME", "LEAVE_TIME", "Unsubscribe Date"),
        *(
            "Opt-out",
            "opted_out",
            "Email Opt Out",
            "Has Opted Out Of Email",
            "nomail",
            "deleted_at",
        ),
        *("Unsubscribed from all email", "Confirmed Opt-Out Date", "Désabonné", "Désinscrit le"),
        *("Baja", "Fecha de baja", "Abgemeldet am", "Disiscritto", "Afgemeld", "Отписан", "退订"),
    ],
    Family.BOUNCED: [
        *("bounced", "bouncecount", "bounce_score", "Hard bounces", "CLEAN_TIME", "Email bounced?"),
        *(
            "Number of bounces on this subscriber",
            "Rebond",
            "Unzustellbar",
            "Invalid email address",
        ),
    ],
    Family.COMPLAINED: ["complained", "Spam", "spam reports", "Plainte", "Beschwerde", "Queja"],
    Family.BLOCKED: [
        *(
            "BLACKLISTED",
            "EMAIL_BLACKLISTED",
            "blocklisted",
            "Blocked",
            "disabled",
            "email_disabled",
        ),
        *(
            "Is this subscriber blacklisted",
            "suppressed",
            "suspend",
            "Do not contact",
            "DO_NOT_MAIL",
        ),
        *("Do Not Email", "Gesperrt", "Bloqué", "Liste noire", "Lista negra", "Geblokkeerd"),
    ],
    Family.LEFT_WHY: [
        *("UNSUB_REASON", "UNSUB_CAMPAIGN_TITLE", "UNSUB_CAMPAIGN_ID", "Confirmed Opt-Out Source"),
    ],
    Family.BOUNCED_WHY: ["Hard bounce reason", "CLEAN_CAMPAIGN_TITLE", "Bounce type"],
    None: [
        *("", "Company", "Phone", "created_at", "Last activity", "MEMBER_RATING", "htmlemail"),
        *("SMS_BLACKLISTED", "Do not call", "WhatsApp opt-in", "OPTIN_IP", "CONFIRM_IP", "Gender"),
        *(
            "complimentary_plan",
            "unsubscribe link",
            "Lead Status",
            "Estado civil",
            "tiers",
            "labels",
        ),
        *("consent source", "Options", "Country", "City", "uuid", "moderation_action", "Digest"),
    ],
}
SOUNDING = [
    *(
        "Newsletter Wunsch",
        "Newsletter abonnieren?",
        "Wünscht Werbung?",
        "Abmeldung intern",
        "Stop reason 2",
        "Do not disturb",
    ),
    *(
        "Order subscription level",
        "Consent (paper form 2019)",
        "mails bloqués?",
        "No quiere boletín",
    ),
    *(
        "Statut RGPD 2018",
        "メール配信停止",
        "Zgoda RODO",
        "Opted out of email: Events",
        "Wil geen nieuwsbrief",
    ),
]


@pytest.mark.parametrize(
    ("name", "family"), [(name, family) for family, names in NAMES.items() for name in names]
)
def test_columns_of_programs_and_languages_are_known_by_name(
    name: str, family: Family | None
) -> None:
    """A reader who left elsewhere is told by one column only, and each program names it anew."""
    assert family_of(name) is family
    if name:
        assert family_of(name.upper()) is family


@pytest.mark.parametrize("name", SOUNDING)
def test_a_name_that_only_sounds_so_is_told_apart_from_harmless_ones(name: str) -> None:
    """A column that is passed over would put those on the list who asked never to be mailed."""
    assert isinstance(family_of(name), Sounds)


def test_the_tables_say_one_thing_of_each_name() -> None:
    """A name in two rows would mean whichever comes last."""
    tables = [FIELD_NAMES.values(), FAMILY_NAMES.values(), [HARMLESS]]
    rows = [{same(name) for name in row.split("|")} for table in tables for row in table]
    assert [one & other for one, other in combinations(rows, 2) if one & other] == []


@pytest.mark.parametrize("kind", [*Field, *Family])
def test_every_kind_of_column_is_found_by_all_its_names(kind: Field | Family) -> None:
    """A name that the reading of names makes unreachable is no name."""
    if isinstance(kind, Field):
        assert {field_of(name) for name in FIELD_NAMES[kind].split("|")} == {kind}
    else:
        assert {family_of(name) for name in FAMILY_NAMES.get(kind, "").split("|")} <= {kind, None}


FINE, NOT_UNDERSTOOD = Verdict.MAILED, None
CELLS: list[tuple[Family, str, Verdict | None]] = [
    *[(Family.SUBSCRIBED, yes, FINE) for yes in ("true", "YES", "Oui", "sí", "Ja", "1", "x", "✓")],
    *[
        (Family.SUBSCRIBED, no, Verdict.LEFT)
        for no in ("false", "No", "non", "nein", "0", "✗", "-")
    ],
    *[(Family.SUBSCRIBED, nothing, Verdict.UNSAID) for nothing in ("", "NULL", "n/a", "(blank)")],
    (Family.SUBSCRIBED, "2020-01-01T00:00:00.000Z", FINE),
    (Family.SUBSCRIBED, "0000-00-00 00:00:00", Verdict.UNSAID),
    (Family.SUBSCRIBED, "unsubscribed", Verdict.LEFT),
    (Family.SUBSCRIBED, "perhaps", NOT_UNDERSTOOD),
    (Family.SUBSCRIBED, "Yes, until May", NOT_UNDERSTOOD),
    (Family.CONSENT, "VERDADERO", FINE),
    (Family.CONSENT, "FALSO", Verdict.UNWILLING),
    (Family.CONSENT, "No, thank you", Verdict.UNWILLING),
    (Family.CONSENT, "Non-marketing contact", Verdict.UNWILLING),
    (Family.CONSENT, "NEVER_SUBSCRIBED", Verdict.UNWILLING),
    (Family.CONSENT, "not subscribed", Verdict.UNWILLING),
    (Family.CONSENT, "nicht angemeldet", Verdict.UNWILLING),
    (Family.CONSENT, "Express", FINE),
    (Family.CONSENT, "?", NOT_UNDERSTOOD),
    (Family.CONFIRMED, "0", Verdict.UNCONFIRMED),
    (Family.CONFIRMED, "", Verdict.UNCONFIRMED),
    (Family.CONFIRMED, "01/02/2020 10:00", FINE),
    (Family.DOUBLE, "1", FINE),
    (Family.DOUBLE, "2", Verdict.UNCONFIRMED),
    (Family.ACTIVE, "0", Verdict.BLOCKED),
    (Family.ACTIVE, "1612345678", FINE),
    (Family.STATUS, "active", FINE),
    (Family.STATUS, "Abonné", FINE),
    (Family.STATUS, "enabled", FINE),
    (Family.STATUS, "Désabonné", Verdict.LEFT),
    (Family.STATUS, "abgemeldet", Verdict.LEFT),
    (Family.STATUS, "cleaned", Verdict.BOUNCED),
    (Family.STATUS, "5.1.1", Verdict.BOUNCED),
    (Family.STATUS, "Spam Complaint", Verdict.COMPLAINED),
    (Family.STATUS, "blocklisted", Verdict.BLOCKED),
    (Family.STATUS, "disabled", Verdict.BLOCKED),
    (Family.STATUS, "pending", Verdict.UNCONFIRMED),
    (Family.STATUS, "", Verdict.UNSAID),
    (Family.STATUS, "California", NOT_UNDERSTOOD),
    (Family.STATUS, "2", NOT_UNDERSTOOD),
    (Family.STATUS, "2020-01-01", NOT_UNDERSTOOD),
    (Family.DELIVERY, "digest", FINE),
    (Family.DELIVERY, "MIME_Digests", FINE),
    (Family.DELIVERY, "", FINE),
    (Family.DELIVERY, "nomail", Verdict.UNWILLING),
    (Family.DELIVERY, "by_bounces", Verdict.BOUNCED),
    *[(Family.LEFT, no, FINE) for no in ("", "false", "0", "nein", "N/A", "0000-00-00", "never")],
    *[(Family.LEFT, yes, Verdict.LEFT) for yes in ("true", "1", "oui", "X", "☑", "1612345678")],
    (Family.LEFT, "2021-05-05 10:00:00", Verdict.LEFT),
    (Family.LEFT, "5 janv. 2021", Verdict.LEFT),
    (Family.LEFT, "Jan 5, 2021 10:00 AM", Verdict.LEFT),
    (Family.LEFT, "12.03.2022", Verdict.LEFT),
    (Family.LEFT, "2022年3月12日", Verdict.LEFT),
    (Family.LEFT, "Unsubscribed", Verdict.LEFT),
    (Family.LEFT, "not unsubscribed", FINE),
    (Family.LEFT, "confirmed", NOT_UNDERSTOOD),
    (Family.LEFT, "7", NOT_UNDERSTOOD),
    (Family.BOUNCED, "0", FINE),
    (Family.BOUNCED, "0.00", FINE),
    (Family.BOUNCED, "3", Verdict.BOUNCED),
    (Family.BOUNCED, "hard", Verdict.BOUNCED),
    (Family.COMPLAINED, "1", Verdict.COMPLAINED),
    (Family.BLOCKED, "true", Verdict.BLOCKED),
    (Family.BLOCKED, "WAHR", Verdict.BLOCKED),
    (Family.BLOCKED, "FAUX", FINE),
    (Family.LEFT_WHY, "", FINE),
    (Family.LEFT_WHY, "No longer interested", Verdict.LEFT),
    (Family.BOUNCED_WHY, "OTHER", Verdict.BOUNCED),
]


@pytest.mark.parametrize(("family", "cell", "verdict"), CELLS)
def test_cells_say_what_programs_and_people_mean(
    family: Family, cell: str, verdict: Verdict | None
) -> None:
    """One "non" taken for a yes is somebody who is mailed against their will."""
    assert read(family, cell) is verdict
    assert read(family, f"  {cell.upper()} ") is verdict


@pytest.mark.parametrize(
    ("verdict", "word"), [(one, word) for one, row in STATUSES.items() for word in row.split("|")]
)
def test_each_word_for_a_state_means_it_in_a_column_of_states(verdict: Verdict, word: str) -> None:
    """The table is what is extended; a word that another row hides would mean something else."""
    assert read(Family.STATUS, word) is verdict


@pytest.mark.parametrize("family", Family)
def test_yes_and_no_mean_the_opposite_in_every_language(family: Family) -> None:
    """A word that is yes in one language and no in another may be in neither list."""
    rule = RULES[family]
    assert {read(family, word) for word in column_values.YES.split("|")} == {rule.yes}
    assert {read(family, word) for word in column_values.NO.split("|")} == {rule.no}
    assert {read(family, word) for word in column_values.EMPTY.split("|")} == {rule.empty}


@given(st.sampled_from(Family), st.text(max_size=30))
def test_any_cell_is_read_and_none_against_mail_by_chance_for_it(family: Family, cell: str) -> None:
    """Cells come from anywhere; what is not a word of the tables is never a yes to mail."""
    verdict = read(family, cell)
    known = {*column_values.YES.split("|"), *STATUSES[FINE].split("|")}
    if verdict is FINE and RULES[family].yes is FINE and RULES[family].empty is not FINE:
        plain = column_values._spelled(column_values._bare(cell))
        spelled = {column_values._spelled(column_values._bare(word)) for word in known}
        assert (
            plain in spelled
            or plain.replace("_", " ") in spelled
            or any(letter.isdigit() for letter in plain)
        )


@given(st.text(max_size=40))
def test_any_text_is_a_name(name: str) -> None:
    """A header is whatever somebody typed."""
    family_of(name)
    field_of(name)
    assert column_names.same(name) == column_names.same(f" {name}\t")
