"""A reward term of one's own, named `module:function` in `reward.own` (examples/own_reward.py)."""

import importlib
import math
from collections.abc import Callable
from numbers import Real

from actors.errors import RewardError
from actors.records import Rollout

OwnTerm = Callable[[Rollout, bool], float]
"""From a rollout and whether its answer is right to a number that is added to its reward."""


def own_term(path: str) -> OwnTerm:
    """The function at `module:function`, held to what it must return.

    Raises:
        RewardError: there is no such function. The function returned here raises it where the user's own fails or
            returns anything but a finite number.
    """
    module, _, name = path.partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise RewardError(
            f"no reward term at reward.own={path} ({type(error).__name__}: {error}): give module:function, importable "
            "from the folder where the run is started"
        ) from error
    if not callable(function):
        raise RewardError(f"reward.own={path} is a {type(function).__name__}: it must be a function")

    def checked(rollout: Rollout, is_correct: bool) -> float:
        try:
            term = function(rollout, is_correct)
        except Exception as error:
            raise RewardError(
                f"reward.own={path} failed on rollout {rollout.rollout_id} with {type(error).__name__}: {error}"
            ) from error
        if not isinstance(term, Real) or not math.isfinite(term):
            raise RewardError(
                f"reward.own={path} gave {term!r} for rollout {rollout.rollout_id}: it must return a finite number"
            )
        return float(term)

    return checked
