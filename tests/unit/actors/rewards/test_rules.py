import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.records import EndReason
from actors.rewards.rules import format_term, given_answer, has_right_format, overlong_term, turn_term
from curriculum.tasks.answers import extract_answer
from tests.unit.actors.rollout_cases import ANSWER_TURN, SCRIPT_TURN, rollout


def test_the_last_answer_in_the_models_own_words_is_given() -> None:
    assert given_answer(rollout(["I guess <<<5>>>\n" + SCRIPT_TURN, "No: <<<6>>>"])) == "6"


def test_what_the_environment_or_a_script_says_is_not_given() -> None:
    # The environment's text in these rollouts holds <<<99>>>.
    assert given_answer(rollout([SCRIPT_TURN, "So."])) is None
    assert given_answer(rollout(["```python\nprint('<<<7>>>')\n```\n", "So."])) is None


def test_scripts_then_an_answer_is_the_right_format() -> None:
    assert has_right_format(rollout([ANSWER_TURN]))
    assert has_right_format(rollout([SCRIPT_TURN, ANSWER_TURN]))
    assert has_right_format(rollout([SCRIPT_TURN, SCRIPT_TURN, ANSWER_TURN]))


def test_a_turn_before_the_last_without_a_complete_script_is_the_wrong_format() -> None:
    assert not has_right_format(rollout(["```python\nprint(1)\n", ANSWER_TURN]))
    assert not has_right_format(rollout([SCRIPT_TURN, "Hm.", ANSWER_TURN]))


@pytest.mark.parametrize("end_reason", sorted(set(EndReason) - {EndReason.ANSWER}))
def test_a_rollout_that_did_not_end_with_an_answer_has_the_wrong_format(end_reason: EndReason) -> None:
    assert not has_right_format(rollout([SCRIPT_TURN, ANSWER_TURN], end_reason=end_reason))


def test_format_is_worth_its_weight_either_way() -> None:
    assert format_term(rollout([ANSWER_TURN]), 0.1) == 0.1
    assert format_term(rollout(["Hm."], end_reason=EndReason.SILENT), 0.1) == -0.1


@given(st.integers(1, 12), st.integers(1, 12))
def test_turns_cost_once_when_there_are_more_than_are_free(num_turns: int, free_turns: int) -> None:
    turns = [SCRIPT_TURN] * (num_turns - 1) + [ANSWER_TURN]
    assert turn_term(rollout(turns), 0.1, free_turns) == (-0.1 if num_turns > free_turns else 0.0)


def test_a_script_left_open_in_one_turn_does_not_reach_into_the_next() -> None:
    turns = ["```python\nprint(1)\n```\nand\n```python\nprint('<<<5>>>')\n", ANSWER_TURN]
    assert given_answer(rollout(turns)) == "6"
    assert given_answer(rollout(turns[:1])) is None


@given(
    st.lists(
        st.sampled_from(["```python", "~~~py", "```", "~~~", "  ", "\n", "<<<5>>>", "x", "- "]), max_size=12
    )
)
def test_a_rollout_of_one_turn_gives_the_answer_that_a_check_of_its_text_gives(parts: list[str]) -> None:
    text = "".join(parts)
    assert given_answer(rollout([text])) == extract_answer(text)


@pytest.mark.parametrize(
    ("max_rollout_tokens", "max_turn_tokens", "term"),
    [
        # The rollout below has 4 tokens of prompt, 3 of a turn, 4 of output, 3 of a turn: 14; the longest turn has 3.
        (24, 100, 0.0),  # 10 tokens of room: where the window begins
        (22, 100, -0.2 * 2),  # 8 of 10
        (19, 100, -0.5 * 2),
        (14, 100, -2.0),  # at the limit
        (100, 8, -0.5 * 2),  # 5 of 10 before the limit of a turn
        (19, 5, -0.8 * 2),  # the nearer limit counts
        (10, 100, -2.0),  # beyond, and no more
    ],
)
def test_the_overlong_penalty_grows_over_its_window(
    max_rollout_tokens: int, max_turn_tokens: int, term: float
) -> None:
    found = overlong_term(
        rollout([SCRIPT_TURN, ANSWER_TURN]),
        2.0,
        window=10,
        max_turn_tokens=max_turn_tokens,
        max_rollout_tokens=max_rollout_tokens,
    )
    assert found == pytest.approx(term)


@pytest.mark.parametrize("end_reason", [EndReason.TURN_TOKENS, EndReason.ROLLOUT_TOKENS])
def test_a_rollout_that_a_token_limit_cut_off_pays_in_full(end_reason: EndReason) -> None:
    held = rollout([SCRIPT_TURN], end_reason=end_reason)
    assert overlong_term(held, 1.0, window=10, max_turn_tokens=900, max_rollout_tokens=900) == -1.0


def test_a_rollout_that_ran_out_of_scripts_does_not_pay_for_its_length() -> None:
    held = rollout([SCRIPT_TURN], end_reason=EndReason.EXECUTIONS)
    assert overlong_term(held, 1.0, window=10, max_turn_tokens=900, max_rollout_tokens=900) == 0.0
