"""Settings in the console: names, colours, logo, words, topics, languages; and their history.

`common` is what the pages share; each other module is a page or two.
"""

from __future__ import annotations

from typing import Final

from mailer.web.console.finding import DOINGS
from mailer.web.console.look import (
    appearance,
    history,
    institution,
    languages,
    names,
    topics,
    words,
)

ROUTERS: Final = (
    institution.router,
    appearance.router,
    words.router,
    topics.router,
    languages.router,
    names.router,
    history.router,
)

DOINGS.extend(
    [
        ("console_look.do_institution", "/console/settings", "look.change"),
        ("console_look.do_colours", "/console/settings/look", "look.change"),
        ("console_look.do_words", "/console/settings/words", "look.words"),
        ("console_look.do_topic", "/console/settings/topics/new", "look.change"),
    ]
)
