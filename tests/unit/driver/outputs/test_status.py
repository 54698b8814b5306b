"""How a run stands, from folders at every point of a run."""

import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from driver.commands.status import headline, print_status, sentences
from driver.errors import RunFolderError
from driver.outputs.metrics import MetricsLog
from driver.outputs.status import read_status


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run that has its tasks and 10 traces: 3 epochs of batches of 4 are 9 steps of SFT, then 2 + 3 of GRPO."""
    (tmp_path / "config.yaml").write_text(
        "name: mine\ncurriculum: {thresholds: [0.5, 0.0], grouping: equal, steps_per_stage: [2, 3]}\n"
        "learner: {sft: {epochs: 3, batch_size: 4}}\nevaluation: {policies: [sft, grpo]}\n"
    )
    splits = ["train"] * 6 + ["test"] * 2 + ["held_out"] * 3
    pq.write_table(pa.table({"split": splits}), tmp_path / "tasks.parquet")
    pq.write_table(pa.table({"trace": list(range(10))}), tmp_path / "traces.parquet")
    return tmp_path


def _saved(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")


def _logged(folder: Path, phase: str, rows: list[dict[str, float]], times: list[float] | None = None) -> None:
    with MetricsLog(folder, "mine") as log:
        for step, row in enumerate(rows, 1):
            log.log(phase, step, row)  # type: ignore[arg-type]
    if times is not None:
        path = folder / "metrics.jsonl"
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        for line, time in zip(lines, times, strict=True):
            line["time"] = time
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_a_folder_without_a_run_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="holds no run"):
        read_status(tmp_path / "nowhere")


def test_before_the_first_number_a_run_has_a_phase_and_no_more(folder: Path) -> None:
    status = read_status(folder)
    assert (status.run, status.phase, status.step, status.steps) == ("mine", "sft", 0, 9)
    assert (status.left_s, status.accounting, status.numbers, status.stage) == (None, None, {}, None)
    assert sentences(status) == []


def test_time_left_goes_by_the_median_pause_between_steps(folder: Path) -> None:
    # Pauses of 10, 10, 500 (a restart) and 12 seconds: 4 steps are left at 11 seconds each.
    _logged(folder, "sft", [{"loss": 2.0}] * 5, [100.0, 110.0, 120.0, 620.0, 632.0])
    status = read_status(folder, now=640.0)
    assert (status.step, status.steps, status.quiet_s) == (5, 9, 8.0)
    assert status.left_s == 4 * 11.0
    assert headline(status) == "mine: sft, step 5 of 9, about 44.0 s left in this phase, last wrote 8.0 s ago"


def test_a_line_that_is_being_written_does_no_harm(folder: Path) -> None:
    _logged(folder, "sft", [{"loss": 2.0}, {"loss": 1.0}])
    with (folder / "metrics.jsonl").open("a") as file:
        file.write('{"phase": "sft", "step": 3, "ti')
    status = read_status(folder)
    assert (status.step, status.numbers["loss"].last, status.numbers["loss"].mean) == (2, 1.0, 1.5)


@pytest.mark.parametrize(
    ("done", "partial", "phase", "steps"),
    [
        # 6 training tasks, one agent.
        (["checkpoints/sft/config.json"], "potential.partial.jsonl", "potential", 6),
        # 2 + 3 items, two policies.
        (
            ["checkpoints/sft/config.json", "potential.json", "checkpoints/final/config.json"],
            "evaluation.partial.jsonl",
            "evaluate",
            10,
        ),
    ],
)
def test_answers_are_counted_where_a_phase_has_no_steps(
    folder: Path, done: list[str], partial: str, phase: str, steps: int
) -> None:
    _saved(folder, *done)
    rows = [{"task_id": "a/b/1", "correct": 1.0}, {"task_id": "a/b/2", "correct": 0.0}, {"wall_s": 3.0}]
    (folder / partial).write_text("".join(json.dumps(row) + "\n" for row in rows))
    status = read_status(folder)
    assert (status.phase, status.step, status.steps, status.left_s) == (phase, 2, steps, None)
    assert headline(status).startswith(f"mine: {phase}, answers 2 of {steps}")


def test_a_run_whose_outputs_are_all_there_is_finished(folder: Path) -> None:
    done = [
        "checkpoints/sft/config.json",
        "potential.json",
        "checkpoints/final/config.json",
        "evaluation.json",
    ]
    _saved(folder, *done)
    assert read_status(folder).phase == "finished"
    assert headline(read_status(folder)) == "mine: finished"


def test_a_model_that_is_evaluated_alone_has_no_phase_of_training(folder: Path) -> None:
    (folder / "config.yaml").write_text("name: mine\nevaluation: {alone: true, policies: [base]}\n")
    assert (read_status(folder).phase, read_status(folder).steps) == ("evaluate", 5)


def test_numbers_of_grpo_are_told_by_the_last_step_and_the_last_ten_that_have_them(folder: Path) -> None:
    _saved(folder, "checkpoints/sft/config.json", "potential.json")
    rows = [{"success_rate": 0.1 * n, "learner_share": 0.5, "stage": 1.0} for n in range(12)]
    rows.append({"stage": 2.0})
    _logged(folder, "train", rows)
    status = read_status(folder)
    assert status.numbers["success_rate"].last == pytest.approx(1.1)
    # Steps 3 to 12: 0.2 to 1.1.
    assert status.numbers["success_rate"].mean == pytest.approx(0.65)
    assert (status.busy["learner"].mean, status.stage, status.step, status.steps) == (0.5, 2, 13, 5)


ROW = {
    "executions/ok": 8.0,
    "executions/timeout": 2.0,
    "generated": 20.0,
    "trained": 12.0,
    "buffered": 4.0,
    "dropped/no_signal": 3.0,
    "dropped/not_finite": 1.0,
    "failures/sandbox": 2.0,
    "failures/rollout": 0.0,
    "rollout/workers_lost": 1.0,
    "memory_mib": 900.0,
}


def test_shares_are_printed_in_per_cent_and_other_numbers_as_they_are(folder: Path) -> None:
    _logged(folder, "train", [{"success_rate": 0.25, "tokens_per_s": 61.25, "rollout_share": 0.5}])
    text = io.StringIO()
    print_status(str(folder), as_json=False, console=Console(file=text, width=120))
    rows = [line.split() for line in text.getvalue().splitlines()]
    assert ["success_rate", "25.0%", "25.0%"] in rows
    assert ["tokens_per_s", "61.25", "61.25"] in rows
    assert ["rollout", "busy", "50.0%", "50.0%"] in rows


def test_outcomes_add_up_over_steps_and_the_rest_is_as_of_the_last(folder: Path) -> None:
    _saved(folder, "checkpoints/sft/config.json", "potential.json")
    (folder / "phases.json").write_text('{"sft": {"wall_s": 61.0}}')
    _logged(folder, "train", [ROW, ROW])
    status = read_status(folder)
    assert status.executions == {"ok": 16, "timeout": 4}
    assert status.accounting is not None
    assert (status.accounting.generated, status.accounting.gap) == (20, 0)
    assert status.failures == {"sandbox": 2, "rollout": 0, "rollout_worker": 1, "learner": 1}
    assert sentences(status) == [
        "scripts ok 16, timeout 4",
        "rollouts 20 = 12 trained + 4 buffered + 4 dropped (no_signal 3, not_finite 1): the identity holds",
        "faults of ours sandbox 2, rollout_worker 1, learner 1",
        "phases sft 1 min 01 s",
        "memory 900 MiB at most",
    ]


def test_rollouts_that_are_missing_are_told(folder: Path) -> None:
    _saved(folder, "checkpoints/sft/config.json", "potential.json")
    _logged(folder, "train", [{**ROW, "generated": 25.0}])
    assert "the identity is off by 5" in " ".join(sentences(read_status(folder)))


def test_a_config_of_another_version_leaves_out_what_depends_on_it(folder: Path) -> None:
    (folder / "config.yaml").write_text("a_key_that_never_was: 1\n")
    _logged(folder, "sft", [{"loss": 2.0}])
    status = read_status(folder)
    assert (status.run, status.phase, status.step, status.steps) == (folder.name, "sft", 1, None)


def test_programs_get_the_same_numbers_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _saved(folder, "checkpoints/sft/config.json", "potential.json")
    _logged(folder, "train", [ROW])
    print_status(str(folder), as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["phase"], told["step"], told["steps"]) == ("train", 1, 5)
    assert told["accounting"]["dropped"] == {"no_signal": 3, "not_finite": 1}
    before = sorted(path.name for path in folder.rglob("*"))
    text = io.StringIO()
    print_status(str(folder), as_json=False, console=Console(file=text, width=120))
    assert "mine: train, step 1 of 5" in text.getvalue()
    assert "rollouts 20 = 12 trained" in text.getvalue()
    assert sorted(path.name for path in folder.rglob("*")) == before
