"""What is not possible is said with the thing and its state."""

from __future__ import annotations

import re

import pytest

from mailer.content.language.web_words import web_words_for
from mailer.domain.access import user
from mailer.domain.calendar import entry
from mailer.domain.campaigns import campaign
from mailer.domain.inbound import inbox
from mailer.domain.subscribers import subscriber
from mailer.domain.webhooks import endpoint
from mailer.errors import NotFoundError, StateError
from mailer.services.sending.contents import Lack
from mailer.services.subscriptions.details import ChangedError
from mailer.web.console.standing import why_not
from support.places import ROOT

LANGUAGES = ["en", "fr", "es"]
STATES = {
    "calendar entry": [*entry.Status],
    "campaign": [*campaign.State, *Lack],
    "draft": ["removed", "replaced", "sent"],
    "mail": [*inbox.Standing],
    "segment": ["in use"],
    "subscriber": [*subscriber.Status],
    "user": [*user.Standing, "last_owner"],
    "web hook": [*endpoint.State, "replaying", "rotated"],
}
"""Kind of thing -> the states that an error can name."""
PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
KINDS = re.findall(
    r"`([^`]+)`", PAGE.partition("What `kind` can be:")[2].partition("\n\n")[0].rpartition(".")[0]
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_what_a_console_shows_has_a_sentence(language: str) -> None:
    """`It is not possible any more` leaves the user guessing."""
    say = web_words_for(language)
    for kind, states in STATES.items():
        for state in states:
            said = why_not(say, StateError(kind, "7", str(state), "change"))
            assert said, (kind, state)
            assert said.endswith("."), (kind, state)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_thing_can_be_missing(language: str, kind: str) -> None:
    """The list of kinds is compared with the code by a test of the documents."""
    assert why_not(web_words_for(language), NotFoundError(kind, "7"))


def test_nothing_of_the_error_itself_is_shown() -> None:
    """Names are strangers' text, and messages are in English."""
    said = why_not(web_words_for("fr"), StateError("campaign", "<b>", "cancelled", "send", "<i>"))
    assert said == "Cet envoi a été annulé."


def test_an_error_with_a_code_of_its_own_has_a_sentence_of_its_own() -> None:
    """The reader is not in a state called `changed`; somebody was faster."""
    assert why_not(web_words_for("en"), ChangedError(7)) == (
        "Somebody else has changed this reader in the meantime."
    )


def test_without_words_the_page_speaks_in_general() -> None:
    """A state that is new, or a thing that is."""
    assert why_not(web_words_for("es"), StateError("campaign", "7", "asleep", "send")) is None
    assert why_not(web_words_for("es"), NotFoundError("unicorn", "7")) is None
