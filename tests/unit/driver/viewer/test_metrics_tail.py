from pathlib import Path

from driver.outputs.metrics import MetricsLog
from driver.viewer.metrics_tail import MetricsTail


def test_lines_that_are_added_are_read_and_a_half_written_one_waits(tmp_path: Path) -> None:
    tail = MetricsTail(tmp_path)
    assert tail.lines() == []
    with MetricsLog(tmp_path, "run") as log:
        log.log("train", 1, {"loss": 1.0})
        assert [line.step for line in tail.lines()] == [1]
        log.log("train", 2, {"loss": 0.5})
    path = tmp_path / "metrics.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"phase":"train","step":3,"ti')
    assert [line.step for line in tail.lines()] == [1, 2]
    path.write_bytes(whole + b'{"phase":"train","step":3,"time":1.0,"values":{}}\n')
    assert [line.step for line in tail.lines()] == [1, 2, 3]
    assert tail.notices == []


def test_a_damaged_line_is_named_and_hides_no_other(tmp_path: Path) -> None:
    with MetricsLog(tmp_path, "run") as log:
        log.log("train", 1, {"loss": 1.0})
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b"\xff\x00 not json\n" + path.read_bytes())
    tail = MetricsTail(tmp_path)
    assert [line.step for line in tail.lines()] == [1]
    assert tail.notices == ["metrics.jsonl: line 1 cannot be read; the curves are drawn without"]


def test_steps_that_a_resumed_run_forgets_are_forgotten(tmp_path: Path) -> None:
    tail = MetricsTail(tmp_path)
    with MetricsLog(tmp_path, "run") as log:
        for step in (1, 2, 3):
            log.log("train", step, {"loss": 1.0})
        assert [line.step for line in tail.lines()] == [1, 2, 3]
        log.truncate_after("train", 1)
        assert [line.step for line in tail.lines()] == [1]
        # As long as the old file or longer, and yet another.
        for step in (2, 3, 4, 5):
            log.log("train", step, {"loss": 2.0})
        assert [line.values["loss"] for line in tail.lines()] == [1.0, 2.0, 2.0, 2.0, 2.0]
