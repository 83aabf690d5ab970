"""A real OpenID provider (oidc-provider, written for Node.js), and a person who signs in there."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from support.places import NODE
from support.servers.ports import free_port

SECRET: Final = "a secret of the client"


def missing() -> bool:
    """Tell whether this machine lacks it."""
    return shutil.which("node") is None or not (NODE / "node_modules/oidc-provider").is_dir()


@contextmanager
def provider(pages: str, method: str = "client_secret_basic") -> Iterator[str]:
    """Run it for a `with` block; yields its issuer.

    Args:
        pages: the address of our pages.
        method: how our client says who it is.
    """
    port = free_port()
    command = ["node", str(NODE / "openid.mjs"), str(port), pages, method]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


class Person:
    """Somebody at the provider, with a browser that is signed in there once they have been."""

    def __init__(self, name: str) -> None:
        """Open the browser."""
        self.name, self.cookies, self.asked = name, httpx.Cookies(), 0

    def go(self, address: str) -> dict[str, str]:
        """Follow a link to the provider, sign in and consent; returns what comes back to us."""
        with httpx.Client(cookies=self.cookies, trust_env=False) as browser:
            answer = browser.get(address)
            while True:
                if answer.is_redirect:
                    target = urljoin(str(answer.url), answer.headers["location"])
                    if "/console/openid/back" in target:
                        self.cookies = browser.cookies
                        query = parse_qs(urlsplit(target).query)
                        return {name: values[0] for name, values in query.items()}
                    answer = browser.get(target)
                else:
                    assert answer.status_code == 200, answer.text
                    login = 'name="login"' in answer.text
                    self.asked += login
                    form = {"prompt": "login", "login": self.name, "password": "x"}
                    sent = form if login else {"prompt": "consent"}
                    answer = browser.post(str(answer.url), data=sent)
