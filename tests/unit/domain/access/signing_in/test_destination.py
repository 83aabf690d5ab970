"""Where signing in may lead: nowhere but to our own pages."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.access.signing_in.destination import HOME, own


@pytest.mark.parametrize(
    "path", ["/console", "/console/account", "/console/campaigns/7?page=2&sort=-at", "/console/"]
)
def test_pages_of_the_console_are_kept(path: str) -> None:
    """One gets to where one wanted."""
    assert own(path) == path


@given(
    st.text(alphabet="/\\.:@?#%consleva\t\n\r \0", max_size=40).map(lambda text: f"/console{text}")
    | st.text(max_size=60)
)
def test_whatever_is_given_leads_to_our_own_host(text: str) -> None:
    """Open redirect: read as browsers read it, the host stays ours."""
    base = "https://bulletin.example.org/console/sign-in"
    led = urlsplit(urljoin(base, own(text)))
    assert (led.scheme, led.netloc) == ("https", "bulletin.example.org")
    assert led.path.startswith(HOME)
    assert "\\" not in own(text)
    assert own(text).isprintable()
