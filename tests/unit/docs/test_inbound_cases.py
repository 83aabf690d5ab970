"""The 74 cases of what arrives, and where each is tested: a case without a test is a promise."""

from __future__ import annotations

import ast
from functools import cache

import pytest

from support.places import TESTS

SUBSCRIBING = "integration/services/subscriptions/test_subscribing.py::test_"
CONFIRMING = "integration/services/subscriptions/test_confirming.py::test_"
COMMANDS = "integration/services/inbound/test_commands.py::test_"
RETURNED = "integration/services/inbound/test_returned.py::test_"
APPROVING = "integration/services/campaigns/test_approving_by_mail.py::test_"
WORDS = "unit/domain/subscribers/test_command_words.py::test_"
LISTENER = "integration/inbound/test_listener.py::test_"
CLASSIFY = "corpus/inbound/"
CASES = "corpus/cases/"
SAID = "corpus/commands/"

WEB = "integration/web/public/test_leaving.py::test_case_"

TABLE: dict[int, tuple[str, ...]] = {
    1: (f"{SUBSCRIBING}1_and_2_an_empty_mail_asks_for_a_confirmation",),
    2: (f"{SUBSCRIBING}1_and_2_an_empty_mail_asks_for_a_confirmation",),
    3: (f"{SUBSCRIBING}3_to_6_and_13_what_no_person_wrote_is_never_acted_on",),
    4: (f"{SUBSCRIBING}3_to_6_and_13_what_no_person_wrote_is_never_acted_on",),
    5: (f"{SUBSCRIBING}3_to_6_and_13_what_no_person_wrote_is_never_acted_on",),
    6: (f"{SUBSCRIBING}3_to_6_and_13_what_no_person_wrote_is_never_acted_on",),
    7: (f"{SUBSCRIBING}7_the_same_mail_twice_acts_once",),
    8: (
        f"{SUBSCRIBING}8_twenty_requests_in_an_hour_ask_once",
        f"{SUBSCRIBING}8_twenty_requests_at_one_instant_ask_once",
        f"{SUBSCRIBING}8_workers_at_the_same_time_ask_once",
    ),
    9: (f"{SUBSCRIBING}9_only_the_author_is_asked",),
    10: (f"{SUBSCRIBING}10_nobody_subscribes_somebody_else",),
    11: (f"{SUBSCRIBING}11_who_is_subscribed_is_told_so_privately_once_a_day",),
    12: (
        f"{SUBSCRIBING}12_suppressed_addresses_get_nothing",
        f"{SUBSCRIBING}12_a_mail_that_was_queued_before_is_not_sent",
        f"{RETURNED}65_who_complained_is_never_mailed_again",
    ),
    13: (f"{SUBSCRIBING}3_to_6_and_13_what_no_person_wrote_is_never_acted_on",),
    14: (f"{SUBSCRIBING}14_a_tag_is_kept",),
    15: (f"{SUBSCRIBING}15_dots_at_gmail_matter_for_limits_only",),
    16: (f"{SUBSCRIBING}16_capitals_make_no_other_address",),
    17: (
        f"{SUBSCRIBING}17_addresses_beyond_ascii_are_asked",
        f"{SUBSCRIBING}17_a_relay_that_cannot_take_it_ends_it_with_a_reason",
        f"{SUBSCRIBING}17_an_address_that_cannot_be_one_is_left_to_a_person",
    ),
    18: (f"{SUBSCRIBING}18_names_are_not_decoded_before_addresses_are_read",),
    19: (
        f"{COMMANDS}19_a_token_is_found_in_a_folded_field_with_a_name",
        f"{CLASSIFY}confirm-token-folded.eml",
    ),
    20: (
        f"{SUBSCRIBING}20_a_letter_goes_to_the_secretariat",
        f"{SUBSCRIBING}20_a_letter_is_passed_on_to_the_secretariat",
    ),
    21: (
        f"{SUBSCRIBING}21_the_language_is_told_by_address_word_header_text_and_default",
        f"{SUBSCRIBING}21_the_language_can_be_changed_later",
    ),
    22: (
        f"{CONFIRMING}22_and_35_a_reply_confirms",
        f"{CONFIRMING}22_a_reply_to_the_list_with_the_token_in_its_subject_confirms",
    ),
    23: (f"{SAID}23-base64-latin1.eml", f"{SAID}23-quoted-printable.eml"),
    24: (f"{SAID}24-html.eml", f"{CLASSIFY}html-only.eml"),
    25: (
        f"{SAID}25-unclear.eml",
        f"{SUBSCRIBING}25_who_asks_unclearly_is_helped_once_and_seen_by_a_person",
    ),
    26: (f"{SAID}26-signature.eml", f"{CLASSIFY}signature-only.eml"),
    27: (f"{SAID}27-quoted-above.eml", f"{SAID}27-quoted-below.eml"),
    28: (f"{SAID}28-phone.eml",),
    29: (f"{SAID}29-outlook.eml", f"{CLASSIFY}person-outlook-quote.eml"),
    30: (f"{SAID}30-angry.eml", f"{CONFIRMING}30_and_50_without_proof_the_owner_is_asked"),
    31: (
        f"{SAID}31-word-of-another-language.eml",
        f"{WORDS}words_of_a_language_that_is_not_configured_mean_nothing",
    ),
    32: (f"{SAID}32-five-hundred-lines.eml",),
    33: (f"{SUBSCRIBING}33_the_address_wins_over_the_text", f"{CLASSIFY}address-wins.eml"),
    34: (f"{SAID}34-forwarded.eml", f"{CLASSIFY}forwarded-bulletin.eml"),
    35: (
        f"{CONFIRMING}22_and_35_a_reply_confirms",
        f"{CONFIRMING}35_a_person_s_short_answer_confirms_though_it_quotes_nothing",
    ),
    36: (f"{CONFIRMING}36_40_and_41_a_machine_confirms_nothing",),
    37: (
        f"{CONFIRMING}37_a_confirmation_that_came_back_closes_its_request",
        f"{CONFIRMING}37_a_confirmation_that_is_late_may_still_be_answered",
    ),
    38: (f"{CONFIRMING}38_a_receipt_changes_nothing",),
    39: (f"{CONFIRMING}39_a_challenge_is_never_answered",),
    40: (f"{CONFIRMING}36_40_and_41_a_machine_confirms_nothing",),
    41: (
        f"{CONFIRMING}36_40_and_41_a_machine_confirms_nothing",
        f"{CONFIRMING}41_what_may_be_a_machine_in_any_language_is_left_to_a_person",
    ),
    42: (f"{CONFIRMING}42_a_person_whose_subject_mentions_an_absence_confirms",),
    43: (f"{CONFIRMING}43_auto_submitted_no_is_a_person",),
    44: (
        f"{CONFIRMING}44_a_used_token_changes_nothing_and_tells_so_once",
        f"{CONFIRMING}44_confirmations_at_one_instant_welcome_once",
        f"{CONFIRMING}44_a_token_of_who_left_again_asks_anew",
        f"{CONFIRMING}44_an_expired_token_asks_anew",
    ),
    45: (f"{CONFIRMING}45_a_token_from_another_address_is_honoured_and_logged",),
    46: (f"{WEB}46_a_scanner_that_opens_the_link_confirms_nothing",),
    47: (
        f"{CONFIRMING}47_an_empty_mail_to_the_leave_address_is_enough",
        f"{CONFIRMING}47_the_notice_is_in_the_reader_s_language",
    ),
    48: (f"{CONFIRMING}48_the_token_s_owner_leaves_whoever_sends_it",),
    49: (f"{CONFIRMING}49_an_author_whom_our_server_vouches_for_leaves_at_once",),
    50: (
        f"{CONFIRMING}30_and_50_without_proof_the_owner_is_asked",
        f"{CONFIRMING}50_a_reply_to_the_list_with_the_token_leaves_too",
    ),
    51: (f"{CONFIRMING}51_who_is_not_subscribed_gets_one_neutral_answer",),
    52: (f"{CONFIRMING}52_automatic_mail_does_not_leave",),
    53: (f"{WEB}53_one_click_needs_no_cookie_is_idempotent_and_get_changes_nothing",),
    54: (f"{CASES}54-postfix.eml", f"{CASES}54-exim.eml"),
    55: (f"{CASES}55-absence.eml",),
    56: (f"{CASES}56-delayed.eml",),
    57: (
        f"{CASES}57-delivered.eml",
        f"{CASES}57-relayed.eml",
        f"{CASES}57-expanded.eml",
    ),
    58: (
        f"{CASES}58-full.eml",
        f"{RETURNED}58_a_full_mailbox_suspends_after_five_days_with_one_notice",
        f"{RETURNED}58_soft_bounces_far_apart_never_suspend",
    ),
    59: (
        f"{CASES}59-authentication.eml",
        f"{CASES}59-block-list.eml",
        f"{CASES}59-pointer.eml",
        f"{CASES}59-policy.eml",
        f"{RETURNED}59_the_secretariat_is_told_once_a_day_for_each_reason",
    ),
    60: (f"{CASES}60-forwarded.eml",),
    61: (
        f"{CASES}61-forged.eml",
        f"{CASES}61-provider-notice-forged.eml",
        f"{CASES}61-to-the-list.eml",
        f"{RETURNED}61_a_forged_return_path_is_no_address_of_ours",
    ),
    62: (
        f"{CASES}62-two.eml",
        f"{CASES}62-two-and-the-reader.eml",
        f"{CASES}62-provider-notice.eml",
    ),
    63: (f"{RETURNED}63_an_older_bounce_than_the_reader_s_word_has_no_effect",),
    64: (
        f"{CASES}64-en.eml",
        f"{CASES}64-fr.eml",
        f"{CASES}64-es.eml",
        f"{CASES}64-de.eml",
        f"{RETURNED}64_the_secretariat_gets_the_answer_of_a_closed_address",
    ),
    65: (
        f"{CASES}65-return-path.eml",
        f"{CASES}65-original-return-path.eml",
        f"{CASES}65-message-id.eml",
        f"{CASES}65-feedback-id.eml",
        f"{CASES}65-nothing-of-ours.eml",
        f"{CASES}65-provider-notice.eml",
        f"{CASES}65-provider-notice-of-nothing.eml",
    ),
    66: (
        f"{CASES}66-outlook.eml",
        f"{CASES}66-outlook-bare.eml",
        f"{CASES}66-outlook-bare-unsigned.eml",
    ),
    67: (f"{CASES}67-not-spam.eml", f"{CASES}67-auth-failure.eml"),
    68: (
        f"{CASES}68-unsigned.eml",
        f"{CASES}68-signed.eml",
        f"{CASES}68-signed-by-another.eml",
        f"{CASES}68-result-not-of-our-server.eml",
    ),
    69: (f"{CASES}69-challenge.eml", f"{CLASSIFY}challenge-as-report.eml"),
    70: (
        f"{CASES}70-qmail.eml",
        f"{CASES}70-japanese.eml",
        f"{CLASSIFY}domino.eml",
        f"{CLASSIFY}exchange55.eml",
        f"{CLASSIFY}exim-two.eml",
        f"{CLASSIFY}sendmail5.eml",
        f"{CLASSIFY}docomo.eml",
    ),
    71: (
        f"{CASES}71-generic.eml",
        f"{CASES}71-mailbox-disabled.eml",
        "unit/domain/bounces/test_diagnostics.py::test_a_diagnostic_weighs_what_it_says",
    ),
    72: (
        f"{CASES}72-garbage.eml",
        "unit/message/incoming/test_golden.py::test_hostile_mail_takes_bounded_time",
        "unit/message/incoming/test_golden.py::test_any_bytes_get_a_decision",
        "unit/message/incoming/test_mime.py::test_nesting_and_number_of_parts_are_bounded",
        f"{LISTENER}no_bytes_end_the_listener",
        f"{LISTENER}too_large_a_mail_is_refused_and_the_connection_goes_on",
        f"{LISTENER}a_flood_with_garbage_and_slow_senders_is_stored_to_the_last_mail",
    ),
    73: (
        f"{APPROVING}73_the_word_and_the_code_approve_as_that_user",
        f"{APPROVING}73_a_from_that_its_domain_does_not_vouch_for_approves_nothing",
    ),
    74: (
        f"{APPROVING}74_other_words_approve_nothing",
        f"{APPROVING}74_a_reply_counts_once",
        f"{APPROVING}74_codes_are_not_guessed",
        f"{APPROVING}74_strangers_are_for_a_person",
    ),
}
"""Case -> its tests, and its samples; each folder of samples has a test that looks at all of them."""


@cache
def names_in(file: str) -> frozenset[str]:
    """Return the names of the tests of a file."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_each_of_the_cases_has_its_tests() -> None:
    """Seventy-four, and each of them was once somebody's trouble."""
    assert sorted(TABLE) == list(range(1, 75))
    assert all(TABLE.values())


@pytest.mark.parametrize("case", TABLE)
def test_what_the_table_names_exists(case: int) -> None:
    """A test that was renamed would leave the case untested in silence."""
    for entry in TABLE[case]:
        file, _, name = entry.partition("::")
        assert (TESTS / file).is_file(), entry
        assert not name or name in names_in(file), entry
