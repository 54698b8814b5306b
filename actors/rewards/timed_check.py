"""Runs checkers in a process of their own, so that one that hangs can be ended and the event loop never waits on it."""

import asyncio
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from curriculum.task import Task


class TimedChecker:
    """Answers whether an answer is right, within a time limit; a checker that hangs or crashes says wrong."""

    def __init__(self, timeout_s: float, check: Callable[[Task, str], bool] | None = None) -> None:
        """Starts nothing yet.

        Args:
            timeout_s: limit of one check.
            check: a function that can be pickled; by default the checker that the task names.
        """
        self._timeout_s = timeout_s
        self._check = check or _check
        self._pool: ProcessPoolExecutor | None = None
        self._lock = asyncio.Lock()
        self.num_timeouts = 0
        self.num_crashes = 0

    async def is_correct(self, task: Task, answer: str | None) -> bool:
        """Whether `answer` is right; False for no answer, at the time limit, and when the checker's process dies."""
        if answer is None:
            return False
        # One check at a time: the limit then counts the check alone, never a wait for another.
        async with self._lock:
            try:
                if self._pool is None:
                    self._pool = _started_pool()
                    await asyncio.wrap_future(self._pool.submit(_warm))
                return await asyncio.wait_for(
                    asyncio.wrap_future(self._pool.submit(self._check, task, answer)), self._timeout_s
                )
            except TimeoutError:
                self.num_timeouts += 1
                self._drop_pool()
            except BrokenProcessPool:
                self.num_crashes += 1
                self._drop_pool()
            return False

    def close(self) -> None:
        """End the checkers' process at once."""
        self._drop_pool()

    def _drop_pool(self) -> None:
        if self._pool is not None:
            for process in list((self._pool._processes or {}).values()):
                process.kill()
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def _started_pool() -> ProcessPoolExecutor:
    # spawn: the parent holds threads and event loops that must not be forked.
    return ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn"))


def _warm() -> None:
    from curriculum.tasks.checkers import preload

    preload()


def _check(task: Task, answer: str) -> bool:
    from curriculum.tasks.checkers import check

    return check(task, answer)
