import os
from pathlib import Path

import pytest

from driver.errors import RunFolderError
from driver.viewer.curves import MAX_POINTS, curve
from driver.viewer.run_reader import RunReader
from tests.unit.driver.report.fake_run import write_fake_run
from tests.unit.driver.viewer.view_cases import write_run


def test_the_overview_says_what_the_files_say(tmp_path: Path) -> None:
    state = RunReader(write_run(tmp_path / "run")).state()
    assert (state.name, state.model, state.num_rollouts, state.is_over) == (
        "small",
        "tiny-random-llama",
        10,
        True,
    )
    assert [(span.name, span.wall_s) for span in state.phases] == [("sft", 10.0), ("train", 30.0)]
    assert [line.policy for line in state.policies] == ["base", "sft"]
    sft = state.policies[1]
    assert (sft.all.mean, sft.all.n) == (0.5, 3)
    assert sft.trained is not None
    assert sft.held_out is not None
    assert (sft.trained.mean, sft.held_out.mean) == (0.75, 0.0)
    assert [(line.agent, line.policy, line.cell.mean) for line in state.agents] == [("text", "sft", 1 / 3)]
    assert state.notices == []


def test_a_family_has_its_accuracy_and_its_success_in_training(tmp_path: Path) -> None:
    families = {line.family: line for line in RunReader(write_run(tmp_path)).state().families}
    assert list(families) == ["gcd", "lcm", "letters"]
    # Of GRPO's four rollouts of gcd one is right; the evaluation's two are not among them.
    assert (families["gcd"].split, families["gcd"].trained, families["gcd"].success) == ("test", 4, 0.25)
    assert families["gcd"].accuracy["sft"].mean == 0.75
    assert (families["lcm"].split, families["lcm"].trained, families["lcm"].success) == ("held_out", 0, None)
    assert (families["letters"].accuracy, families["letters"].success) == ({}, 0.75)


def test_a_stage_has_its_steps_tasks_and_success(tmp_path: Path) -> None:
    first, second = RunReader(write_run(tmp_path)).state().stages
    assert (first.first_step, first.last_step, first.num_tasks) == (1, 2, 2)
    # 4p(1-p) at p = 1/2 and 1/4; three of eight right before RL; 0.2 and 0.4 in its steps.
    assert (first.low, first.high, first.before) == (0.75, 1.0, 3 / 8)
    assert first.during == pytest.approx(0.3)
    assert (second.first_step, second.last_step, second.families) == (3, 4, {"gcd": 1})


def test_what_rollouts_can_be_filtered_by_is_what_they_have(tmp_path: Path) -> None:
    choices = RunReader(write_run(tmp_path)).state().choices
    assert choices.phases == ["evaluate-sft", "train"]
    assert (choices.families, choices.end_reasons, choices.stages) == (
        ["gcd", "letters"],
        ["answer", "silent"],
        [1, 2],
    )
    assert (choices.steps, choices.versions, choices.rewards) == ((1, 4), (0, 3), (0.0, 1.0))


def test_curves_leave_out_what_is_not_finite_and_numbers_logged_once_are_none(tmp_path: Path) -> None:
    reader = RunReader(write_run(tmp_path))
    (loss,) = reader.curves("train", ["loss", "no_such_number"])
    assert (loss.steps, loss.values, loss.averaged) == ([1, 3, 4], [0.5, 0.5, 0.5], 1)
    assert reader.state().numbers == {"sft": ["loss"], "train": ["stage", "success_rate", "loss"]}


def test_a_long_curve_is_thinned_by_means_of_neighbours(tmp_path: Path) -> None:
    reader = RunReader(write_fake_run(tmp_path / "run", num_steps=3 * MAX_POINTS - 1))
    (reward,) = reader.curves("train", ["reward_mean"])
    assert (len(reward.steps), reward.averaged) == (MAX_POINTS, 3)
    lines = sorted((x for x in reader._metrics.lines() if x.phase == "train"), key=lambda x: x.step)
    firsts = [x.values["reward_mean"] for x in lines[:3]]
    assert reward.values[0] == pytest.approx(sum(firsts) / 3)
    assert reward.steps[0] == 1
    assert curve("train", "reward_mean", []).steps == []


def test_a_folder_in_which_nothing_is_yet_is_a_run_that_begins(tmp_path: Path) -> None:
    state = RunReader(tmp_path).state()
    assert (state.at, state.num_rollouts, state.updated, state.is_over) == ("set-up", 0, None, False)
    assert (state.policies, state.stages, state.families, state.notices) == ([], [], [], [])


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="there is no run folder"):
        RunReader(tmp_path / "none")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("evaluation.json", b'{"policies": {"base"', "evaluation.json is not JSON"),
        ("evaluation.json", b'{"policies": {"base": {}}}', "evaluation.json has not the form"),
        ("evaluation.json", b'{"policies": [], "agents": 3}', "evaluation.json has not the form"),
        ("potential.json", b"[]", "potential.json must hold an object"),
        ("potential.json", b'{"tasks": [{"stage": "x"}]}', "potential.json has not the form"),
        ("phases.json", b'{"sft": 3}', "phases.json has not the form"),
        ("config.yaml", b"name: [", "config.yaml cannot be read"),
        ("config.yaml", b"\xff\xfe\x00", "config.yaml cannot be read"),
    ],
)
def test_a_damaged_file_is_told_and_the_rest_is_shown(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    reader = RunReader(write_run(tmp_path / "run"))
    (tmp_path / "run" / name).write_bytes(content)
    state = reader.state()
    assert any(words in text for text in state.notices)
    assert state.num_rollouts == 10
    assert state.numbers["train"] == ["stage", "success_rate", "loss"]


def test_a_file_that_is_mended_is_read_again(tmp_path: Path) -> None:
    reader = RunReader(write_run(tmp_path))
    path = tmp_path / "evaluation.json"
    whole = path.read_bytes()
    assert len(reader.state().policies) == 2
    path.write_bytes(whole[:50])
    assert reader.state().policies == []
    path.write_bytes(whole)
    os.utime(path, ns=(1, 1))
    assert [line.all.n for line in reader.state().policies] == [3, 3]
