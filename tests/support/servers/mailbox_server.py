"""A mailbox at a provider, for tests: a Dovecot of one's own on a free port, in a temporary folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from support.servers.ports import end, free_port, wait_for

DOVECOT: Final = shutil.which("dovecot") or "/usr/sbin/dovecot"
USER, PASSWORD = "list@example.org", "wonder"
_CONFIGURATION: Final = """\
protocols = imap
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
mail_location = maildir:{folder}/mail
imap_capability = {capability}
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@contextmanager
def mailbox_server(folder: Path, *, lacks: tuple[str, ...] = ()) -> Iterator[int]:
    """Run the server for the length of a `with` block; yields its port.

    Args:
        folder: where it keeps everything.
        lacks: capabilities that it does not admit to, as some providers have none of them.
    """
    uid, gid = os.getuid(), os.getgid()
    if uid == 0:
        uid = gid = 65534  # it refuses to run as root: nobody
    user, group = name_of(uid), group_of(gid)
    folder.mkdir(parents=True, exist_ok=True)
    for inside in ("run", "state", "mail", "home"):
        (folder / inside).mkdir()
    said = "IMAP4rev1 LITERAL+ ENABLE IDLE MOVE UIDPLUS NAMESPACE"
    text = _CONFIGURATION.format(
        folder=folder,
        user=user,
        group=group,
        uid=uid,
        gid=gid,
        port=(port := free_port()),
        password=PASSWORD,
        capability=" ".join(word for word in said.split() if word not in lacks),
    )
    (folder / "dovecot.conf").write_text(text, encoding="utf-8")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, uid, gid)
    server = subprocess.Popen(
        [DOVECOT, "-F", "-c", str(folder / "dovecot.conf")],
        user=uid,
        group=gid,
        extra_groups=[] if os.getuid() == 0 else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(port, server, "Dovecot", lambda: _said(folder / "log"))
        yield port
    finally:
        end(server)


def _said(log: Path) -> str:
    return log.read_text(encoding="utf-8") if log.exists() else "(nothing)"


def name_of(uid: int) -> str:
    """Name a user."""
    import pwd

    return pwd.getpwuid(uid).pw_name


def group_of(gid: int) -> str:
    """Name a group."""
    import grp

    return grp.getgrgid(gid).gr_name
