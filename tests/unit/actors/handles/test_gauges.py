"""What a run shows on a cluster, from the metrics log to Ray's gauges, without a cluster."""

import ast
from typing import Any

import pytest
from source_files import python_files, tree

from actors.handles import gauges
from actors.handles.gauges import ClusterMetrics
from actors.handles.series import BY_NAME, SERIES, shown


class Board:
    """Gauges that remember what they were set to, by name and labels."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
        self.is_connected = True

    def gauge(self, name: str, description: str, tag_keys: tuple[str, ...]) -> Any:
        board = self

        class One:
            def set(self, value: float, tags: dict[str, str]) -> None:
                assert set(tags) == set(tag_keys), "Ray refuses a value that lacks one of its tags"
                board.values[name, frozenset(tags.items())] = value

        assert description
        return One()

    def sink(self, run: str = "a-run") -> ClusterMetrics:
        return ClusterMetrics(
            run, is_connected=lambda: self.is_connected, make_gauge=self.gauge, clock=lambda: 77.0
        )

    def at(self, name: str, **labels: str) -> float | None:
        return self.values.get((f"r1ci_{name}", frozenset({"run": "a-run", **labels}.items())))


def test_a_number_becomes_a_gauge_with_run_role_and_phase() -> None:
    board = Board()
    board.sink()("sft", 3, {"loss": 0.5, "no_series_of_this_name": 1.0})
    assert board.at("loss", role="learner", phase="sft") == 0.5
    assert board.at("step", role="driver", phase="sft") == 3
    assert board.at("progress_time", role="driver", phase="sft") == 77
    assert len(board.values) == 3


def test_one_series_holds_the_parts_of_a_run_side_by_side() -> None:
    board = Board()
    board.sink()("train", 1, {"learner_share": 0.5, "rollout_share": 0.9, "sandbox_share": 0.1})
    shares = {
        role: board.at("busy_share", role=role, phase="train") for role in ("learner", "rollout", "sandbox")
    }
    assert shares == {"learner": 0.5, "rollout": 0.9, "sandbox": 0.1}


def test_what_stands_behind_a_slash_becomes_the_series_own_label() -> None:
    board = Board()
    values = {"executions/ok": 7.0, "executions/timeout": 2.0, "executions": 9.0, "dropped/no_signal": 4.0}
    board.sink()("train", 1, values)
    assert board.at("executions", role="sandbox", phase="train", outcome="ok") == 7
    assert board.at("executions", role="sandbox", phase="train", outcome="timeout") == 2
    assert board.at("dropped", role="driver", phase="train", reason="no_signal") == 4
    assert sum(name == "r1ci_executions" for name, _ in board.values) == 2


def test_each_stage_keeps_its_own_reward_and_only_the_newest_is_open() -> None:
    board = Board()
    sink = board.sink()
    sink("train", 1, {"stage": 1.0, "reward_mean": 0.2})
    sink("train", 2, {"stage": 2.0, "reward_mean": 0.1})
    told = [board.at("reward_mean", role="scorer", phase="train", stage=stage) for stage in "12"]
    assert told == [0.2, 0.1]
    opened = [board.at("stage_open", role="curriculum", phase="train", stage=stage) for stage in "12"]
    assert opened == [0.0, 1.0]
    assert board.at("stage", role="curriculum", phase="train") == 2


def test_faults_at_every_boundary_meet_in_one_series() -> None:
    board = Board()
    values = {
        "failures/sandbox": 3.0,
        "failures/rollout": 2.0,
        "rollout/workers_lost": 1.0,
        "dropped/not_finite": 8.0,
    }
    board.sink()("train", 5, values)
    met = {
        dict(labels)["boundary"]: v for (name, labels), v in board.values.items() if name == "r1ci_failures"
    }
    assert met == {"sandbox": 3, "rollout": 2, "rollout_worker": 1, "learner": 8}


def test_a_phase_is_active_from_its_beginning_to_its_end() -> None:
    board = Board()
    sink = board.sink()
    sink("train", 0, {"phase_active": 1.0})
    assert board.at("phase_active", role="driver", phase="train") == 1
    assert board.at("progress_time", role="driver", phase="train") == 77
    assert board.at("step", role="driver", phase="train") is None
    sink("train", 0, {"phase_active": 0.0})
    assert board.at("phase_active", role="driver", phase="train") == 0


def test_an_answered_group_is_a_sign_of_life_where_a_phase_has_no_steps() -> None:
    board = Board()
    board.sink()("potential", 0, {"groups_answered": 4.0})
    assert board.at("groups_answered", role="rollout", phase="potential") == 4
    assert board.at("progress_time", role="driver", phase="potential") == 77
    assert board.at("step", role="driver", phase="potential") is None


def test_what_was_told_before_there_is_a_cluster_is_shown_once_there_is() -> None:
    board = Board()
    board.is_connected = False
    sink = board.sink()
    sink("sft", 0, {"phase_active": 1.0})
    sink("sft", 1, {"loss": 3.0})
    sink("sft", 2, {"loss": 2.0})
    assert board.values == {}
    board.is_connected = True
    sink("sft", 3, {"lr": 0.1})
    assert board.at("phase_active", role="driver", phase="sft") == 1
    assert board.at("loss", role="learner", phase="sft") == 2
    assert board.at("step", role="driver", phase="sft") == 3


def test_the_pool_of_sandboxes_tells_its_size_whatever_the_phase() -> None:
    board = Board()
    board.sink()("sandbox", 0, {"executors": 4.0, "executors_starting": 2.0, "backlog": 90.0})
    assert board.at("sandbox_executors", role="sandbox", phase="sandbox", state="up") == 4
    assert board.at("sandbox_executors", role="sandbox", phase="sandbox", state="starting") == 2
    assert board.at("sandbox_backlog", role="sandbox", phase="sandbox") == 90


def test_rays_own_gauge_takes_every_series_of_the_table() -> None:
    # No cluster is there to show them; Ray checks names and tags all the same.
    for series in SERIES:
        gauge = gauges.Gauge(f"r1ci_{series.name}", description=series.help, tag_keys=series.labels)
        gauge.set(1.0, tags=dict.fromkeys(series.labels, "x"))
        with pytest.raises(ValueError, match="Missing value for tag"):
            gauge.set(1.0, tags={})


def test_no_number_is_shown_twice_under_the_same_labels_and_no_name_stands_twice() -> None:
    assert len(BY_NAME) == len(SERIES)
    keys = {source.key.replace("*", "x") for series in SERIES for source in series.sources}
    for key in keys:
        for phase in ("setup", "sft", "potential", "train", "evaluate", "sandbox"):
            found = [(series.name, *sorted(labels.items())) for series, labels in shown(phase, key)]
            assert len(found) == len(set(found)), (phase, key)


def test_a_series_has_a_label_of_its_own_exactly_if_its_sources_fill_it() -> None:
    for series in SERIES:
        for source in series.sources:
            assert bool(series.label) == (source.key.endswith("*") or bool(source.value)), series.name


def test_every_number_that_the_table_names_is_written_somewhere() -> None:
    files = [p for p in python_files("actors", "driver") if p.name != "series.py"]
    nodes = [node for path in files for node in ast.walk(tree(path))]
    written = {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    for series in SERIES:
        for source in series.sources:
            stem = source.key.removesuffix("*")
            # A pool's name and its number's are joined in driver/launch.py.
            assert {stem, stem.partition("/")[2] or stem} & written, source.key
