import subprocess
import sys

import pytest
from pydantic import ValidationError

from curriculum.config import CurriculumConfig, OnlineConfig
from curriculum.tasks.config import FamilyConfig, TaskSetConfig


def test_importing_the_config_loads_nothing_heavy() -> None:
    program = (
        "import sys, curriculum.config, curriculum.tasks.checkers, curriculum.tasks.presets\n"
        "import curriculum.tasks.sets.build\n"
        "print([m for m in ('reasoning_gym', 'sympy', 'torch', 'ray', 'transformers') if m in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=None
    )
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("thresholds", [(), (0.5,), (0.3, 0.5, 0.0), (0.5, 0.5, 0.0)])
def test_thresholds_must_fall_to_zero(thresholds: tuple[float, ...]) -> None:
    with pytest.raises(ValidationError, match="thresholds"):
        CurriculumConfig(thresholds=thresholds, steps_per_stage=(1,) * len(thresholds))


def test_each_group_needs_its_number_of_steps() -> None:
    with pytest.raises(ValidationError, match="one entry per group"):
        CurriculumConfig(steps_per_stage=(10, 10))
    with pytest.raises(ValidationError, match="at least 1"):
        CurriculumConfig(steps_per_stage=(10, 10, 10, 0))


def test_unknown_keys_are_refused_and_configs_are_frozen() -> None:
    with pytest.raises(ValidationError):
        TaskSetConfig(presset="laptop")  # type: ignore[call-arg]
    with pytest.raises(ValidationError):
        TaskSetConfig().seed = 3


def test_level_settings_keep_their_types() -> None:
    level = FamilyConfig(name="x", levels=({"a": True, "b": 2, "c": 0.5, "d": ("+", "-")},)).levels[0]
    assert [type(v) for v in level.values()] == [bool, int, float, tuple]


def test_a_policy_is_one_of_three_and_settings_that_it_does_not_read_are_refused() -> None:
    with pytest.raises(ValidationError, match="'stages', 'online' or 'uniform'"):
        CurriculumConfig.model_validate({"policy": "greedy"})
    with pytest.raises(ValidationError, match=r"set curriculum\.policy=online"):
        CurriculumConfig(policy="uniform", online=OnlineConfig(retire_above=0.95))
    assert (
        CurriculumConfig(policy="online", online=OnlineConfig(retire_above=0.95)).online.retire_above == 0.95
    )


def test_a_task_must_fall_before_it_comes_back() -> None:
    with pytest.raises(ValidationError, match=r"lower curriculum\.online\.return_below"):
        OnlineConfig(retire_above=0.8, return_below=0.8)
