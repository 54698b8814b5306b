import pytest

from sandbox_service.profiles import PROFILES, modules_of, profile_of
from tests.support.cpu_time import least_cpu_s


@pytest.mark.parametrize(
    ("code", "profile"),
    [
        ("print(1 + 1)", "bare"),
        ("import json, math\nfrom collections import Counter", "bare"),
        ("import numpy", "maths"),
        ("import os, numpy as np", "maths"),
        ("from sympy.abc import x", "maths"),
        ("def f():\n    from sympy import (\n        Symbol,\n    )", "maths"),
        ("if True: import numpy", "maths"),
        ("x = 1; import numpy as np", "maths"),
        ("np = __import__('numpy')", "maths"),
        ("import matplotlib.pyplot as plt\nimport numpy as np", "science"),
        ("import importlib\nimportlib.import_module('sympy')", "maths"),
        ("import math  # no numpy here, but who knows", "maths"),
        ("", "bare"),
        ("import numpy\0", "maths"),
        ("this is (no Python\n", "bare"),
    ],
)
def test_a_script_goes_to_the_smallest_profile_with_its_imports(code, profile):
    assert profile_of(code) == profile


def test_a_module_that_is_not_installed_names_no_profile(monkeypatch):
    monkeypatch.setattr("sandbox_service.profiles._is_installed", lambda name: name == "numpy")
    assert profile_of("import scipy") == "bare"
    assert modules_of("science") == ("numpy",)


def test_each_profile_holds_what_the_smaller_one_holds():
    assert set(PROFILES["bare"]) < set(PROFILES["maths"]) < set(PROFILES["science"])


def test_the_look_at_a_long_script_does_not_grow_without_bound():
    code = "import nump, symp, panda\n" * 40_000
    assert profile_of(code) == "bare"
    assert least_cpu_s(lambda: profile_of(code)) < 2
