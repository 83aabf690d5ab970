"""Times audience rules at a million readers: preview with counts per language, and a first page.

PYTHONPATH=tests python -m benchmarks.segments [READERS]
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from mailer.domain.events import Event
from mailer.services.operation.opening import opened_for
from mailer.services.segments.preview import page, preview
from mailer.store.server.connection import Store
from mailer.store.subscribers import rows as subscriber_rows
from mailer.store.subscribers.rows import Defaults, Row, Value
from support.samples.rules import ATTRIBUTES
from support.service.small_campaign import SmallService, settings_for

READERS: Final = 1_000_000
TIMES: Final = 40
BEGIN: Final = datetime(2023, 1, 1, tzinfo=UTC)
CITIES: Final = [f"City {number}" for number in range(5_000)]
RULES: Final = (
    "topic:bulletin",
    "topic:bulletin and (lang:fr or tag:press) and not had:1",
    "country = CH",
    "fee > 500 and fee <= 750.5",
    "since before 2010-06-15",
    'city = "City 17"',
    "joined > 2023-06-01 and joined < 2023-09-01",
    "not has:city and not bounced",
    (
        "topic:bulletin and (lang:fr or tag:press) and not had:1 and joined > 2023-06-01 and "
        'country = CH and fee >= 12.5 and since < 2015-01-01 and not city = "City 3"'
    ),
)


def main() -> None:
    """Fill a store of its own, and print a table."""
    readers = int(sys.argv[1]) if len(sys.argv) > 1 else READERS
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_for(Path(folder) / "data", attributes=ATTRIBUTES, durability="everysec")
        settings.data_dir.mkdir()
        with opened_for(settings) as store:
            service = SmallService(store, settings)
            seconds = fill(service, readers)
            say(f"{readers:,} readers with four attributes put in {seconds:.0f} s")
            say(f"store: {store.redis.info('memory')['used_memory'] / 1e6:,.0f} MB")
            begun = time.perf_counter()
            service.started(rule="joined < 2023-07-01")
            say(f"a campaign for half of them started in {time.perf_counter() - begun:.2f} s")
            for rule in RULES:
                seen = preview(store, settings, rule)
                counted = timed(store, partial(preview, store, settings, rule))
                listed = timed(store, partial(page, store, settings, rule))
                say(f"{rule}\n    {seen.planned:>9,} of {seen.members:,} would be mailed")
                say(f"    preview {counted}   first page {listed}")


def fill(service: SmallService, readers: int) -> float:
    """Put readers in, a thousand at once, over a year; returns the seconds that took."""
    chance = random.Random(7)
    defaults = Defaults("en", "bulletin", "import")
    begun = time.perf_counter()
    for start in range(0, readers, 1000):
        at = BEGIN + timedelta(days=365 * start / readers)
        rows = [row(number, chance) for number in range(start, min(start + 1000, readers))]
        event = Event("subscribers.imported", at, {"file": "bench", "lines": "1"})
        subscriber_rows.put_batch(service.store, rows, defaults, event)
    return time.perf_counter() - begun


def row(number: int, chance: random.Random) -> Row:
    """Make up a reader."""
    said = {
        "country": chance.choice(ATTRIBUTES["country"].choices),
        "city": chance.choice(CITIES),
        "fee": ATTRIBUTES["fee"].read(f"{chance.uniform(0, 1000):.2f}"),
        "since": (datetime(2000, 1, 1, tzinfo=UTC) + timedelta(chance.randrange(9_000)))
        .date()
        .isoformat(),
    }
    if not number % 10:
        del said["city"]
    values = tuple(
        Value(name, value, ATTRIBUTES[name].marks(value)) for name, value in said.items()
    )
    who = f"r{number}@example.org"
    language = chance.choice(("en", "fr", "es"))
    return Row(
        who, who, language, "bulletin", chance.choice(("", "press")), "", f"{number}", values
    )


def timed(store: Store, call: Callable[[], object]) -> str:
    """Time a call many times; returns median, 95th percentile and work of a processor in words."""
    found = []
    work = worked(store)
    for _ in range(TIMES):
        begun = time.perf_counter()
        call()
        found.append((time.perf_counter() - begun) * 1000)
    each = (worked(store) - work) / TIMES * 1000
    tail = quantiles(found, n=20)[-1]
    return f"{median(found):6.1f} ms (p95 {tail:.1f} ms, {each:.1f} ms of work)"


def worked(store: Store) -> float:
    """Return how many seconds a processor has worked for us, here and in the store."""
    used = store.redis.info("cpu")
    return time.process_time() + float(used["used_cpu_user"]) + float(used["used_cpu_sys"])


def say(text: str) -> None:
    """Write a line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
