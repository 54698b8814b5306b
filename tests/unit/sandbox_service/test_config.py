import subprocess
import sys

import pytest
from pydantic import ValidationError

from sandbox_service.config import SandboxConfig


def test_the_maths_profile_is_the_default_and_bare_imports_nothing():
    assert {"numpy", "sympy"} <= set(SandboxConfig().preloaded_modules)
    assert SandboxConfig(preload="bare").preloaded_modules == ()
    assert SandboxConfig(preload=("json",)).preloaded_modules == ("json",)


@pytest.mark.parametrize("field", ["floor", "without_layers"])
def test_a_layer_that_does_not_exist_is_refused_with_the_list_of_those_that_do(field):
    with pytest.raises(ValidationError, match=r"no isolation layer is called 'moat'.*landlock"):
        SandboxConfig(**{field: ("moat",)})


def test_unknown_fields_and_changes_are_refused():
    with pytest.raises(ValidationError):
        SandboxConfig(workers=2)
    with pytest.raises(ValidationError):
        SandboxConfig().num_workers = 3


def test_every_field_is_described():
    assert [name for name, field in SandboxConfig.model_fields.items() if not field.description] == []


def test_importing_the_package_brings_in_neither_ray_nor_torch_nor_numpy():
    code = "import sys, sandbox_service\nprint(sorted({'ray', 'torch', 'numpy', 'sympy'} & set(sys.modules)))"
    paths = [path for path in sys.path if path]
    command = [sys.executable, "-c", f"import sys\nsys.path[:0] = {paths!r}\n{code}"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"
