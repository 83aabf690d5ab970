"""Writes a dump of the present version's data: by hand, at each release that changes the schema.

PYTHONPATH=tests python -m dumps.make
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from mailer.services.operation.opening import opened_for
from mailer.store import keys
from support.samples.returned_mail import put_key
from support.samples.store_dump import DUMPS, written
from support.service.filled import fill
from support.service.small_campaign import settings_for


def main() -> None:
    """Write the dump."""
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_for(Path(folder) / "data", owner_address="desk@example.org")
        settings.data_dir.mkdir()
        put_key(settings.data_dir)
        with opened_for(settings) as store:
            known = fill(store, settings.data_dir)
            file = DUMPS / f"v{keys.SCHEMA_VERSION}.json.gz"
            file.write_bytes(written(store.redis, known))
    sys.stdout.write(f"{file}: {file.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
