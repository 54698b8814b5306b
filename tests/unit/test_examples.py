"""The examples run as they stand, and give what their texts say. What trains is only read, not run."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from source_files import ROOT
from transformers import AutoTokenizer

from actors.episodes.transcript import Transcriber
from actors.reward_scorer import RewardScorer
from actors.rewards.config import RewardConfig
from curriculum.tasks.payloads import decode_payload
from curriculum.tasks.sets.build import build_task_set
from driver.config_loading import load_config
from driver.models import resolve_model
from driver.phases.traces.own_traces import own_traces
from examples.own_family import Multiples
from examples.own_reward import clean_scripts
from tests.unit.actors.rollout_cases import ANSWER_TURN, SCRIPT_TURN, group, rollout, task

FILES = sorted((ROOT / "examples").glob("*.py"))
TEXTS = [path.read_text(encoding="utf-8") for path in [*FILES, ROOT / "examples" / "README.md"]]


def _run(module: str, *arguments: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _commands(text: str) -> list[list[str]]:
    """Commands in a text, each over as many lines as end in a backslash."""
    joined = re.sub(r" \\\n\s+", " ", text)
    return [shlex.split(line) for line in re.findall(r"^    (python -m .+)$", joined, re.MULTILINE)]


def test_the_table_names_every_example() -> None:
    readme = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\]\((\w+\.py)\)", readme)) == [path.name for path in FILES]


def test_every_training_command_in_the_examples_has_a_config_that_loads() -> None:
    commands = [command for text in TEXTS for command in _commands(text) if "driver" in command]
    assert len(commands) == 4
    for command in commands:
        assert command[:4] == ["python", "-m", "driver", "run"]
        load_config(command[4], command[5:])


def test_the_sandbox_alone_says_how_three_scripts_ended(tmp_path: Path) -> None:
    told = _run("examples.sandbox_alone", folder=tmp_path)
    assert told == "prints ok '42\\n'\ncrashes error ''\nloops timeout ''\n"


def test_the_sandbox_alone_has_at_most_twenty_lines_of_code() -> None:
    text = (ROOT / "examples" / "sandbox_alone.py").read_text(encoding="utf-8")
    code = [line for line in text.splitlines() if line.strip() and not line.strip().startswith('"""')]
    assert len(code) <= 20


def test_the_family_shows_a_question_of_each_level_and_judges_answers(tmp_path: Path) -> None:
    told = _run("examples.own_family", folder=tmp_path)
    verdicts = re.findall(r"\{'(\d+)': True, '0': False, 'about 12': False, '': False\}", told)
    assert len(verdicts) == len(Multiples.levels) == 3


def test_the_family_counts_as_a_reader_would() -> None:
    # Below 13: 2 4 6 8 10 12 and 3 9.
    facts = {"limit": 13, "divisors": [2, 3], "answer": "8"}
    assert Multiples().is_right(facts, " 8. ")
    assert not Multiples().is_right(facts, "10")


def test_the_traces_are_those_of_the_tasks_that_the_run_trains_on(tmp_path: Path) -> None:
    told = _run("examples.own_traces", "traces.jsonl", folder=tmp_path)
    assert told == "16 of 16 traces ended in a right answer: traces.jsonl\n"
    rows = [json.loads(line) for line in (tmp_path / "traces.jsonl").read_text().splitlines()]
    readme = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    (command,) = [command for command in _commands(readme) if "driver" in command]
    config = load_config(command[4], command[5:])
    tasks = build_task_set(config.tasks)
    questions = {held.question: held for held in tasks if held.split == "sft"}
    assert {row["question"] for row in rows} == questions.keys()
    # The run itself takes every line, none of them a question that it holds back.
    tokenizer = AutoTokenizer.from_pretrained(str(resolve_model("tiny-random-llama")))
    transcriber = Transcriber(tokenizer, config.rollout.instructions)
    held_back = {held.question: held.task_id for held in tasks if held.split in ("test", "held_out")}
    file = tmp_path / "traces.jsonl"
    taken = own_traces(file, transcriber=transcriber, limits=config.rollout, held_back=held_back)
    assert [trace.trace_id for trace in taken] == [row["trace_id"] for row in rows]
    for row in rows:
        (turn, shown), (final, nothing) = row["turns"]
        answer = decode_payload(questions[row["question"]].payload)["answer"]
        assert "```python\n" in turn
        assert (final, nothing) == (f"There are <<<{answer}>>>.", None)
        assert str(answer) in shown


@pytest.mark.parametrize(
    ("terminations", "is_correct", "term"),
    [
        (["ok"], True, 0.2),
        (["error", "ok"], True, 0.1),  # 0.2 * 1 / 2
        (["error"], True, 0.0),
        (["ok"], False, 0.0),
        ([], True, 0.0),
    ],
)
def test_the_reward_term_is_that_worked_out_by_hand(
    terminations: list[str], is_correct: bool, term: float
) -> None:
    turns = [SCRIPT_TURN] * len(terminations) + [ANSWER_TURN]
    assert clean_scripts(rollout(turns, terminations=terminations), is_correct) == pytest.approx(term)


async def test_the_scorer_pays_the_reward_term_in_a_mixed_group() -> None:
    scorer = RewardScorer(
        RewardConfig(shaping="mixed_groups", format=0, own="examples.own_reward:clean_scripts")
    )
    six = task(checker="exact", payload='{"answer": "6"}')
    held = group(rollout([SCRIPT_TURN, ANSWER_TURN]), rollout(["<<<7>>>"]), of=six)
    try:
        scored, _ = await scorer.score(held)
    finally:
        scorer.close()
    assert [score.reward for score in scored.scores] == [1.2, 0.0]
    assert scored.scores[0].breakdown["own"] == 0.2
