"""docs/own-task.md, followed to the letter: its files are written, its commands run; only training is left out."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from source_files import ROOT

from curriculum.tasks.checkers import CHECKERS
from curriculum.tasks.payloads import decode_payload
from curriculum.tasks.sets.parquet import load
from driver.config_loading import load_config

DOCUMENT = (ROOT / "docs" / "own-task.md").read_text(encoding="utf-8")
FILES = {
    name: text
    for name, _, text in re.findall(
        r"`([\w.]+)`:\n\n(`{3,4})(?:python|json)\n(.*?)\n\2\n", DOCUMENT, re.DOTALL
    )
}
COMMANDS = [
    line for block in re.findall(r"```bash\n(.*?)```", DOCUMENT, re.DOTALL) for line in block.splitlines()
]
STARTS_TRAINING = ("python -m driver run",)
TIMED = """
import asyncio
from actors.rewards.timed_check import TimedChecker
from curriculum.tasks.payloads import decode_payload
from curriculum.tasks.sets.parquet import load

async def main():
    checker = TimedChecker(10.0)
    task = load("change.parquet")[0]
    right = decode_payload(task.payload)["answer"]
    print([await checker.is_correct(task, text) for text in (right, right + "0", "junk", None)])
    print(checker.num_timeouts, checker.num_crashes)
    checker.close()

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("own")
    for name, text in FILES.items():
        (found / name).write_text(text + "\n", encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def printed(folder: Path) -> dict[str, str]:
    """What each command prints, in the document's order."""
    return {
        command: run(["bash", "-c", command], folder)
        for command in COMMANDS
        if not command.startswith(STARTS_TRAINING)
    }


def run(command: list[str], folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": path, "COLUMNS": "120"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def only(printed: dict[str, str], *words: str) -> str:
    (found,) = [text for command, text in printed.items() if all(word in command for word in words)]
    return found


def table_rows(text: str) -> dict[str, list[int]]:
    """Counts per family in the table that `tasks set` prints."""
    rows = re.findall(r"^\W+(\w+)\W+\w+\W+(\d+)\W+(\d+)\W+(\d+)\W+(\d+)\W*$", text, re.MULTILINE)
    return {name: [int(count) for count in counts] for name, *counts in rows}


def test_the_document_has_the_files_and_commands_it_speaks_of() -> None:
    assert list(FILES) == ["my_tasks.py", "try_change.py", "capitals.jsonl", "make_traces.py"]
    assert len(COMMANDS) == 8
    assert DOCUMENT.isascii()


def test_the_class_makes_tasks_in_order(printed: dict[str, str]) -> None:
    assert only(printed, "try_change.py") == "176 tasks are in order\n"
    counts = table_rows(only(printed, "own_held_out_families"))
    assert counts == {"change": [16, 24, 32, 0], "letters_at_both_ends": [0, 0, 0, 24]}
    shown = json.loads(only(printed, "--show"))
    assert shown["checker"] == "my_tasks:Change"
    assert "<<<number>>>" in shown["question"]


def test_the_file_makes_tasks(printed: dict[str, str]) -> None:
    counts = table_rows(only(printed, "tasks.file=capitals.jsonl"))
    assert counts == {"capitals": [1, 1, 1, 0], "halves": [0, 0, 0, 1]}


def test_the_frozen_set_is_the_set(printed: dict[str, str], folder: Path) -> None:
    frozen = only(printed, "tasks freeze")
    (content,) = re.findall("[0-9a-f]{64}", frozen)
    assert content in only(printed, "tasks.file=change.parquet")
    assert load(folder / "change.parquet").content_hash == content


def test_a_timed_checker_finds_the_class_in_its_own_process(printed: dict[str, str], folder: Path) -> None:
    (folder / "timed.py").write_text(TIMED)
    assert printed
    for command in (["python", "timed.py"], ["python", "-c", TIMED], ["python", "-m", "timed"]):
        assert run(command, folder) == "[True, False, False, False]\n0 0\n", command


def test_the_traces_are_whole_and_end_right(printed: dict[str, str], folder: Path) -> None:
    assert printed
    rows = [json.loads(line) for line in (folder / "traces.jsonl").read_text().splitlines()]
    tasks = {task.task_id: task for task in load(folder / "change.parquet").split("sft")}
    assert {row["trace_id"] for row in rows} == tasks.keys()
    assert len(tasks) == 8
    for row in rows:
        (turn, observation), (final, nothing) = row["turns"]
        answer = decode_payload(tasks[row["trace_id"]].payload)["answer"]
        assert row.keys() == {"trace_id", "question", "turns"}
        assert "```python" in turn
        assert answer in observation
        assert (final, nothing) == (f"<<<{answer}>>>", None)


def test_the_training_command_has_a_config_that_loads() -> None:
    (command,) = [command for command in COMMANDS if command.startswith(STARTS_TRAINING)]
    preset, *overrides = shlex.split(command)[4:]
    config = load_config(preset, overrides)
    assert (config.tasks.file, config.synthesis.file) == ("change.parquet", "traces.jsonl")


def test_every_built_in_checker_is_in_the_table() -> None:
    lines = DOCUMENT.partition("| checker |")[2].partition("\n\n")[0].splitlines()[2:]
    named = {name for line in lines for name in re.findall(r"`([\w/:]+)`", line.split("|")[1])}
    assert named == {*CHECKERS, "symbench/NAME", "module:Class"}


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("number", "3.5"),
        ("integers", "[1, 2]"),
        ("grid", "1 2\n3 4"),
        ("words", "red green"),
        ("option", "(B)"),
        ("yes_no", "no"),
        ("boolean", "True"),
        ("validity", "invalid"),
        ("moves", "UDLR"),
        ("formula", "x + 1"),
    ],
)
def test_what_stands_around_an_answer_matters_to_few(name: str, answer: str) -> None:
    payload = {"answer": answer, "options": {"A": "one", "B": "two"}}
    for form in ("{}", " {} ", "`{}`", "${}$", '"{}"', "{}."):
        assert CHECKERS[name](payload, form.format(answer)), form
    for other in ("exact", "brackets"):
        assert not CHECKERS[other](payload, f"${answer}$")
