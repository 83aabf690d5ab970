"""A real Postfix for tests: an instance of its own on a free port of this machine, with its queue."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from support.patience import PATIENCE
from support.servers.ports import free_port

POSTFIX: Final = Path("/usr/sbin/postfix")
USABLE: Final = POSTFIX.exists() and os.geteuid() == 0
"""It starts as root only, and leaves that behind by itself."""
_MASTER: Final = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
local unix - n n - - local
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A running Postfix."""

    folder: Path
    port: int

    def run(self, program: str, *arguments: str) -> str:
        """Run one of its programs; returns what it wrote."""
        command = [f"/usr/sbin/{program}", "-c", str(self.folder / "conf"), *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE)
        return done.stdout

    @property
    def log(self) -> str:
        """Return its output so far."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")


@contextmanager
def postfix(settings: Mapping[str, str], services: str = "") -> Iterator[Server]:
    """Run a Postfix for the length of a `with` block.

    Args:
        settings: further lines of its main.cf.
        services: further lines of its master.cf.
    """
    folder = Path(tempfile.mkdtemp(prefix="mailer-postfix-"))
    folder.chmod(0o755)
    server = Server(folder, free_port())
    for inside in ("conf", "queue", "data"):
        (folder / inside).mkdir()
    shutil.chown(folder / "data", "postfix")
    lines = {
        "compatibility_level": "3.6",
        "queue_directory": f"{folder}/queue",
        "data_directory": f"{folder}/data",
        "maillog_file": f"{folder}/log",
        "maillog_file_prefixes": str(folder),
        "myhostname": "mx.example.org",
        "mydestination": "",
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "mynetworks": "127.0.0.0/8",
        "alias_maps": "",
        "local_recipient_maps": "",
        **settings,
    }
    main = "".join(f"{name} = {value}\n" for name, value in lines.items())
    (folder / "conf/main.cf").write_text(main, encoding="utf-8")
    master = _MASTER.format(port=server.port) + services
    (folder / "conf/master.cf").write_text(master, encoding="utf-8")
    try:
        server.run("postfix", "start")
        _wait_for(server)
        yield server
    finally:
        with suppress(subprocess.CalledProcessError):
            server.run("postfix", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(server: Server) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=1):
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"Postfix does not start: {server.log}")
        time.sleep(0.02)
