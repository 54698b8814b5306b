import os
import re
import subprocess
import sys

import pytest
from source_files import ROOT

from actors.errors import EngineError
from driver.__main__ import _first_of, _is_ours, main
from driver.errors import ConfigError


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["run", "--nonsense"],
        ["view"],
        ["view", "x", "--count", "two"],
        ["view", "x", "--port", "p"],
    ],
)
def test_wrong_usage_has_exit_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m driver" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["run", "smoke", "rollout.group_sise=4"],
            "unknown key rollout.group_sise, did you mean rollout.group_size?",
        ),
        (["run", "rollout.group_sise=4"], "config laptop: unknown key rollout.group_sise"),
        (["train", "no-such-config"], "no config file no-such-config and no preset of that name"),
        (["tasks", "set", "smoke", "--show", "x/y/0"], "no task x/y/0 in this task set"),
        (["tasks", "set", "smoke", "tasks.families=[nope]"], "preset 'smoke' has no families ['nope']"),
        (["tasks", "set", "smoke", "tasks.train_per_family=1000"], "has only 200 distinct questions"),
        (["view", "/no/such/run"], "no run folder /no/such/run"),
        (["view", "/no/such/run", "--count", "3"], "no rollout file"),
        (["view", "/no/such/run", "--static", "/no/such/page.html"], "no run folder /no/such/run"),
        (
            [
                "run",
                "smoke",
                "folder=/dev/null/run",
                "reward.own=no_such:term",
                "placement.min_memory_gib=0.1",
            ],
            "RewardError: no reward term at reward.own=no_such:term (ModuleNotFoundError",
        ),
        (["report", "/no/such/run"], "no run folder /no/such/run"),
        (["status", "/no/such/run"], "/no/such/run holds no run (no config.yaml)"),
    ],
)
def test_what_the_user_can_mend_is_one_paragraph_and_exit_status_1(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    told = capsys.readouterr().err.strip()
    assert words in told
    assert "Traceback" not in told
    assert "\n\n" not in told


def test_the_command_line_itself_gives_status_and_paragraph_without_a_traceback() -> None:
    command = [sys.executable, "-m", "driver", "run", "smoke", "modell=x"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "\nConfigError: config smoke: unknown key modell, did you mean model?\n"


def test_a_traceback_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("R1CI_TRACEBACK", "1")
    with pytest.raises(ConfigError):
        main(["run", "smoke", "modell=x"])


def test_tasks_are_listed_and_one_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["tasks.sft_per_family=1", "tasks.train_per_family=1", "tasks.test_per_family=0"]
    assert main(["tasks", "set", "smoke", *sizes]) == 0
    assert "4 tasks" in capsys.readouterr().out
    assert main(["tasks", "set", "smoke", *sizes, "--show", "reasoning_gym/products/00000"]) == 0
    assert '"family": "products"' in capsys.readouterr().out


def test_of_failures_side_by_side_the_first_is_told() -> None:
    group = ExceptionGroup(
        "unhandled errors in a TaskGroup", [ExceptionGroup("", [EngineError("a")]), EngineError("b")]
    )
    assert _is_ours(group)
    assert str(_first_of(group)) == "a"
    assert not _is_ours(ExceptionGroup("", [EngineError("a"), KeyError("b")]))


def test_help_names_every_command() -> None:
    environment = {**os.environ, "COLUMNS": "200"}
    command = [sys.executable, "-m", "driver", "--help"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    told = set(re.findall(r"^ {4}(\w+)", done.stdout, re.MULTILINE))
    phases = {"synthesize", "sft", "potential", "train", "evaluate"}
    assert told == phases | {"doctor", "tasks", "config", "run", "report", "view", "status", "reverify"}
