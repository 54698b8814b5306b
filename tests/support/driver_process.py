"""Runs the driver as a user would, in a process of its own, and finds what it leaves behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
from source_files import ROOT

MARK = "R1CI_TEST_MARK"


def marked_environment(mark: str, **extra: str) -> dict[str, str]:
    """An environment whose processes can be recognised by `mark`."""
    return {**os.environ, MARK: mark, "PYTHONUNBUFFERED": "1", **extra}


def started_driver(mark: str, *arguments: str, log: Path, **extra: str) -> subprocess.Popen:
    """`python -m driver ...` in the checkout, output to `log`."""
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "driver", *arguments],
            cwd=ROOT,
            env=marked_environment(mark, **extra),
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def marked_processes(mark: str) -> list[psutil.Process]:
    """Live processes that inherited `mark`."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark:
                found.append(process)
        except psutil.Error:
            continue
    return found


def end_marked(mark: str) -> None:
    """Kill whatever inherited `mark`: for clean-up after a failed test."""
    for process in marked_processes(mark):
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.Error:
            continue


def wait_until(condition, timeout_s: float, what: str) -> None:
    """Poll `condition`; fails with `what` after the limit."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        time.sleep(0.2)


def left_after(mark: str, grace_s: float = 15.0) -> list[str]:
    """Command lines of marked processes that are still there after a grace period."""
    deadline = time.monotonic() + grace_s
    while (processes := marked_processes(mark)) and time.monotonic() < deadline:
        time.sleep(0.5)
    names = []
    for process in processes:
        try:
            names.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return names
