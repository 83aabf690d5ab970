"""Says why something is not possible: which thing is in which state, or not there."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from mailer.content.language.web_words import WebWords
from mailer.errors import NotFoundError, StateError

GROUP: Final = "console_states"


def why_not(say: WebWords, error: StateError | NotFoundError) -> Markup | None:
    """Say why an act was not possible.

    The words stand in `console_states.toml`: of an error that has a code of its own `code.<code>`,
    else `<kind>.<state>`, and of what was not found `missing.<kind>`: in lower case, and with
    underscores for spaces.

    Args:
        say: the words of the user's language.
        error: what a use case complained of.

    Returns:
        A sentence, which holds nothing that a stranger wrote; None: there are no words for it.
    """
    if isinstance(error, NotFoundError):
        keys = [f"missing.{_word(error.kind)}"]
    else:
        keys = [f"code.{error.code}", f"{_word(error.kind)}.{_word(error.state)}"]
    found = (f"{GROUP}.{key}" for key in keys)
    return next((say(key) for key in found if say.has(key)), None)


def _word(name: str) -> str:
    return name.replace(" ", "_").casefold()
