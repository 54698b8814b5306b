"""What Ray is told of each actor; no actor is started."""

from pathlib import Path

import pytest

from actors.policy_learner import PolicyLearner
from actors.rollout_worker import RolloutWorker
from actors.sandbox_executor import SandboxExecutor
from driver.actor_options import actor_options, learner_env, local_files, paths_of
from driver.config_loading import load_config
from driver.outputs.run_folder import RunFolder
from driver.placement import ActorSpec, plan


def _spec(preset: str, role: str, *overrides: str) -> ActorSpec:
    return next(spec for spec in plan(load_config(preset, overrides)).actors if spec.role == role)


@pytest.mark.parametrize(
    ("cls", "role"), [(PolicyLearner, "learner"), (RolloutWorker, "rollout"), (SandboxExecutor, "sandbox")]
)
def test_an_actor_without_a_gpu_of_its_own_sees_none_of_its_nodes(cls: type, role: str) -> None:
    variables = actor_options(_spec("laptop", role), cls, {})["runtime_env"]["env_vars"]
    # Ray leaves it as it is for an actor that asks for no GPU: torch would take the node's first.
    assert variables["CUDA_VISIBLE_DEVICES"] == ""


@pytest.mark.parametrize(("cls", "role"), [(PolicyLearner, "learner"), (RolloutWorker, "rollout")])
def test_which_gpu_an_actor_with_one_sees_is_left_to_ray(cls: type, role: str) -> None:
    options = actor_options(_spec("single_node", role), cls, {})
    assert options["num_gpus"] == 1
    assert "CUDA_VISIBLE_DEVICES" not in options["runtime_env"]["env_vars"]


def test_what_an_actor_is_given_goes_before_what_all_have() -> None:
    variables = actor_options(_spec("laptop", "learner"), PolicyLearner, {"TOKENIZERS_PARALLELISM": "true"})
    assert variables["runtime_env"]["env_vars"]["TOKENIZERS_PARALLELISM"] == "true"


def test_deepspeed_is_told_of_the_cpu_where_the_learner_has_no_gpu() -> None:
    assert learner_env(load_config("laptop"))["DS_ACCELERATOR"] == "cpu"
    assert "DS_ACCELERATOR" not in learner_env(load_config("single_node"))


def test_a_model_with_a_name_is_for_each_node_to_find_and_one_in_a_folder_must_be_seen(
    tmp_path: Path,
) -> None:
    cached = tmp_path / "cache" / "tiny-random-llama"
    config = load_config("smoke", [f"folder={tmp_path / 'run'}"])
    assert paths_of(config, cached) == ([], [])
    with RunFolder(config.folder).claimed(config):
        run = RunFolder(config.folder)
        assert paths_of(config, cached) == ([run.config], [run.checkpoints, run.rollouts])
        own = config.model_copy(update={"model": str(tmp_path / "mine")})
        assert paths_of(own, tmp_path / "mine")[0] == [tmp_path / "mine", run.config]


def test_every_actor_of_a_run_is_given_the_word_in_its_folder(tmp_path: Path) -> None:
    config = load_config("smoke", [f"folder={tmp_path / 'run'}"])
    assert local_files(config, tmp_path).token_file == ""
    words = []
    for _ in range(2):
        with RunFolder(config.folder).claimed(config):
            files = local_files(config, tmp_path)
            assert files.token == RunFolder(config.folder).token.read_text()
            words.append(files.token)
    assert len(set(words)) == 2, "a folder that was copied at an earlier start would pass for this one"
