"""Real proxies for tests: nginx and Caddy with our own samples, on free ports of this machine."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from mailer.domain.settings.web_place import WebPlace
from mailer.web.server import Server
from support.patience import PATIENCE
from support.places import ROOT
from support.servers.ports import end, free_port, wait_for

NAME: Final = "lists.example.org"
SAMPLES: Final = ROOT / "deploy" / "proxy"
PROGRAMS: Final = {
    "nginx": shutil.which("nginx") or "/usr/sbin/nginx",
    "caddy": shutil.which("caddy") or "/usr/bin/caddy",
}
_NGINX: Final = """\
pid {folder}/pid;
daemon off;
error_log {folder}/own.log notice;
{user}
events {{ worker_connections 128; }}
http {{
    include /etc/nginx/mime.types;
    access_log {folder}/own-access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxied;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/sample.conf;
}}
"""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A running proxy, and the service behind it."""

    kind: str
    folder: Path
    plain: int
    """Its port for HTTP."""
    secure: int
    """Its port for HTTPS."""

    def client(self, address: str = "127.0.0.2", **headers: str) -> httpx.Client:
        """Return a browser at an address of this machine that no setting trusts."""
        transport = httpx.HTTPTransport(
            verify=self.trust(), local_address=address, limits=httpx.Limits(max_connections=8)
        )
        hooks = {"request": [_named]}
        return httpx.Client(
            transport=transport,
            base_url=f"https://127.0.0.1:{self.secure}",
            headers={"Host": NAME, **headers},
            event_hooks=hooks,
            timeout=PATIENCE,
        )

    def trust(self) -> ssl.SSLContext:
        """Trust the certificate of the test, and no other."""
        return ssl.create_default_context(cafile=str(self.folder / "certificate.pem"))

    def said(self) -> str:
        """Return all that the proxy wrote into its logs."""
        logs = sorted(self.folder.glob("*.log"))
        return "".join(log.read_text(encoding="utf-8", errors="replace") for log in logs)


def _named(request: httpx.Request) -> None:
    request.extensions["sni_hostname"] = NAME


class Pages:
    """An application at a port, served as `mailer web` does; it can go away and come back."""

    def __init__(self, app: Any) -> None:
        """Serve it."""
        self._app, self.port = app, free_port()
        self.start()

    def start(self) -> None:
        """Accept connections."""
        self._server = Server(self._app, WebPlace("127.0.0.1", self.port))
        self._loop, self._stopped = asyncio.new_event_loop(), asyncio.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def stop(self) -> None:
        """End what is being answered, and listen no more."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()
        self._loop.close()

    def _serve(self) -> None:
        self._loop.run_until_complete(self._server.run_until(self._stopped))


@contextmanager
def proxy(kind: str, folder: Path, behind: int) -> Iterator[Proxy]:
    """Run nginx or Caddy with our sample, before what listens at the port `behind`."""
    made = Proxy(kind, folder, free_port(), free_port())
    folder.mkdir(parents=True, exist_ok=True)
    _certify(folder)
    command = {"nginx": _nginx, "caddy": _caddy}[kind](made, behind)
    with ExitStack() as stack:
        output = stack.enter_context((folder / "output.log").open("wb"))
        environment = os.environ | {name: str(folder) for name in ("HOME", "XDG_DATA_HOME")}
        process = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=output, env=environment
        )
        stack.callback(end, process)
        for port in (made.plain, made.secure):
            wait_for(port, process, kind, made.said)
        yield made


def adapted(sample: str, changes: dict[str, str]) -> str:
    """Change a sample where it cannot be used as it is; what is to be changed must be there."""
    text = (SAMPLES / sample).read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, f"{sample} no longer holds {old!r}"
        text = text.replace(old, new)
    return text


def _nginx(made: Proxy, behind: int) -> list[str]:
    folder = made.folder
    changes = {
        "    listen [::]:80;\n": "",
        "    listen [::]:443 ssl http2;\n": "",
        "listen 80;": f"listen 127.0.0.1:{made.plain};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{made.secure} ssl http2;",
        "/etc/ssl/lists.example.org.pem": f"{folder}/certificate.pem",
        "/etc/ssl/private/lists.example.org.key": f"{folder}/key.pem",
        "/var/log/nginx/": f"{folder}/",
        "server 127.0.0.1:8080;": f"server 127.0.0.1:{behind};",
    }
    (folder / "sample.conf").write_text(adapted("nginx.conf", changes), encoding="utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    whole = _NGINX.format(folder=folder, user=user)
    (folder / "nginx.conf").write_text(whole, encoding="utf-8")
    return [PROGRAMS["nginx"], "-p", str(folder), "-c", str(folder / "nginx.conf")]


def _caddy(made: Proxy, behind: int) -> list[str]:
    folder = made.folder
    globally = f"\tadmin off\n\thttp_port {made.plain}\n\thttps_port {made.secure}\n"
    changes = {
        "\n{\n": f"\n{{\n{globally}",
        "\nlists.example.org {\n": (
            "\nlists.example.org {\n\tbind 127.0.0.1\n"
            f"\ttls {folder}/certificate.pem {folder}/key.pem\n"
        ),
        "/var/log/caddy/": f"{folder}/",
        "127.0.0.1:8080 {": f"127.0.0.1:{behind} {{",
    }
    (folder / "Caddyfile").write_text(adapted("Caddyfile", changes), encoding="utf-8")
    file = str(folder / "Caddyfile")
    return [PROGRAMS["caddy"], "run", "--adapter", "caddyfile", "--config", file]


def _certify(folder: Path) -> None:
    """Make a certificate for our name that vouches for itself."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", f"/CN={NAME}", "-addext"]
    command += [f"subjectAltName=DNS:{NAME}", "-keyout", "key.pem", "-out", "certificate.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=PATIENCE)
