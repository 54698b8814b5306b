import importlib

import pytest


def test_a_unit_test_that_starts_ray_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match="a unit test started Ray"):
        importlib.import_module("ray").init()
