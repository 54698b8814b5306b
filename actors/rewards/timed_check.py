"""Runs checkers in processes of their own, so that one that hangs can be ended and nobody else waits on it.

One process does nearly all the work. Others are started, one at a time, when answers have waited for a while, as they
do behind one that hangs, and are kept. A process runs one check at a time, so the limit counts the check alone.
"""

import asyncio
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from curriculum.task import Task

_PATIENCE_S = 0.2
"""After which an answer that waits for a process may start one more."""
_START_S = 120.0
"""Longest that a process may take to import what checkers need."""

Check = Callable[[Task, str], bool]


class TimedChecker:
    """Answers whether an answer is right, within a time limit; a checker that hangs or crashes says wrong."""

    def __init__(self, timeout_s: float, check: Check | None = None, *, max_processes: int = 4) -> None:
        """Starts nothing yet.

        Args:
            timeout_s: limit of one check.
            check: a function that can be pickled; by default the checker that the task names.
            max_processes: how many checks may run side by side.
        """
        self._timeout_s = timeout_s
        self._check = check or _check
        self._processes = [_Process() for _ in range(max_processes)]
        self._freed = asyncio.Condition()
        self.num_timeouts = 0
        self.num_crashes = 0

    async def is_correct(self, task: Task, answer: str | None) -> bool:
        """Whether `answer` is right; False for no answer, at the time limit, and when the checker's process dies."""
        if answer is None:
            return False
        process = await self._taken()
        try:
            return await process.result(self._check, task, answer, self._timeout_s)
        except TimeoutError:
            self.num_timeouts += 1
        except BrokenProcessPool:
            self.num_crashes += 1
        finally:
            process.is_busy = False
            async with self._freed:
                self._freed.notify()
        return False

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            process.end()

    async def _taken(self) -> "_Process":
        """A process with nothing to do, a started one if there is any."""
        may_start = False
        async with self._freed:
            while True:
                idle = [process for process in self._processes if not process.is_busy]
                if may_start or len(idle) == len(self._processes):
                    # Started ones first.
                    idle.sort(key=lambda process: not process.is_started)
                else:
                    idle = [process for process in idle if process.is_started]
                if idle:
                    idle[0].is_busy = True
                    return idle[0]
                try:
                    async with asyncio.timeout(_PATIENCE_S):
                        await self._freed.wait()
                except TimeoutError:
                    # Behind a start there is nothing to fear: it will take several.
                    may_start = not any(process.is_starting for process in self._processes)


class _Process:
    """One process for checks, started with the first of them and again after it had to be ended."""

    def __init__(self) -> None:
        self.is_busy = False
        self.is_starting = False
        self._pool: ProcessPoolExecutor | None = None

    @property
    def is_started(self) -> bool:
        """Whether a check need not wait for its start."""
        return self._pool is not None and not self.is_starting

    async def result(self, check: Check, task: Task, answer: str, timeout_s: float) -> bool:
        """What the checker says. Raises TimeoutError or BrokenProcessPool, and is then ended."""
        try:
            pool = self._pool or await self._started()
            async with asyncio.timeout(timeout_s):
                return await asyncio.wrap_future(pool.submit(check, task, answer))
        except (TimeoutError, BrokenProcessPool, asyncio.CancelledError):
            # Of a check that was given up nobody knows how long it goes on.
            self.end()
            raise

    async def _started(self) -> ProcessPoolExecutor:
        # spawn: the parent holds threads and event loops that must not be forked.
        context = multiprocessing.get_context("spawn")
        self._pool = pool = ProcessPoolExecutor(max_workers=1, mp_context=context)
        self.is_starting = True
        try:
            async with asyncio.timeout(_START_S):
                await asyncio.wrap_future(pool.submit(_warm))
        finally:
            self.is_starting = False
        return pool

    def end(self) -> None:
        """Kill it; the next check starts it again."""
        pool, self._pool = self._pool, None
        if pool is not None:
            for child in list((pool._processes or {}).values()):
                child.kill()
            pool.shutdown(wait=False, cancel_futures=True)


def _warm() -> None:
    from curriculum.tasks.checkers import preload

    preload()


def _check(task: Task, answer: str) -> bool:
    from curriculum.tasks.checkers import check

    return check(task, answer)
