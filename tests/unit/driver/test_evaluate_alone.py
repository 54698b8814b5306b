"""A model evaluated alone over fake actors: two phases, one policy, and nothing that learns."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from fake_actors import World

from driver.config_loading import load_config
from driver.errors import ConfigError, RunFolderError, RunInterruptedError
from driver.placement import plan
from tests.unit.driver.test_pipeline import phases, run, small, stop

ALONE = (
    "evaluation.policies=[base]",
    "evaluation.alone=true",
    "evaluation.items=2",
    "tasks.test_per_family=3",
)
TWO_AGENTS = ("evaluation.agents=[code_agent,text]",)


def asked(world: World) -> list[str]:
    names: list[str] = []
    world.hooks["group"] = lambda _, name: names.append(name)
    return names


def evaluation(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "evaluation.json").read_text())
    return content


def test_a_model_alone_is_asked_its_items_by_every_agent_and_nothing_learns(tmp_path: Path) -> None:
    world = World()
    names = asked(world)
    report = run(small(tmp_path, *ALONE, *TWO_AGENTS), world)
    assert "<html" in report.read_text()
    assert list(phases(tmp_path)) == ["tasks", "setup", "evaluate"]
    assert world.learners == []
    found = evaluation(tmp_path)
    ids = sorted(item["task_id"] for item in found["policies"]["base"]["items"])
    # Two of the three test items of chain_sum and of products; the preset has no item of a family held out.
    assert [name.rpartition("/")[0] for name in ids] == [
        *["reasoning_gym/chain_sum"] * 2,
        *["reasoning_gym/products"] * 2,
    ]
    assert sorted(item["task_id"] for item in found["agents"]["text"]["base"]["items"]) == ids
    assert sorted(names) == sorted(f"evaluate/{who}/{name}" for who in ("base", "base-text") for name in ids)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["accuracy"]["base"]["n"] == 4
    again = World()
    run(small(tmp_path, *ALONE, *TWO_AGENTS), again)
    assert not again.calls


def test_its_items_are_the_first_of_those_that_a_run_of_the_config_never_trains_on(tmp_path: Path) -> None:
    run(small(tmp_path / "run", "tasks.test_per_family=3"), World(), "tasks")
    run(small(tmp_path / "alone", *ALONE), World())
    from driver.outputs.run_folder import RunFolder

    test = [task.task_id for task in RunFolder(tmp_path / "run").load_tasks().split("test")]
    ids = {item["task_id"] for item in evaluation(tmp_path / "alone")["policies"]["base"]["items"]}
    assert ids == {test[0], test[1], test[3], test[4]}


def test_one_that_was_stopped_asks_only_what_is_missing(tmp_path: Path) -> None:
    world = World()
    scored = 0

    async def two_only(_: Any) -> None:
        nonlocal scored
        scored += 1
        if scored > 2:
            stop()
            await asyncio.sleep(99)

    world.hooks["score"] = two_only
    with pytest.raises(RunInterruptedError):
        run(small(tmp_path, *ALONE), world)
    done = {json.loads(line).get("task_id") for line in (tmp_path / "evaluation.partial.jsonl").open()} - {
        None
    }
    # The second may have been on its way to the disk.
    assert 1 <= len(done) <= 2
    again = World()
    names = asked(again)
    run(small(tmp_path, *ALONE), again)
    assert len(names) == 4 - len(done)
    assert len(evaluation(tmp_path)["policies"]["base"]["items"]) == 4


def test_another_model_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    run(small(tmp_path, *ALONE), World())
    with pytest.raises(RunFolderError, match=r"evaluation\.samples=1 -> 2"):
        run(small(tmp_path, *ALONE, "evaluation.samples=2"), World())


def test_no_place_is_kept_for_a_learner() -> None:
    gpus = ("placement.gpus_per_learner_rank=1", "learner.num_ranks=8", "placement.gpus_per_rollout_worker=1")
    with_learner, alone = plan(load_config("smoke", gpus)), plan(load_config("smoke", [*gpus, *ALONE]))
    assert (with_learner.totals["GPU"], alone.totals["GPU"]) == (9, 1)
    assert [spec.role for spec in alone.actors] == ["rollout", "scorer", "sandbox"]


def test_alone_there_is_no_policy_but_the_model_as_given() -> None:
    with pytest.raises(ConfigError, match=r"alone=true nothing is trained.*set policies=\[base\]"):
        load_config("smoke", ["evaluation.alone=true"])
