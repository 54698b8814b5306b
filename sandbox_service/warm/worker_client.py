"""The pool's end of one worker: starts its process, hands it scripts, reads their output, and ends it.

All of it happens in the event loop that called `start`; only starting the process blocks it, for milliseconds.
"""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
from collections.abc import Callable
from typing import Any

from sandbox_service.config import SandboxConfig
from sandbox_service.errors import WorkerLostError
from sandbox_service.outcome import ObservedRun
from sandbox_service.output import CappedOutput
from sandbox_service.records import ExecutionRequest
from sandbox_service.warm.pipes import OutputReader, run_descriptors
from sandbox_service.worker.spec import WorkerSpec
from sandbox_service.worker.stop import Stop
from sandbox_service.worker_process import last_line, start_worker

_START_TIMEOUT_S = 60.0
_GRACE_S = 10.0
_MAX_MESSAGE_BYTES = 65536


class WorkerClient:
    """One warm worker process, which runs one script at a time."""

    def __init__(
        self,
        name: str,
        config: SandboxConfig,
        spec: WorkerSpec,
        *,
        profile: str,
        on_lost: Callable[["WorkerClient"], None],
    ) -> None:
        self.name = name
        self.profile = profile
        self._on_lost = on_lost
        self._config = config
        self._spec = spec
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._life: int | None = None
        self._answer: asyncio.Future[dict[str, Any]] | None = None
        self._is_stopping = False
        self._last_words = b""
        self.lost = asyncio.Event()
        """Set once the worker's process is gone or was given up."""

    async def start(self) -> None:
        """Start the process and wait until it is warm. Raises WorkerLostError."""
        try:
            # Processes are made before their request is known, with these limits, and then narrowed.
            widest = {"timeout_s": self._config.timeout_s, "memory_mib": self._config.memory_mib}
            self._process, self._control, self._life = start_worker(
                {"op": "serve", "spec": self._spec.to_dict(), **widest}
            )
        except OSError as error:
            raise WorkerLostError(f"{self.name} did not start: {error}") from None
        self._control.setblocking(False)
        answer = self._expect_answer()
        asyncio.get_running_loop().add_reader(self._control.fileno(), self._on_message)
        try:
            hello = await asyncio.wait_for(answer, _START_TIMEOUT_S)
        except TimeoutError:
            reason = f"it was not ready after {_START_TIMEOUT_S:g} s"
        except WorkerLostError:
            reason = ""
        except asyncio.CancelledError:
            await self.close()
            raise
        else:
            reason = hello.get("broken", "")
            if not reason:
                return
        await self.close()
        raise WorkerLostError(f"{self.name} did not start: {reason or last_line(self._last_words)}")

    async def run(self, request: ExecutionRequest) -> ObservedRun:
        """Run one script or cell to its end, whatever that is. Raises WorkerLostError; cancelling stops the script.

        With a session in the request, its process lives on afterwards if it can, and takes the next cell.
        """
        if self.lost.is_set() or self._control is None:
            raise WorkerLostError(f"{self.name} is gone")
        run = ObservedRun(CappedOutput(self._config.output_bytes), CappedOutput(self._config.output_bytes))
        timeout_s = min(request.timeout_s, self._config.timeout_s)
        answer = self._expect_answer()
        outputs = self._hand_over(request, timeout_s, run)
        try:
            report = await asyncio.wait_for(asyncio.shield(answer), timeout_s + _GRACE_S)
        except TimeoutError:
            self._give_up("it did not answer")
            run.stopped, run.duration_s = Stop.TIMEOUT, timeout_s
            return run
        except asyncio.CancelledError:
            await self._stop_cancelled(answer)
            raise
        finally:
            for output in outputs:
                output.finish()
        if "broken" in report:
            self._give_up(report["broken"])
            raise WorkerLostError(f"{self.name} could not isolate a script: {report['broken']}")
        run.stopped = Stop(report["stopped"])
        for fact in ("exit_code", "signal", "duration_s", "cpu_s", "peak_kib", "alive"):
            setattr(run, fact, report[fact])
        return run

    def stop_run(self) -> None:
        """Tell the worker to kill the running script; it then reports as usual."""
        if self._control is not None and not self._is_stopping:
            # Once: a flood asks again with every chunk, and the socket holds only so many words.
            self._is_stopping = True
            try:
                self._control.send(b'{"op": "stop"}')
            except OSError:
                self._give_up("it hung up")

    async def end_session(self) -> None:
        """End the process of the session that lives on in this worker, which is lost if it does not manage it."""
        if self.lost.is_set() or self._control is None:
            return
        answer = self._expect_answer()
        try:
            self._control.send(b'{"op": "end"}')
            await asyncio.wait_for(answer, _GRACE_S)
        except (OSError, TimeoutError, WorkerLostError, asyncio.CancelledError):
            self._give_up("it did not end a session")

    async def close(self) -> None:
        """End the process and everything it started; nothing of it is left afterwards."""
        self._give_up("it was closed")
        process, self._process = self._process, None
        if process is None:
            return
        if not await _exited(process, _GRACE_S):
            process.kill()
            await _exited(process, _GRACE_S)
        if process.stderr is not None:
            with process.stderr as stderr:
                os.set_blocking(stderr.fileno(), False)
                self._last_words = stderr.read() or b""

    def _hand_over(self, request: ExecutionRequest, timeout_s: float, run: ObservedRun) -> list[OutputReader]:
        assert self._control is not None
        memory_mib = min(request.memory_mib, self._config.memory_mib)
        order = {
            "op": "run",
            "timeout_s": timeout_s,
            "memory_mib": memory_mib,
            "session": request.session is not None,
        }
        with contextlib.ExitStack() as given, contextlib.ExitStack() as kept:
            try:
                code, reads, writes = run_descriptors(request, given, kept)
                socket.send_fds(self._control, [json.dumps(order).encode()], [code, *writes])
            except OSError as error:
                self._give_up("it hung up")
                raise WorkerLostError(f"{self.name} did not take a script: {error}") from None
            kept.pop_all()

        def check_volume() -> None:
            if run.stdout.num_bytes + run.stderr.num_bytes > self._config.output_kill_bytes:
                self.stop_run()

        sinks = zip(reads, (run.stdout, run.stderr), strict=True)
        return [OutputReader(read, sink, check_volume) for read, sink in sinks]

    def _expect_answer(self) -> asyncio.Future[dict[str, Any]]:
        self._is_stopping = False
        self._answer = asyncio.get_running_loop().create_future()
        return self._answer

    def _on_message(self) -> None:
        assert self._control is not None
        try:
            message = self._control.recv(_MAX_MESSAGE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            message = b""
        if not message:
            self._give_up("its process ended")
        elif self._answer is not None and not self._answer.done():
            self._answer.set_result(json.loads(message))

    async def _stop_cancelled(self, answer: asyncio.Future[dict[str, Any]]) -> None:
        self.stop_run()
        try:
            await asyncio.wait_for(answer, _GRACE_S)
        except (TimeoutError, WorkerLostError, asyncio.CancelledError):
            self._give_up("it did not stop a script")

    def _give_up(self, reason: str) -> None:
        """Hang up: the worker kills its script and ends, the keeper sweeps and ends."""
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()
            self._control = None
        if self._life is not None:
            os.close(self._life)
            self._life = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(WorkerLostError(f"{self.name} was lost: {reason}"))
            # Taken as read: there may be nobody left who waits for it.
            self._answer.exception()
        if not self.lost.is_set():
            self.lost.set()
            self._on_lost(self)


async def _exited(process: subprocess.Popen[bytes], timeout_s: float) -> bool:
    if process.poll() is not None:
        return True
    loop = asyncio.get_running_loop()
    pidfd = os.pidfd_open(process.pid)
    gone = asyncio.Event()
    loop.add_reader(pidfd, gone.set)
    try:
        await asyncio.wait_for(gone.wait(), timeout_s)
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(pidfd)
        os.close(pidfd)
    return process.poll() is not None
