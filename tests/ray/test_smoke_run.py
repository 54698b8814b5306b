"""The whole loop on real parts (vLLM, DeepSpeed, sandbox, Ray) with the tiny model: stopped, resumed, finished."""

import json
import signal

import driver_process as support
import pyarrow.parquet as pq
import pytest

pytestmark = [pytest.mark.ray, pytest.mark.engine]


def lines(folder):
    path = folder / "metrics.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


@pytest.mark.timeout(900)
def test_run_that_is_stopped_leaves_no_process_and_then_goes_on_to_the_end(tmp_path, mark):
    folder, log = tmp_path / "run", tmp_path / "log"
    arguments = ("run", "smoke", f"folder={folder}", "curriculum.steps_per_stage=[2, 2]")

    driver = support.started_driver(mark, *arguments, log=log)
    support.wait_until(
        lambda: any(line["phase"] == "sft" for line in lines(folder)) or driver.poll() is not None,
        300,
        f"first SFT step; log: {log.read_text()[-2000:]}",
    )
    driver.send_signal(signal.SIGINT)
    assert driver.wait(150) == 130, log.read_text()[-3000:]
    assert support.left_after(mark) == []
    assert not (folder / "evaluation.json").exists()
    sft_before = [line for line in lines(folder) if line["phase"] == "sft"]

    driver = support.started_driver(mark, *arguments, log=log)
    assert driver.wait(500) == 0, log.read_text()[-3000:]
    assert support.left_after(mark) == []

    all_lines = lines(folder)
    steps = [line["step"] for line in all_lines if line["phase"] == "sft"]
    assert steps == list(range(1, len(steps) + 1)), "an SFT step was done twice or left out"
    assert [line for line in all_lines if line["phase"] == "sft"][: len(sft_before)] == sft_before
    train = [line for line in all_lines if line["phase"] == "train"]
    assert [line["step"] for line in train] == [1, 2, 3, 4]
    for line in train:
        values = line["values"]
        dropped = sum(v for k, v in values.items() if k.startswith("dropped/"))
        assert values["generated"] == values["trained"] + dropped + values["buffered"]
        assert values["staleness_max"] <= 1
    summary = json.loads((folder / "summary.json").read_text())
    for policy in ("base", "sft", "grpo"):
        assert set(summary["accuracy"][policy]) >= {"mean", "low", "high", "n"}
        assert summary["accuracy"][policy]["n"] == 24
    assert all(summary["wall_s"][k] > 0 for k in ("setup", "sft", "potential", "grpo", "evaluate", "total"))
    assert "<html" in (folder / "report.html").read_text()

    rows = [r for file in folder.glob("rollouts/train-*.parquet") for r in pq.read_table(file).to_pylist()]
    assert len(rows) == train[-1]["values"]["trained"]

    again = support.started_driver(mark, *arguments, log=log)
    assert again.wait(150) == 0, "a finished run must only write its report again"
    assert lines(folder) == all_lines


# Slow: the test above stops and resumes a whole run, and the loop's own tests resume it from every step.
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_run_stopped_in_training_is_resumed_at_the_checkpointed_step(tmp_path, mark):
    folder, log = tmp_path / "run", tmp_path / "log"
    arguments = ("train", "smoke", f"folder={folder}", "curriculum.steps_per_stage=[40, 40]")
    arguments += ("tasks.sft_per_family=8", "learner.sft.epochs=1", "tasks.train_per_family=4")

    def train_steps():
        return [line["step"] for line in lines(folder) if line["phase"] == "train"]

    driver = support.started_driver(mark, *arguments, log=log)
    support.wait_until(
        lambda: len(train_steps()) >= 2 or driver.poll() is not None,
        150,
        f"two steps; {log.read_text()[-2000:]}",
    )
    driver.send_signal(signal.SIGTERM)
    assert driver.wait(150) == 130, log.read_text()[-3000:]
    assert support.left_after(mark) == []
    done = train_steps()
    assert 2 <= len(done) < 80

    driver = support.started_driver(mark, *arguments, log=log)
    support.wait_until(
        lambda: len(train_steps()) > len(done) or driver.poll() is not None,
        150,
        f"more; {log.read_text()[-2000:]}",
    )
    driver.send_signal(signal.SIGTERM)
    driver.wait(150)
    assert train_steps() == list(range(1, len(train_steps()) + 1)), "a step was repeated or lost"
