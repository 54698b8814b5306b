"""What Ray is told of each actor; no actor is started."""

import pytest

from actors.policy_learner import PolicyLearner
from actors.rollout_worker import RolloutWorker
from actors.sandbox_executor import SandboxExecutor
from driver.config_loading import load_config
from driver.launch import actor_options, learner_env
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
