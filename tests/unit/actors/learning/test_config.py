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
        LearnerConfig.model_validate({"model_path": "m", "grpo": {"learning_rate": 1e-6}})


def test_importance_cap_with_two_epochs_names_the_cure():
    with pytest.raises(ValidationError, match=r"set epochs to 1 or importance_cap to null"):
        GrpoConfig(importance_cap=2.0, epochs=2)


def test_bfloat16_without_master_weights_is_refused():
    with pytest.raises(ValidationError, match="set zero_stage to 1, 2 or 3"):
        LearnerConfig(model_path="m", dtype="bfloat16", zero_stage=0)
