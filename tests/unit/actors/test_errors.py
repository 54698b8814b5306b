import pickle

import pytest

from actors import errors as actor_errors
from driver import errors as driver_errors
from sandbox_service import errors as sandbox_errors

BASES = {
    actor_errors: actor_errors.ActorError,
    driver_errors: driver_errors.DriverError,
    sandbox_errors: sandbox_errors.SandboxError,
}
ERRORS = [
    (error, base)
    for module, base in BASES.items()
    for error in vars(module).values()
    if isinstance(error, type) and issubclass(error, Exception)
]


@pytest.mark.parametrize(("error", "base"), ERRORS, ids=[e.__name__ for e, _ in ERRORS])
def test_an_error_survives_pickling(error: type[Exception], base: type[Exception]) -> None:
    raised = error("what happened: what to do")
    copy = pickle.loads(pickle.dumps(raised))
    assert type(copy) is error
    assert str(copy) == str(raised) == "what happened: what to do"


@pytest.mark.parametrize(("error", "base"), ERRORS, ids=[e.__name__ for e, _ in ERRORS])
def test_an_error_has_the_base_of_its_folder_and_a_standard_one(
    error: type[Exception], base: type[Exception]
) -> None:
    assert issubclass(error, base)
    assert issubclass(error, RuntimeError)
    assert error.__doc__


def test_errors_are_also_what_a_caller_of_the_standard_library_expects() -> None:
    assert issubclass(driver_errors.ConfigError, ValueError)
    assert issubclass(driver_errors.ModelMissingError, FileNotFoundError)
    assert issubclass(actor_errors.StaleRolloutError, ValueError)
