import subprocess
import sys

import pytest
from pydantic import ValidationError

from sandbox_service.config import SandboxConfig


def test_by_default_workers_are_bare_and_scripts_choose_others_by_what_they_import():
    config = SandboxConfig()
    assert (config.preload, config.first_profile, config.preloaded_modules) == ("auto", "bare", ())
    assert [config.profile_for(code) for code in ("print(1)", "import numpy")] == ["bare", "maths"]
    assert {"numpy", "sympy"} <= set(config.modules_for("maths"))


@pytest.mark.parametrize(
    ("preload", "profile", "modules"),
    [("bare", "bare", set()), ("maths", "maths", {"numpy", "sympy"}), (("json",), "custom", {"json"})],
)
def test_a_preload_other_than_auto_serves_every_script(preload, profile, modules):
    config = SandboxConfig(preload=preload)
    assert (config.first_profile, config.profile_for("import numpy")) == (profile, profile)
    assert modules <= set(config.preloaded_modules)
    assert config.modules_for(profile) == config.preloaded_modules


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
