"""The pages to which signing in may lead: our own, whatever a link says (no open redirect)."""

from __future__ import annotations

import re
from typing import Final

HOME: Final = "/console"
LONGEST: Final = 500
_OWN: Final = re.compile(
    r"/console(?:/[A-Za-z0-9_~%-][A-Za-z0-9_.~%-]*)*/?(?:\?[A-Za-z0-9_.~%&=+-]*)?"
)


def own(path: str) -> str:
    """Return a path of the console as it was given; of anything else, its first page.

    No other host can be named: each part begins with a letter or digit, so that there is neither
    `//` nor `..`, and there are no backslashes, control characters or colons.
    """
    return path if len(path) <= LONGEST and _OWN.fullmatch(path) else HOME
