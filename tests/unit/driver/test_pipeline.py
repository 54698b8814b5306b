"""A whole run over fake actors: which phases run, what each leaves behind, and how a stopped run goes on."""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from fake_actors import World
from fake_cluster import FakeCluster

from actors.errors import ActorLostError, EngineError, LearnerError
from actors.records import StepReport
from driver.config import RunConfig
from driver.config_loading import load_config
from driver.errors import PlacementError, RunAbortedError, RunInterruptedError
from driver.outputs.metrics import MetricsLog, read_metrics
from driver.outputs.progress import Progress
from driver.outputs.run_folder import RunFolder
from driver.pipeline import PHASES, _run_phases, run_pipeline
from driver.session import Session
from tests.unit.driver.phases.loop_cases import at, is_balanced, train_lines

PARTS = ["tasks", "setup", "synthesize", "sft", "potential", "train", "evaluate"]


def small(folder: Path, *overrides: str) -> RunConfig:
    """The smoke preset with a handful of tasks, two workers and a bare sandbox."""
    sizes = ("sft_per_family=4", "train_per_family=4", "test_per_family=2")
    return load_config(
        "smoke",
        [
            f"folder={folder}",
            *[f"tasks.{size}" for size in sizes],
            "learner.sft.batch_size=4",
            "sandbox.preload=bare",
            "placement.min_memory_gib=0.1",
            "placement.rollout_workers=2",
            "recovery.replacements_per_hour=100",
            *overrides,
        ],
    )


class Clusters:
    """Makes fake clusters for attempts at a run, and keeps them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.made: list[FakeCluster] = []

    def __call__(self, config: RunConfig, model_path: Path) -> FakeCluster:
        self.made.append(FakeCluster(config, model_path, self.world))
        return self.made[-1]


def run(config: RunConfig, world: World, last_phase: str = "evaluate") -> Path:
    clusters = Clusters(world)
    try:
        return run_pipeline(config, last_phase, clusters)
    finally:
        assert len(clusters.made) <= 1
        assert all(cluster.is_closed for cluster in clusters.made), "actors were left behind"
        assert world.living == []


def new_world() -> World:
    return World()


def stop() -> None:
    """As Ctrl-C does."""
    os.kill(os.getpid(), signal.SIGINT)


def phases(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "phases.json").read_text())
    return content


def test_a_run_goes_through_all_phases_and_ends_with_the_report(tmp_path: Path) -> None:
    world = new_world()
    report = run(small(tmp_path), world)
    assert report == tmp_path / "report.html"
    assert "<html" in report.read_text()
    assert list(phases(tmp_path)) == PARTS
    # The learner counts the steps that it made.
    sft = [line for line in read_metrics(tmp_path) if line.phase == "sft"]
    assert json.loads((tmp_path / "checkpoints/sft/config.json").read_text())["model"] == len(sft)
    assert [line.step for line in train_lines(tmp_path)] == [1, 2]
    assert all(is_balanced(line) for line in train_lines(tmp_path))
    evaluation = json.loads((tmp_path / "evaluation.json").read_text())["policies"]
    assert set(evaluation) == {"base", "sft", "grpo"}
    num_items = {policy: len(rows["items"]) for policy, rows in evaluation.items()}
    assert len(set(num_items.values())) == 1
    assert min(num_items.values()) > 0
    assert {item["num_samples"] for rows in evaluation.values() for item in rows["items"]} == {1}
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert all(
        summary["wall_s"][part] is not None for part in ("setup", "sft", "potential", "grpo", "evaluate")
    )
    assert not list(tmp_path.rglob("*.draft"))
    assert not list(tmp_path.rglob("*.partial.jsonl"))
    # Each learning phase has a learner of its own, ended before the next phase.
    assert [learner.phase for learner in world.learners] == ["sft", "grpo"]
    assert all(learner.is_closed for learner in world.learners)

    again = new_world()
    assert run(small(tmp_path), again) == report
    assert not again.calls, "a finished run did something again"


@pytest.mark.parametrize("last", [p for p in PHASES if p not in ("tasks", "evaluate")])
def test_a_run_up_to_a_phase_ends_there_and_goes_on_from_there(tmp_path: Path, last: str) -> None:
    world = new_world()
    run(small(tmp_path), world, last)
    done = PARTS[: PARTS.index(last) + 1]
    assert list(phases(tmp_path)) == done
    assert bool(world.workers) is (last in ("potential", "train")), "engines were started for nothing"
    if last != "train":
        return
    again = new_world()
    run(small(tmp_path), again)
    assert list(phases(tmp_path)) == PARTS
    assert again.calls["step"] == 0


def test_the_task_set_needs_no_actors(tmp_path: Path) -> None:
    clusters = Clusters(new_world())
    run_pipeline(small(tmp_path), "tasks", clusters)
    assert clusters.made == []
    assert (tmp_path / "tasks.parquet").is_file()


def test_a_folder_of_an_earlier_version_keeps_its_results(tmp_path: Path) -> None:
    run(small(tmp_path), new_world(), "sft")
    (tmp_path / "phases.json").rename(tmp_path / "stages.json")
    world = new_world()
    run(small(tmp_path), world)
    assert world.calls["sft_step"] == 0
    assert list(phases(tmp_path)) == ["setup", "potential", "train", "evaluate"]


@pytest.mark.parametrize(
    ("call", "when", "is_graceful"),
    [
        ("sft_step", 2, True),
        ("group", 5, False),
        ("step", 1, True),
        ("load", 9, False),
        ("publish", 1, False),
    ],
)
def test_a_run_stopped_anywhere_goes_on_to_the_same_end(
    tmp_path: Path, call: str, when: int, is_graceful: bool
) -> None:
    world = new_world()
    world.hooks[call] = at(when, stop)
    with pytest.raises(RunInterruptedError, match="the same command goes on from"):
        run(small(tmp_path), world)
    assert bool(list(tmp_path.glob("checkpoints/**/step-*"))) >= is_graceful
    again = new_world()
    run(small(tmp_path), again)
    sft = [line.step for line in read_metrics(tmp_path) if line.phase == "sft"]
    assert sft == list(range(1, len(sft) + 1))
    assert json.loads((tmp_path / "checkpoints/sft/config.json").read_text())["model"] == len(sft)
    assert [line.step for line in train_lines(tmp_path)] == [1, 2]
    evaluation = json.loads((tmp_path / "evaluation.json").read_text())["policies"]
    ids = {policy: sorted(row["task_id"] for row in rows["items"]) for policy, rows in evaluation.items()}
    assert ids["base"] == ids["sft"] == ids["grpo"]
    assert len(set(ids["base"])) == len(ids["base"])


def test_a_second_stop_request_does_not_wait_for_the_step(tmp_path: Path) -> None:
    world = new_world()

    def twice(*_: Any) -> Any:
        stop()
        stop()
        return asyncio.sleep(99)

    world.hooks["step"] = twice
    with pytest.raises(RunInterruptedError, match="stopped as asked"):
        run(small(tmp_path), world)
    assert train_lines(tmp_path) == []


def test_a_phase_that_fails_leaves_its_seconds_and_ends_every_actor(tmp_path: Path) -> None:
    def fail() -> None:
        raise LearnerError("rank 0 ran out of memory")

    world = new_world()
    world.hooks["sft_step"] = at(2, fail)
    with pytest.raises(LearnerError, match="out of memory"):
        run(small(tmp_path), world)
    assert list(phases(tmp_path)) == ["tasks", "setup", "synthesize", "sft"]
    run(small(tmp_path), new_world())
    sft = [line.step for line in read_metrics(tmp_path) if line.phase == "sft"]
    assert sft == list(range(1, len(sft) + 1)), "an SFT step was written twice"


def test_refused_sft_steps_in_a_row_end_the_run(tmp_path: Path) -> None:
    world = new_world()
    world.hooks["sft_step"] = lambda version: StepReport(
        version=version + 1, metrics={}, num_refused=4, refusal="loss nan"
    )
    with pytest.raises(RunAbortedError, match="refused 3 steps in a row, the last for loss nan"):
        run(small(tmp_path), world)


@pytest.mark.parametrize(("phase", "prefix"), [("potential", "potential/"), ("evaluate", "evaluate/")])
def test_a_phase_that_measures_bears_a_few_lost_groups_and_not_many(
    tmp_path: Path, phase: str, prefix: str
) -> None:
    before = "sft" if phase == "potential" else "train"
    run(small(tmp_path), new_world(), before)

    def lose(limit: int) -> Any:
        lost: set[str] = set()

        def hook(_: Any, name: str) -> None:
            if name.startswith(prefix) and (name in lost or len(lost) < limit):
                lost.add(name)
                raise EngineError("its engine died")

        return hook

    world = new_world()
    world.hooks["group"] = lose(99)
    with pytest.raises(ExceptionGroup) as caught:
        run(small(tmp_path, "engine.max_num_seqs=2"), world)
    assert caught.group_contains(RunAbortedError, match="groups lost every rollout to faults on our side")
    world = new_world()
    # One at a time, so that an engine that dies takes no other group along.
    world.hooks["group"] = lose(2)
    run(small(tmp_path, "engine.max_num_seqs=2"), world, phase)


def test_a_machine_with_too_little_memory_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(PlacementError, match=r"placement\.min_memory_gib=100000\.0"):
        run(small(tmp_path / "run", "placement.min_memory_gib=100000"), new_world())
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("policy", ["online", "uniform"])
def test_a_policy_without_stages_trains_as_many_steps_and_its_report_is_written(
    tmp_path: Path, policy: str
) -> None:
    world = new_world()
    settings = (f"curriculum.policy={policy}", "potential.settled_width=0.6")
    report = run(small(tmp_path, *settings), world)
    assert "<html" in report.read_text()
    lines = train_lines(tmp_path)
    assert [(line.step, line.values["stage"]) for line in lines] == [(1, 1), (2, 1)]
    found = json.loads((tmp_path / "potential.json").read_text())
    assert (found["policy"], found["steps"], found["sizes"]) == (policy, [2], [len(found["tasks"])])
    assert all(line.values["curriculum/num_open_tasks"] == len(found["tasks"]) for line in lines)


@pytest.mark.parametrize("phase", ["synthesize", "sft"])
def test_engines_that_do_not_start_end_the_run_while_it_is_still_busy_with_other_things(
    tmp_path: Path, phase: str
) -> None:
    def fail(_: Any) -> None:
        raise ActorLostError("vLLM did not start: unknown key dual_chunk_attention_config")

    if phase == "sft":
        run(small(tmp_path), new_world(), "synthesize")
    world = new_world()
    world.hooks["ready"] = fail
    world.hooks["sft_step"] = lambda _: asyncio.sleep(99)
    with pytest.raises(RunAbortedError, match=r"no rollout worker started: .* dual_chunk_attention_config"):
        run(small(tmp_path, "recovery.start_s=60"), world)
    assert world.calls["sft_step"] <= (phase == "sft")
    run(small(tmp_path), new_world())


@pytest.mark.parametrize("sleeps", [True, False])
def test_a_run_on_one_shared_gpu_lets_its_engines_sleep_while_the_learner_computes(
    tmp_path: Path, sleeps: bool
) -> None:
    world = new_world()
    seen: dict[str, set[bool]] = {"setup": set(), "sft_step": set(), "step": set(), "group": set()}

    def look(call: str) -> Any:
        return lambda *_: seen[call].update(worker.is_asleep for worker in world.living)

    for call in seen:
        world.hooks[call] = look(call)
    shares = ("placement.gpus_per_rollout_worker=0.5", "placement.gpus_per_learner_rank=0.5")
    run(small(tmp_path, *shares, f"engine.sleeps={str(sleeps).lower()}"), world)
    assert seen == {"setup": {sleeps}, "sft_step": {sleeps}, "step": {sleeps}, "group": {False}}


def test_a_cluster_is_told_when_a_phase_begins_and_ends(tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []

    def sink(phase: str, _: int, values: Any) -> None:
        told.extend((phase, values["phase_active"]) for _ in values if "phase_active" in values)

    config = small(tmp_path / "run")
    folder = RunFolder(config.folder)
    with folder.claimed(config), MetricsLog(folder.root, "run", [sink]) as metrics, Progress() as progress:
        attempt = Session(
            config, folder, tmp_path, metrics, progress, lambda: pytest.fail("no actor is asked for")
        )
        asyncio.run(_run_phases(attempt, ["tasks"], 0.0))
        asyncio.run(_run_phases(attempt, ["tasks"], 0.0))
    # The second time it is done already.
    assert told == [("tasks", 1.0), ("tasks", 0.0)]
