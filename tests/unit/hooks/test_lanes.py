"""Lanes: whoever hangs gives way to whoever answers."""

from __future__ import annotations

import asyncio

from mailer.hooks.lanes import SLOW_SECONDS, Lanes
from support.quiet_loop import run_quietly


def test_one_that_hangs_frees_its_place() -> None:
    """Else as many hanging endpoints as there are places would stop all others."""

    async def scene() -> None:
        freed: list[int] = []
        lanes = Lanes(lambda: freed.append(1), quick=1, slow=1)
        place = lanes.place(failed=False)
        assert (lanes.free, place.slow) == (0, False)
        with place:
            await asyncio.sleep(SLOW_SECONDS + 0.1)
            assert (lanes.free, place.slow, len(freed)) == (1, True, 1)
        lanes.leave(place)
        assert lanes.free == 1

    run_quietly(scene())


def test_one_that_answers_in_time_keeps_its_place() -> None:
    """However often: each answer has its own second."""

    async def scene() -> None:
        lanes = Lanes(lambda: None, quick=1, slow=1)
        place = lanes.place(failed=False)
        for _ in range(3):
            with place:
                await asyncio.sleep(SLOW_SECONDS - 0.5)
        assert (lanes.free, place.slow) == (0, False)
        lanes.leave(place)
        assert lanes.free == 1

    run_quietly(scene())


def test_with_the_slow_lane_full_one_keeps_its_place_until_there_is_room() -> None:
    """What goes on at once is bounded, whatever hangs."""

    async def scene() -> None:
        lanes = Lanes(lambda: None, quick=2, slow=1)
        first, second = lanes.place(failed=False), lanes.place(failed=False)
        with first, second:
            await asyncio.sleep(SLOW_SECONDS + 0.1)
            assert (first.slow, second.slow, lanes.free) == (True, False, 1)
            lanes.leave(first)
            assert (second.slow, lanes.free) == (True, 2)
        lanes.leave(second)
        assert lanes.free == 2

    run_quietly(scene())


def test_one_that_answered_while_it_waited_for_room_stays() -> None:
    """Its turn goes on; to move it then would free a place twice."""

    async def scene() -> None:
        lanes = Lanes(lambda: None, quick=2, slow=1)
        first, second = lanes.place(failed=False), lanes.place(failed=False)
        with first:
            with second:
                await asyncio.sleep(SLOW_SECONDS + 0.1)
            lanes.leave(first)
        assert (second.slow, lanes.free) == (False, 1)
        lanes.leave(second)
        assert lanes.free == 2

    run_quietly(scene())


def test_one_that_failed_begins_in_the_slow_lane_if_there_is_room() -> None:
    """What is known to hang need not show it again."""

    async def scene() -> None:
        lanes = Lanes(lambda: None, quick=1, slow=1)
        first, second = lanes.place(failed=True), lanes.place(failed=True)
        assert (first.slow, second.slow, lanes.free) == (True, False, 0)

    run_quietly(scene())
