"""The process that serves the pages, as operators run it: over real sockets, and under blows."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import httpx
import pytest

from mailer.clock import SystemClock
from mailer.config import Settings, secret_key
from mailer.domain.access.token import Purpose, Signer
from mailer.domain.events import Event
from mailer.domain.subscribers.bearer import sign_leave
from mailer.domain.subscribers.subscriber import Status
from mailer.store.server.connection import Store
from mailer.store.subscribers import forms
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers import rows as subscriber_rows
from mailer.web.forms.stamps import LEAST, Stamps
from mailer.workers.supervisor import Child, Supervisor
from support.patience import PATIENCE
from support.servers.ports import free_port

pytestmark = pytest.mark.acceptance

LEAVERS = 2000
FORMS = 200
CLIENTS = 16
KILLS = 4
ONE_CLICK = b"List-Unsubscribe=One-Click"

CONFIGURATION = """\
data_dir = "data"
sender_address = "bulletin@lists.example.org"
list_domain = "lists.example.org"
web_listen = "http://127.0.0.1:{port}"
metrics_listen = "http://127.0.0.1:{metrics}"
public_url = "https://lists.example.org"
forms_per_address = 100000
forms_per_network = 100000
forms_per_hour = 100000
workers = 1
log_level = "info"
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A service of its own."""
    for name in [name for name in os.environ if name.startswith("MAILER_")]:
        monkeypatch.delenv(name)
    file = tmp_path / "mailer.toml"
    file.write_text(CONFIGURATION.format(port=free_port(), metrics=free_port()), encoding="utf-8")
    return Settings.load(file)


@pytest.fixture
def supervisor(settings: Settings) -> Iterator[Supervisor]:
    """The running service, its pages up, without workers: nothing is acted on."""
    made = Supervisor(settings)
    made.children = [one for one in made.children if one.name == "web"]
    with made as running:
        wait_until(lambda: listens(port_of(settings)), running)
        yield running


def port_of(settings: Settings) -> int:
    """Tell where the pages are served."""
    assert settings.web_listen is not None
    return settings.web_listen.port


def listens(port: int) -> bool:
    """Tell whether somebody takes connections."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def listens_at(place: Path) -> bool:
    """Tell the same of a unix socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(place)) == 0


def wait_until(true: Callable[[], bool], supervisor: Supervisor) -> None:
    """Look after the service until something is true."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        supervisor.look()
        time.sleep(0.02)


def post(port: int, path: str, body: bytes, client: str = "192.0.2.7") -> int:
    """POST a form over a connection of its own; returns the status, 0 if no answer came."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Forwarded-For": client,
        "X-Forwarded-Proto": "https",
    }
    try:
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


def get(address: str) -> httpx.Response:
    """GET a page."""
    return httpx.get(address, timeout=PATIENCE)


def readers(store: Store, count: int) -> None:
    """Put that many readers on the list."""
    addresses = [f"reader{number}@example.org" for number in range(count)]
    rows = [subscriber_rows.Row(one, one, "en", "bulletin", "", "", "") for one in addresses]
    defaults = subscriber_rows.Defaults("en", "bulletin", "import")
    event = Event("subscribers.imported", SystemClock().now(), {"file": "made", "lines": "1"})
    subscriber_rows.put_batch(store, rows, defaults, event)


class Programs:
    """Mail programs and browsers that send requests at once, and note what they were thanked for."""

    def __init__(self, port: int, requests: list[tuple[str, bytes]]) -> None:
        """Keep the port to send to, and the requests."""
        self._port, self._waiting = port, list(enumerate(requests))
        self.count, self.thanked = len(requests), set[int]()
        self._threads = [threading.Thread(target=self._work) for _ in range(CLIENTS)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    @property
    def done(self) -> bool:
        """Tell whether everything was sent once."""
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while self._waiting:
            try:
                number, (path, body) = self._waiting.pop()
            except IndexError:
                return
            while not listens(self._port):
                time.sleep(0.01)
            status = post(self._port, path, body)
            assert status in {0, 200, 503}, status
            if status == 200:
                self.thanked.add(number)


def blows(supervisor: Supervisor, programs: Programs, port: int) -> None:
    """Kill the web process again and again while it is busy, then let the rest go through."""
    (child,) = supervisor.children
    programs.start()
    for kill in range(1, KILLS + 1):
        wanted = kill * programs.count // (KILLS + 2)
        wait_until(lambda: len(programs.thanked) >= wanted or programs.done, supervisor)  # noqa: B023
        _kill(child)
        wait_until(lambda: listens(port) or programs.done, supervisor)
    wait_until(lambda: programs.done, supervisor)


def _kill(child: Child) -> None:
    if child.pid is not None:
        os.kill(child.pid, signal.SIGKILL)


def test_law_10_who_was_told_that_they_left_has_left_whatever_dies(
    settings: Settings, supervisor: Supervisor
) -> None:
    """After a large send thousands click at once; none of them may get the next edition."""
    store = supervisor.store
    assert store is not None
    readers(store, LEAVERS)
    signer = Signer(secret_key(settings))
    requests = [
        (f"/leave/{sign_leave(signer, number, f'reader{number - 1}@example.org')}", ONE_CLICK)
        for number in range(1, LEAVERS + 1)
    ]
    programs = Programs(port_of(settings), requests)
    blows(supervisor, programs, port_of(settings))
    assert len(programs.thanked) > LEAVERS / 4
    left = {one.number for one in subscribers.each(store, Status.UNSUBSCRIBED.value)}
    assert {number + 1 for number in programs.thanked} <= left


def test_law_10_every_form_that_was_thanked_for_is_kept_whatever_dies(
    settings: Settings, supervisor: Supervisor
) -> None:
    """A thank-you is a promise."""
    store = supervisor.store
    assert store is not None
    clock = SystemClock(-2 * LEAST)  # the form wants to have been looked at
    stamps = Stamps(secret_key(settings), clock)  # each is used once
    body = "email=reader{}%40example.org&language=en&topics=bulletin&stamp={}"
    requests = [
        ("/en/subscribe", body.format(number, stamps.make("subscribe")).encode())
        for number in range(FORMS)
    ]
    programs = Programs(port_of(settings), requests)
    blows(supervisor, programs, port_of(settings))
    assert programs.thanked
    kept = {one.form.address for one in forms.take(store, SystemClock().now(), 60, 10 * FORMS)}
    assert {f"reader{number}@example.org" for number in programs.thanked} <= kept


def test_health_readiness_and_numbers_are_served_apart(
    settings: Settings, supervisor: Supervisor
) -> None:
    """A monitor needs no way through the readers' pages, and readers need none to it."""
    assert settings.metrics_listen is not None
    pages = f"http://127.0.0.1:{port_of(settings)}"
    own = f"http://127.0.0.1:{settings.metrics_listen.port}"
    assert get(f"{pages}/healthz").text == "alive\n"
    assert get(f"{pages}/readyz").text == "ready\n"
    assert get(f"{pages}/metrics").status_code == 404
    assert supervisor.store is not None
    readers(supervisor.store, 3)
    get(f"{pages}/en/")
    text = get(f"{own}/metrics").text
    assert 'mailer_web_answers_total{method="GET",route="/{language}/",status="200"} 1.0' in text
    assert 'mailer_subscribers{status="active"} 3.0' in text
    assert "mailer_store_up 1.0" in text
    ours = [line for line in text.splitlines() if "mailer_relay_" not in line]  # named by address
    assert "127.0.0.1" not in "\n".join(ours)


def test_log_holds_routes_and_neither_tokens_nor_addresses(
    settings: Settings, tmp_path: Path
) -> None:
    """A reader of the log must learn nothing of any reader."""
    token = Signer(secret_key(settings)).sign(Purpose.LEAVE, 1, 1)
    port = port_of(settings)
    with (tmp_path / "log").open("wb") as file:
        process = _mailer_web(tmp_path, file.fileno())
        try:
            deadline = time.monotonic() + PATIENCE
            while not listens(port):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert post(port, f"/leave/{token}", ONE_CLICK, "203.0.113.77") == 200
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
    written = (tmp_path / "log").read_text()
    assert "route=/leave/{token}" in written
    assert "readers reach them at https://lists.example.org" in written
    assert token not in written
    assert "203.0.113.77" not in written


def _mailer_web(folder: Path, output: int) -> subprocess.Popen[bytes]:
    mailer = Path(sys.executable).with_name("mailer")
    return subprocess.Popen([mailer, "web"], cwd=folder, stdout=output, stderr=output)


def test_what_is_no_http_and_what_is_too_much_of_it_is_refused(
    settings: Settings, supervisor: Supervisor
) -> None:
    """The proxy before us may be missing or misconfigured; we stand by ourselves."""
    port = port_of(settings)
    assert _said(port, b"\x16\x03\x01\x00\xff\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert _said(port, b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000).startswith(b"HTTP/1.1 400")
    long = b"GET /" + b"x" * 3000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert _said(port, long).startswith(b"HTTP/1.1 414")
    body = b"POST /en/subscribe HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n" + b"x" * 999
    assert _said(port, body).startswith(b"HTTP/1.1 413")
    assert get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    assert supervisor.children[0].pid is not None


def _said(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
        client.sendall(request)
        return client.recv(4096)


def test_unix_socket_is_served_and_its_proxy_believed(tmp_path: Path, settings: Settings) -> None:
    """The usual way on one machine: nobody but the proxy can reach it."""
    place = tmp_path / "web.sock"
    environment = os.environ | settings.environment() | {"MAILER_WEB_LISTEN": f"http://{place}"}
    process = subprocess.Popen([sys.executable, "-m", "mailer.workers.web"], env=environment)
    try:
        transport = httpx.HTTPTransport(uds=str(place), retries=0)
        deadline = time.monotonic() + PATIENCE
        while not listens_at(place):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        site = "http://lists.example.org"
        with httpx.Client(transport=transport, base_url=site, timeout=PATIENCE) as client:
            assert client.get("/fr/").status_code == 200
    finally:
        process.terminate()
        assert process.wait(PATIENCE) == 0
    assert not place.exists()
