"""Runs one container to its end: starts it, drains and counts its output, kills it when it must end."""

import asyncio
import contextlib
import json
import signal
import subprocess
import time
from pathlib import Path

from sandbox_service.config import SandboxConfig
from sandbox_service.containers.config import ContainerConfig
from sandbox_service.errors import WorkerLostError
from sandbox_service.outcome import ObservedRun
from sandbox_service.output import CappedOutput
from sandbox_service.worker.stop import Stop

_CHUNK_BYTES = 65536
_GRACE_S = 5.0


class Container:
    """One container of one bundle.

    Example: `run = await Container("c1", folder, config, limits, has_cgroups=True).run(deadline_s=10.0)`.
    """

    def __init__(
        self, name: str, folder: Path, config: ContainerConfig, limits: SandboxConfig, *, has_cgroups: bool
    ) -> None:
        self.name = name
        self._folder = folder
        self._limits = limits
        self._command = [config.runtime, "--root", str(folder.parent / "state"), *config.flags]
        if config.runtime == "runsc":
            self._command += ["--network=none", *([] if has_cgroups else ["--ignore-cgroups"])]
        if config.runtime == "crun" and not has_cgroups:
            self._command += ["--cgroup-manager=disabled"]
        self._stopped = Stop.NONE

    async def run(self, *, deadline_s: float) -> ObservedRun:
        """What became of it. Raises WorkerLostError if the runtime failed; cancelling kills the container."""
        run = ObservedRun(CappedOutput(self._limits.output_bytes), CappedOutput(self._limits.output_bytes))
        log = self._folder / "log"
        started = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *(*self._command, "--log", str(log), "--log-format", "json"),
            *("run", "--bundle", str(self._folder), self.name),
            # The container's life line: closed when this process ends, whatever ends it.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        readers = [
            asyncio.create_task(self._drained(stream, sink, run))
            for stream, sink in ((process.stdout, run.stdout), (process.stderr, run.stderr))
        ]
        try:
            await asyncio.wait_for(asyncio.shield(process.wait()), deadline_s)
        except TimeoutError:
            self._stopped = self._stopped or Stop.TIMEOUT
        finally:
            # Whatever ended it, nothing of it is left: a cancelled run gets here too.
            await asyncio.shield(self._ended(process, readers))
        run.duration_s = time.monotonic() - started
        run.stopped = self._stopped
        self._judge_status(run, process.returncode or 0, log)
        return run

    async def _drained(self, stream: asyncio.StreamReader, sink: CappedOutput, run: ObservedRun) -> None:
        while data := await stream.read(_CHUNK_BYTES):
            sink.feed(data)
            written = run.stdout.num_bytes + run.stderr.num_bytes
            if written > self._limits.output_kill_bytes and not self._stopped:
                self._stopped = Stop.ORDER
                await self._kill()

    async def _ended(self, process: asyncio.subprocess.Process, readers: list["asyncio.Task[None]"]) -> None:
        if process.returncode is None:
            await self._kill()
            try:
                await asyncio.wait_for(process.wait(), _GRACE_S)
            except TimeoutError:
                process.kill()
                await process.wait()
        if process.stdin is not None:
            process.stdin.close()
        await self._order("delete", "--force", self.name)
        await asyncio.wait(readers, timeout=_GRACE_S)
        for reader in readers:
            reader.cancel()

    async def _kill(self) -> None:
        # Its process 1 takes all others of its namespace along.
        await self._order("kill", self.name, "KILL")

    async def _order(self, *words: str) -> None:
        """Give the runtime an order; it fails if the container has gone already, which is as well."""
        process = await asyncio.create_subprocess_exec(
            *(*self._command, *words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _GRACE_S)

    def _judge_status(self, run: ObservedRun, status: int, log: Path) -> None:
        """The runtime leaves with the script's status, with 128 + signal, or with an error in its log."""
        errors = _errors(log)
        if not self._stopped and status != 0 and errors:
            raise WorkerLostError(f"the container did not run: {errors[-1]}")
        if status < 0:
            raise WorkerLostError(f"the runtime was killed by signal {-status}")
        if self._stopped or 128 < status <= 128 + signal.NSIG:
            run.signal = status - 128 if status > 128 else signal.SIGKILL
        else:
            run.exit_code = status


def _errors(log: Path) -> list[str]:
    """Messages of the runtime's own log that tell of a failure; no script can write there."""
    messages = []
    for line in log.read_text(errors="replace").splitlines() if log.exists() else ():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if entry.get("level") in {"error", "fatal", "panic"}:
            messages.append(str(entry.get("msg", "")))
    return messages
