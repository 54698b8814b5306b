import subprocess
import sys

import pytest
from pydantic import ValidationError

from actors.learning.config import GrpoConfig, LearnerConfig


def test_importing_the_config_loads_no_torch():
    check = (
        "import sys, actors.learning.config; print(sorted({'torch', 'deepspeed', 'ray'} & set(sys.modules)))"
    )
    assert (
        subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )


def test_unknown_key_is_refused():
    with pytest.raises(ValidationError, match="learning_rate"):
        LearnerConfig.model_validate({"grpo": {"learning_rate": 1e-6}})


def test_importance_is_truncated_at_two_unless_configured_and_with_any_number_of_epochs():
    assert GrpoConfig().importance_cap == 2.0
    assert GrpoConfig(importance_cap=2.0, epochs=2).epochs == 2


@pytest.mark.parametrize(
    ("choices", "cure"),
    [
        ({"importance_level": "sequence", "importance_cap": None}, "set importance_cap to a number"),
        ({"kl_estimator": "k1"}, "set beta above 0 or leave kl_estimator out"),
        ({"kl_estimator": "k2", "beta": 0.0}, "set beta above 0 or leave kl_estimator out"),
    ],
)
def test_a_choice_that_nothing_reads_is_refused_with_the_key_to_change(choices, cure):
    with pytest.raises(ValidationError, match=cure):
        GrpoConfig.model_validate(choices)


@pytest.mark.parametrize("value", ["inf", "-inf", "nan"])
@pytest.mark.parametrize("key", ["lr", "beta", "std_floor", "clip_high", "importance_cap"])
def test_numbers_that_are_not_finite_are_refused(key, value):
    with pytest.raises(ValidationError, match="finite number"):
        GrpoConfig.model_validate({key: float(value)})


def test_a_mean_that_never_forgets_is_refused():
    # At 1 AdamW divides by 1 - 1.
    with pytest.raises(ValidationError, match=r"betas\.1"):
        LearnerConfig(betas=(0.9, 1.0))


def test_bfloat16_without_master_weights_is_refused():
    with pytest.raises(ValidationError, match="set zero_stage to 1, 2 or 3"):
        LearnerConfig(dtype="bfloat16", zero_stage=0)
