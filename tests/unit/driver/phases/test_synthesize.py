import json
from pathlib import Path
from typing import NoReturn

import pytest

from curriculum.task import Task
from curriculum.tasks.sets.parquet import freeze
from driver.config_loading import load_config
from driver.errors import RunAbortedError
from driver.models import resolve_model
from driver.outputs.metrics import MetricsLog
from driver.outputs.progress import Progress
from driver.outputs.run_folder import RunFolder
from driver.outputs.trace_file import Trace, read_traces
from driver.phases import synthesize
from driver.phases.sft import laid_out_traces
from driver.session import Session

SCRIPT = "```python\nprint(2 * 3)\n```\n"
SHOWN = "Code Execution Results:\n6"


def _task(question: str, split: str) -> Task:
    return Task(
        task_id=f"s/f/{question}",
        family="f",
        source="s",
        split=split,
        question=question,
        checker="exact",
        payload="{}",
    )


def _session(folder: Path, *questions: str) -> Session:
    """A run with traces of its own about `questions`, in the chat form, and a test task about 4 * 5."""
    rows = [
        {
            "messages": [
                {"role": "user", "content": question},
                {"role": "assistant", "content": SCRIPT},
                {"role": "user", "content": SHOWN},
                {"role": "assistant", "content": "<<<6>>>"},
            ]
        }
        for question in questions
    ]
    file = folder / "mine.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))

    def no_cluster() -> NoReturn:
        raise AssertionError("traces of one's own need no actors")

    run = RunFolder(folder / "run")
    run.root.mkdir()
    freeze([_task("2 * 3?", "sft"), _task("4 * 5?", "test"), _task("6 * 7?", "held_out")], run.tasks)
    config = load_config("smoke", [f"synthesis.file={file}"])
    metrics = MetricsLog(run.root, "test")
    return Session(config, run, resolve_model("tiny-random-llama"), metrics, Progress(), no_cluster)


async def test_chats_become_the_traces_that_are_trained_on(tmp_path: Path) -> None:
    session = _session(tmp_path, "2 * 3?", "3 * 2?")
    assert not synthesize.is_done(session)
    await synthesize.run(session)
    assert synthesize.is_done(session)
    assert read_traces(session.folder.traces)[1] == Trace(
        trace_id="line-2", question="3 * 2?", turns=((SCRIPT, SHOWN), ("<<<6>>>", None))
    )
    for rollout in laid_out_traces(session):
        assert [s.source for s in rollout.segments] == ["prompt", "model", "environment", "model"]
        assert [s.text for s in rollout.segments[1:]] == [SCRIPT, SHOWN, "<<<6>>>"]


@pytest.mark.parametrize(("question", "split"), [("4 * 5?", "test"), ("6 * 7?", "held_out")])
async def test_a_question_that_is_evaluated_on_is_not_learned(
    tmp_path: Path, question: str, split: str
) -> None:
    session = _session(tmp_path, "2 * 3?", question)
    with pytest.raises(RunAbortedError, match=rf"line 2: its question is .* a task of split {split}"):
        await synthesize.run(session)
    assert not synthesize.is_done(session)
