"""Sessions: scripts that share names and files, cell after cell, in one process that lives on between them.

A session is opened by its first cell, whose imports choose its worker, and holds that worker until it is closed,
unused for too long, or lost. A cell that is stopped takes it along; the next cell then starts afresh and is told so.
"""

import asyncio
import time
from collections import OrderedDict

from sandbox_service.config import SandboxConfig
from sandbox_service.errors import NotAdmittedError, WorkerLostError
from sandbox_service.outcome import infrastructure_result
from sandbox_service.records import ExecutionRequest, ExecutionResult
from sandbox_service.warm.admission import Admission
from sandbox_service.warm.worker_client import WorkerClient

_NUM_REMEMBERED = 256


class _Session:
    """One open session. Its cells run one after the other, in the order in which they came."""

    def __init__(self) -> None:
        self.worker: WorkerClient | None = None
        self.turn = asyncio.Lock()
        self.expiry: asyncio.TimerHandle | None = None


class Sessions:
    """All open sessions, each with its worker."""

    def __init__(self, config: SandboxConfig, admission: Admission) -> None:
        self._config = config
        self._admission = admission
        self._open: dict[str, _Session] = {}
        self._ended: OrderedDict[str, str] = OrderedDict()
        """Why the sessions ended that nobody closed; told to whoever comes back to them."""
        self._expiring: set[asyncio.Task[None]] = set()

    @property
    def num_open(self) -> int:
        """Sessions that are open at this moment."""
        return len(self._open)

    @property
    def num_running(self) -> int:
        """Requests of sessions that run at this moment."""
        return self._admission.num_running

    @property
    def num_lost(self) -> int:
        """Workers of sessions that died or broke their promises."""
        return self._admission.workers.num_lost

    async def result(self, request: ExecutionRequest, session_id: str) -> ExecutionResult:
        """Run one cell to its end, whatever that is."""
        waiting_since = time.monotonic()
        try:
            session = await self._in_turn(request, session_id)
        except NotAdmittedError as error:
            return infrastructure_result(request, str(error), queue_s=time.monotonic() - waiting_since)
        try:
            return await self._cell(request, session_id, session, waiting_since)
        except asyncio.CancelledError:
            self._end(session_id, session, "its cell was cancelled")
            raise
        finally:
            session.turn.release()

    async def close_session(self, session_id: str, reason: str = "") -> bool:
        """End a session, with a cell that runs in it. False if there is none; the reason is told to a later cell."""
        session = self._open.get(session_id)
        if session is None:
            return self._ended.pop(session_id, None) is not None
        if session.turn.locked() and session.worker is not None:
            session.worker.stop_run()
        async with session.turn:
            # It may have ended with the cell that was stopped.
            if self._open.get(session_id) is session:
                if session.worker is not None:
                    await session.worker.end_session()
                self._end(session_id, session, reason)
            if not reason:
                self._ended.pop(session_id, None)
        return True

    async def close(self) -> None:
        """End all sessions and their workers."""
        for session in self._open.values():
            if session.expiry is not None:
                session.expiry.cancel()
        for task in self._expiring:
            task.cancel()
        await asyncio.gather(*self._expiring, return_exceptions=True)
        await self._admission.workers.close()
        self._open.clear()

    async def _in_turn(self, request: ExecutionRequest, session_id: str) -> _Session:
        """The session, once it is this cell's turn. Raises NotAdmittedError."""
        limit_s = request.queue_timeout_s
        try:
            async with asyncio.timeout(limit_s):
                while True:
                    session = self._open.get(session_id) or self._opened(session_id)
                    await session.turn.acquire()
                    if self._open.get(session_id) is session:
                        return session
                    # It ended while this cell stood in line.
                    session.turn.release()
        except TimeoutError:
            raise NotAdmittedError(
                f"session {session_id!r} was busy with an earlier cell for more than {limit_s:g} s: "
                "wait for each cell before the next one, or raise ExecutionRequest.queue_timeout_s"
            ) from None

    def _opened(self, session_id: str) -> _Session:
        if len(self._open) >= self._config.max_sessions:
            raise NotAdmittedError(
                f"{len(self._open)} sessions are open, at most {self._config.max_sessions} may be: "
                "close one with SandboxPool.close_session or raise SandboxConfig.max_sessions"
            )
        session = self._open[session_id] = _Session()
        return session

    async def _cell(
        self, request: ExecutionRequest, session_id: str, session: _Session, waiting_since: float
    ) -> ExecutionResult:
        if session.expiry is not None:
            session.expiry.cancel()
        failures: list[str] = []
        while True:
            is_first = session.worker is None
            waited_s = time.monotonic() - waiting_since
            try:
                if session.worker is None:
                    profile = self._config.profile_for(request.code)
                    session.worker = await self._admission.take(request, profile, waited_s=waited_s)
                queue_s = time.monotonic() - waiting_since
                run = await self._admission.run(session.worker, request)
                break
            except NotAdmittedError as error:
                self._end(session_id, session, self._ended.get(session_id, ""))
                return infrastructure_result(request, str(error), queue_s=waited_s)
            except WorkerLostError as error:
                failures.append(str(error))
                if is_first and len(failures) <= self._config.retries:
                    self._leave_worker(session)
                    continue
                self._end(session_id, session, "its worker was lost")
                message = (
                    f"session {session_id!r} is lost after {len(failures)} attempts: {'; '.join(failures)}"
                )
                return infrastructure_result(request, message, queue_s=waited_s)
        result = self._admission.result(run, request, session.worker, queue_s=queue_s)
        notes = [result.message] if result.message else []
        if is_first and (reason := self._ended.pop(session_id, "")):
            notes.append(
                f"session {session_id!r} began afresh, without its earlier names and files: {reason}"
            )
        if run.alive:
            loop = asyncio.get_running_loop()
            session.expiry = loop.call_later(self._config.session_idle_s, self._expire, session_id, session)
        else:
            notes.append(f"session {session_id!r} has ended, its names and files are lost")
            self._end(session_id, session, f"a cell ended it with {result.termination.value}")
        return result.model_copy(update={"message": "; ".join(notes)})

    def _end(self, session_id: str, session: _Session, reason: str) -> None:
        self._leave_worker(session)
        if self._open.get(session_id) is session:
            del self._open[session_id]
        if reason:
            self._ended[session_id] = reason
            while len(self._ended) > _NUM_REMEMBERED:
                self._ended.popitem(last=False)

    def _leave_worker(self, session: _Session) -> None:
        worker, session.worker = session.worker, None
        if worker is not None:
            self._admission.workers.give_back(worker)

    def _expire(self, session_id: str, session: _Session) -> None:
        if session.turn.locked() or self._open.get(session_id) is not session:
            return
        reason = f"nobody used it for {self._config.session_idle_s:g} s"
        task = asyncio.get_running_loop().create_task(self._expired(session_id, reason))
        self._expiring.add(task)
        task.add_done_callback(self._expiring.discard)

    async def _expired(self, session_id: str, reason: str) -> None:
        await self.close_session(session_id, reason)
