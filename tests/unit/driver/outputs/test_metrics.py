import json
import math
import os
import time
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from driver.errors import RunFolderError
from driver.outputs.metrics import MetricsLog, read_metrics


def _steps(folder, phase):
    return [line.step for line in read_metrics(folder) if line.phase == phase]


def test_what_was_logged_is_read_back_in_order(tmp_path):
    with MetricsLog(tmp_path, "run") as log:
        log.log("sft", 0, {"loss": 1.5})
        log.log("train", 0, {"reward_mean": 0.25, "stage": 1})
    first, second = read_metrics(tmp_path)
    assert (first.phase, first.step, first.values) == ("sft", 0, {"loss": 1.5})
    assert second.values == {"reward_mean": 0.25, "stage": 1.0}


def test_a_line_can_be_read_while_the_run_goes_on(tmp_path):
    with MetricsLog(tmp_path, "run") as log:
        log.log("sft", 0, {"loss": 1.5})
        assert _steps(tmp_path, "sft") == [0]


def test_numbers_that_are_not_finite_become_null_and_read_as_nan(tmp_path):
    with MetricsLog(tmp_path, "run") as log:
        log.log("train", 0, {"loss": math.nan, "grad_norm": math.inf, "entropy": 0.5})
    written = json.loads((tmp_path / "metrics.jsonl").read_text())
    assert written["values"] == {"loss": None, "grad_norm": None, "entropy": 0.5}
    values = read_metrics(tmp_path)[0].values
    assert math.isnan(values["loss"])
    assert values["entropy"] == 0.5


def test_every_sink_gets_phase_step_and_values(tmp_path):
    seen = []
    with MetricsLog(tmp_path, "run", [lambda *call: seen.append(call)]) as log:
        log.log("train", 7, {"loss": 2})
    assert seen == [("train", 7, {"loss": 2.0})]


def test_truncating_forgets_later_steps_of_that_phase_only(tmp_path):
    with MetricsLog(tmp_path, "run") as log:
        log.log("sft", 9, {"loss": 1.0})
        for step in range(5):
            log.log("train", step, {"loss": math.nan if step == 1 else float(step)})
        log.truncate_after("train", 2)
        assert _steps(tmp_path, "train") == [0, 1, 2]
        assert _steps(tmp_path, "sft") == [9]
        log.log("train", 3, {"loss": 30.0})
    lines = [line for line in read_metrics(tmp_path) if line.phase == "train"]
    assert math.isnan(lines[1].values["loss"])
    assert lines[3].values == {"loss": 30.0}


def test_tensorboard_shows_the_steps_of_the_resumed_run(tmp_path):
    with MetricsLog(tmp_path, "run") as log:
        for step in range(4):
            log.log("train", step, {"loss": 1.0})
    # TensorBoard orders files of one second by a counter of the process, as text: the tenth comes before the ninth.
    time.sleep(1.1)
    with MetricsLog(tmp_path, "run") as log:
        log.truncate_after("train", 1)
        log.log("train", 2, {"loss": 5.0})
    events = EventAccumulator(str(tmp_path / "tensorboard" / "run" / "train"))
    events.Reload()
    assert [(e.step, e.value) for e in events.Scalars("train/loss")] == [(0, 1.0), (1, 1.0), (2, 5.0)]


def test_a_line_cut_short_by_a_crash_is_ignored_and_then_overwritten(tmp_path):
    with MetricsLog(tmp_path, "run") as log:
        log.log("sft", 0, {"loss": 1.0})
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"phase": "sft", "st')
    assert _steps(tmp_path, "sft") == [0]
    with MetricsLog(tmp_path, "run") as log:
        log.log("sft", 1, {"loss": 0.5})
    assert _steps(tmp_path, "sft") == [0, 1]


def test_a_broken_line_in_the_middle_is_named(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"phase": "sft"}\n{"phase": "sft", "step": 0}\n')
    with pytest.raises(RunFolderError, match="line 1 is not a metrics line"):
        read_metrics(tmp_path)


def test_a_folder_without_metrics_has_none(tmp_path):
    assert read_metrics(tmp_path) == []


def _log_until_the_disk_is_full(folder: Path) -> None:
    with MetricsLog(folder, "run") as log:
        log.log("train", 1, {"loss": 1.0})
        (folder / "filler").write_bytes(b"x" * (os.statvfs(folder).f_bavail * 4096))
        for step in range(2, 2000):
            log.log("train", step, {"loss": 0.5})


def test_a_full_disk_is_told_in_one_paragraph_and_the_lines_before_stay(small_disk: Path) -> None:
    with pytest.raises(
        RunFolderError, match=r"metrics.jsonl could not be written \(No space left.*free some space"
    ):
        _log_until_the_disk_is_full(small_disk)
    (small_disk / "filler").unlink()
    steps = _steps(small_disk, "train")
    assert steps == list(range(1, len(steps) + 1))
    with MetricsLog(small_disk, "run") as log:
        log.log("train", len(steps) + 1, {"loss": 0.1})
    assert _steps(small_disk, "train")[-1] == len(steps) + 1


def test_what_is_announced_reaches_the_sinks_and_no_file(tmp_path):
    seen = []
    with MetricsLog(tmp_path, "run", [lambda *told: seen.append(told)]) as log:
        log.announce("potential", {"groups_answered": 3.0})
    assert seen == [("potential", 0, {"groups_answered": 3.0})]
    assert read_metrics(tmp_path) == []
