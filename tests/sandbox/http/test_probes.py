"""What SandboxFusion's server gets wrong in its default setting, one claim each, against ours."""

import contextlib
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil

RunCode = Callable[..., dict[str, Any]]


def commands_of(server: Any) -> list[str]:
    commands = []
    for process in server.family():
        with contextlib.suppress(psutil.NoSuchProcess):
            commands.append(" ".join(process.cmdline()))
    return commands


def test_300_kb_of_output_are_cut_and_the_cut_is_told(run_code: RunCode) -> None:
    answer = run_code("import sys; sys.stdout.write('x' * 300_000)")
    assert answer["status"] == "Success"
    assert answer["x"]["stdout_truncated"]
    assert answer["x"]["stdout_bytes"] == 300_000
    assert "bytes cut" in answer["run_result"]["stdout"]


def test_2_mb_of_output_are_no_deadlock(run_code: RunCode) -> None:
    answer = run_code("print('x' * 2_000_000)", run_timeout=10)
    assert answer["run_result"]["status"] == "Finished"
    assert answer["run_result"]["execution_time"] < 5
    assert answer["x"]["stdout_bytes"] == 2_000_001


def test_one_bad_byte_spoils_nothing_but_itself(run_code: RunCode) -> None:
    answer = run_code(r"import sys; sys.stdout.buffer.write(b'good\xffgood')")
    assert answer["run_result"]["stdout"] == "good\ufffdgood"


def test_numpy_and_threads_work_under_a_memory_limit(run_code: RunCode) -> None:
    code = (
        "import threading, numpy\n"
        "threads = [threading.Thread(target=lambda: print(numpy.ones(3).sum())) for _ in range(4)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]"
    )
    answer = run_code(code, memory_limit_MB=1024)
    assert answer["run_result"]["stdout"] == "3.0\n" * 4
    assert answer["status"] == "Success"


def test_the_environment_of_the_server_is_not_visible(run_code: RunCode, server: Any) -> None:
    server_pid = server.process.pid
    code = (
        "import glob, os\nprint(dict(os.environ))\n"
        f"for path in [*glob.glob('/proc/*/environ'), '/proc/{server_pid}/environ']:\n"
        "    try: print(open(path, 'rb').read())\n"
        "    except OSError as error: print(error)"
    )
    stdout = run_code(code)["run_result"]["stdout"]
    assert "PATH" in stdout
    assert "R1CI_TEST_SECRET" not in stdout
    assert "open-sesame" not in stdout


def test_nothing_is_written_outside_of_the_scratch_folder(run_code: RunCode, tmp_path: Path) -> None:
    for target in (tmp_path / "x", Path("/tmp/r1ci-probe"), Path("/etc/r1ci-probe")):
        run_code(f"open({str(target)!r}, 'w').write('x')")
        assert not target.exists()


def test_files_do_not_land_above_the_scratch_folder(http: httpx.Client) -> None:
    fields = {"code": "print(1)", "language": "python", "files": {"../../tmp/r1ci-probe": "eA=="}}
    assert http.post("/run_code", json=fields).status_code == 422
    assert not Path("/tmp/r1ci-probe").exists()


def test_a_file_of_the_machine_is_not_fetched(http: httpx.Client, run_code: RunCode) -> None:
    fields = {"code": "print(1)", "language": "python", "fetch_files": ["/etc/hostname"]}
    assert http.post("/run_code", json=fields).status_code == 422
    answer = run_code("import os; os.symlink('/etc/hostname', 'name')", fetch_files=["name"])
    assert answer["files"] == {}


def test_a_daemon_does_not_outlive_its_request(run_code: RunCode, server: Any) -> None:
    mark = uuid.uuid4().hex
    daemon = f"print('daemon runs', flush=True); import time; time.sleep(300)  # {mark}"
    code = (
        "import os, sys, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        f"    if os.fork() == 0: os.execv(sys.executable, ['python', '-c', {daemon!r}])\n"
        "    os._exit(0)\n"
        "time.sleep(1)"
    )
    answer = run_code(code)
    assert answer["run_result"]["stdout"] == "daemon runs\n"
    assert answer["run_result"]["execution_time"] < 20
    assert [command for command in commands_of(server) if mark in command] == []


def test_the_server_cannot_be_reached_from_inside(run_code: RunCode, server: Any) -> None:
    port = urlsplit(server.url).port
    code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2); print('reached')"
    answer = run_code(code)
    assert answer["status"] == "Failed"
    assert "reached" not in answer["run_result"]["stdout"]


def test_the_server_cannot_be_killed_from_inside(run_code: RunCode, server: Any) -> None:
    pid = server.process.pid
    # Number 1 is this machine's own first process: never let a mistake of ours aim at it.
    assert pid > 1
    assert pid != os.getpid()
    run_code(f"import os; os.kill({pid}, 0); os.kill({pid}, 9)")
    assert server.process.poll() is None
    assert run_code("print('alive')")["run_result"]["stdout"] == "alive\n"


def test_a_script_that_leaves_early_is_told_by_its_missing_files_only(run_code: RunCode) -> None:
    """As documented: an early end with status 0 cannot be told from a good end by what the kernel says."""
    assert run_code("import os; print('x', flush=True); os._exit(0)")["status"] == "Success"


def test_the_next_request_finds_a_clean_worker(run_code: RunCode) -> None:
    for _ in range(4):
        run_code("import builtins, os; builtins.print = None; open('left', 'w').write('x')")
    assert run_code("import os; print(os.listdir())")["run_result"]["stdout"] == "[]\n"


def test_the_names_of_our_folders_hide_no_module_of_pythons(run_code: RunCode) -> None:
    code = "import http.client, http.server; print(http.HTTPStatus.OK.value)"
    assert run_code(code)["run_result"]["stdout"] == "200\n"
