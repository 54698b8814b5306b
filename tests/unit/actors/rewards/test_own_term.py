import re

import pytest
from pydantic import ValidationError

from actors.errors import RewardError
from actors.reward_scorer import RewardScorer
from actors.rewards.config import RewardConfig
from actors.rewards.own_term import own_term
from actors.rewards.scoring import scored_group
from tests.unit.actors.rollout_cases import ANSWER_TURN, SCRIPT_TURN, group, rollout

MODULE = "tests.unit.actors.rewards.own_terms"
GOOD = rollout([SCRIPT_TURN, ANSWER_TURN])


@pytest.mark.parametrize(
    ("shaping", "outcomes", "rewards"),
    [
        ("always", [True, False], [1.5, 0.5]),
        ("mixed_groups", [True, False], [1.5, 0.5]),
        ("always", [True, True], [1.5, 1.5]),
        ("mixed_groups", [True, True], [1.0, 1.0]),
        ("none", [True, False], [1.0, 0.0]),
    ],
)
def test_an_own_term_is_added_where_shaping_applies(
    shaping: str, outcomes: list[bool], rewards: list[float]
) -> None:
    config = RewardConfig.model_validate({"shaping": shaping, "format": 0, "turn_penalty": 0})
    scored = scored_group(group(GOOD, GOOD), outcomes, config, own_term(f"{MODULE}:half"))
    assert [score.reward for score in scored.scores] == rewards
    assert all(sum(score.breakdown.values()) == score.reward for score in scored.scores)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("no_such_module:half", "no reward term at reward.own=no_such_module:half (ModuleNotFoundError"),
        (f"{MODULE}:quarter", "has no attribute 'quarter'): give module:function"),
        (f"{MODULE}:NO_FUNCTION", "is a int: it must be a function"),
    ],
)
def test_a_scorer_whose_own_term_is_not_there_does_not_start(path: str, words: str) -> None:
    with pytest.raises(RewardError, match=re.escape(words)):
        RewardScorer(RewardConfig(shaping="always", own=path))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("not_a_number", "gave nan for rollout g/0: it must return a finite number"),
        ("nothing", "gave None for rollout g/0"),
        ("failing", "failed on rollout g/0 with KeyError: 'g/0'"),
    ],
)
def test_what_an_own_term_does_wrong_is_told_with_its_name(name: str, words: str) -> None:
    with pytest.raises(RewardError, match=re.escape(f"reward.own={MODULE}:{name} {words}")):
        own_term(f"{MODULE}:{name}")(GOOD, True)


def test_an_own_term_that_would_apply_nowhere_is_refused() -> None:
    with pytest.raises(ValidationError, match="is a shaping term, but"):
        RewardConfig(own=f"{MODULE}:half")


@pytest.mark.parametrize("path", ["half", "a:b:c", ":half", "module:", "a b:c"])
def test_a_path_of_another_form_is_refused(path: str) -> None:
    with pytest.raises(ValidationError, match="own"):
        RewardConfig(shaping="always", own=path)
