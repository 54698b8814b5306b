"""`make setup ROLE=...` by what make would do and, with nothing to install, by what it does to the stamps."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from source_files import ROOT

LOCK = re.compile(r"-r requirements/(\w+)\.lock")


@pytest.fixture
def a_python(tmp_path: Path) -> Path:
    """Stands in for the interpreter that makes the environment: `a_python -m venv FOLDER`."""
    path = tmp_path / "python"
    path.write_text('#!/bin/sh\nmkdir -p "$3/bin"\ncp "$0" "$3/bin/python"\n')
    path.chmod(0o755)
    return path


def made(*arguments: str, status: int = 0) -> str:
    # A make that runs these tests hands its own flags down.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize(("role", "told"), [("cpu", []), ("cpu", ["ROLE=cpu"]), ("gpu", ["ROLE=gpu"])])
def test_a_role_installs_torch_first_and_alone_then_its_own_lock_and_what_scripts_may_import(
    role: str, told: list[str], tmp_path: Path
) -> None:
    steps = made("-n", "setup", f"VENV={tmp_path}/venv", "TORCH_ARGS=--index-url there", *told).splitlines()
    installs = [step for step in steps if " pip install" in step]
    assert re.search(r"torch==\S+ --index-url there$", installs[0])
    assert "-r" not in installs[0].split()
    assert [LOCK.findall(step) for step in installs[1:]] == [[role], ["guest"]]
    assert all("--no-deps" in step for step in installs[1:])


def test_a_run_with_a_role_sets_that_role_up_before_it_runs(tmp_path: Path) -> None:
    steps = made("-n", "run", f"VENV={tmp_path}/venv", "ROLE=gpu", "CONFIG=one_gpu").splitlines()
    assert LOCK.findall("\n".join(steps)) == ["gpu", "guest"]
    assert steps[-1].split() == [f"{tmp_path}/venv/bin/python", "-m", "driver", "run", "one_gpu"]


def test_another_role_than_the_two_is_refused_with_their_names() -> None:
    assert "ROLE=tpu is none: cpu, or gpu" in made("-n", "setup", "ROLE=tpu", status=2)


def test_changing_the_role_makes_the_environment_anew_and_keeping_it_does_nothing(
    a_python: Path, tmp_path: Path
) -> None:
    venv = tmp_path / "venv"
    words = [f"VENV={venv}", f"PYTHON={a_python}", "PIP=:", "setup"]

    def stamps() -> list[str]:
        return sorted(path.name for path in venv.glob(".installed*"))

    assert "for ROLE=cpu" in made(*words)
    (venv / "of-the-cpu").touch()
    assert "setting up" not in made(*words)
    assert (stamps(), (venv / "of-the-cpu").exists()) == ([".installed"], True)
    assert "for ROLE=gpu" in made(*words, "ROLE=gpu")
    assert (stamps(), (venv / "of-the-cpu").exists()) == ([".installed-gpu"], False)
    assert "setting up" not in made(*words, "ROLE=gpu")
    assert "for ROLE=cpu" in made(*words)
    assert stamps() == [".installed"]


def test_a_set_up_that_failed_half_way_is_done_again_and_another_role_begins_anew(
    a_python: Path, tmp_path: Path
) -> None:
    venv = tmp_path / "venv"
    words = [f"VENV={venv}", f"PYTHON={a_python}", "setup"]
    made(*words, "PIP=false", status=2)
    (venv / "half-of-torch").touch()
    assert "for ROLE=cpu" in made(*words, "PIP=:")
    assert (venv / "half-of-torch").exists()
    made(*words, "PIP=false", "ROLE=gpu", status=2)
    (venv / "half-of-torch").touch()
    made(*words, "PIP=:")
    assert not (venv / "half-of-torch").exists()
