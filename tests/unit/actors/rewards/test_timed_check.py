import asyncio
import re

import pytest

from actors.rewards.timed_check import TimedChecker
from curriculum.tasks.config import TaskSetConfig
from curriculum.tasks.sets.build import build_task_set
from tests.unit.actors.rewards.odd_checker import is_six
from tests.unit.actors.rollout_cases import task


async def test_a_hanging_checker_says_wrong_within_the_limit_and_the_next_check_works() -> None:
    checker = TimedChecker(3.0, is_six)
    try:
        assert await checker.is_correct(task(), "6")
        assert not await checker.is_correct(task(), "hang")
        assert await checker.is_correct(task(), "6")
        assert (checker.num_timeouts, checker.num_crashes) == (1, 0)
    finally:
        checker.close()


async def test_a_checker_that_dies_says_wrong_and_the_next_check_works() -> None:
    checker = TimedChecker(5.0, is_six)
    try:
        assert not await checker.is_correct(task(), "die")
        assert await checker.is_correct(task(), "6")
        assert (checker.num_timeouts, checker.num_crashes) == (0, 1)
        # A fault of ours is no wrong answer.
        with pytest.raises(ValueError, match="payload is damaged"):
            await checker.is_correct(task(), "raise")
    finally:
        checker.close()


async def test_a_hanging_answer_does_not_hold_up_the_others() -> None:
    checker = TimedChecker(60.0, is_six, max_processes=2)
    try:
        assert await checker.is_correct(task(), "6")
        hanging = asyncio.ensure_future(checker.is_correct(task(), "hang"))
        await asyncio.sleep(0)
        # A hang lasts a minute here: that these are done at all shows that they did not wait for it.
        assert await asyncio.gather(*[checker.is_correct(task(), answer) for answer in ("6", "7", "6")]) == [
            True,
            False,
            True,
        ]
        assert not hanging.done()
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)
        assert await checker.is_correct(task(), "6")
        assert (checker.num_timeouts, checker.num_crashes) == (0, 0)
    finally:
        checker.close()


async def test_when_every_process_hangs_the_rest_is_checked_after_the_limit() -> None:
    checker = TimedChecker(3.0, is_six, max_processes=2)
    try:
        answers = ["hang", "hang", "6", "hang", "6"]
        assert await asyncio.gather(*[checker.is_correct(task(), a) for a in answers]) == [
            False,
            False,
            True,
            False,
            True,
        ]
        assert checker.num_timeouts == 3
    finally:
        checker.close()


async def test_no_answer_is_wrong_without_any_check() -> None:
    checker = TimedChecker(0.001, is_six)
    assert not await checker.is_correct(task(), None)
    assert (checker.num_timeouts, checker.num_crashes) == (0, 0)


async def test_by_default_the_tasks_own_checker_decides() -> None:
    config = TaskSetConfig(
        preset="smoke", sft_per_family=0, train_per_family=1, test_per_family=0, held_out_per_family=0
    )
    (product,) = [t for t in build_task_set(config) if t.family == "products"]
    checker = TimedChecker(10.0)
    try:
        left, right = map(int, re.findall(r"\d+", product.question))
        assert await checker.is_correct(product, str(left * right))
        assert not await checker.is_correct(product, str(left * right + 1))
    finally:
        checker.close()
