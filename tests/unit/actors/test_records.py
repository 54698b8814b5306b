import pickle
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from actors import records
from actors.callables import Generation, SamplingSpec
from actors.frozen import Frozen
from actors.records import (
    Aside,
    EndReason,
    GroupSummary,
    PolicyVersion,
    Score,
    ScoredGroup,
    SftRollout,
    Source,
    StepReport,
    TensorSpec,
    WeightManifest,
)
from curriculum.task import TaskOutcome
from tests.unit.actors.rollout_cases import (
    ANSWER_TURN,
    SCRIPT_TURN,
    execution,
    execution_result,
    fixed,
    group,
    model_segment,
    rollout,
    task,
)

RIGHT = rollout([SCRIPT_TURN, ANSWER_TURN], version=3)
WRONG = rollout(
    [SCRIPT_TURN, SCRIPT_TURN, "Hm."], end_reason=EndReason.SILENT, version=2, terminations=["ok", "error"]
)
SCORED = ScoredGroup(
    group=group(RIGHT, WRONG),
    scores=(
        Score(reward=1.25, is_correct=True, answer="6", breakdown={"outcome": 1.0, "format": 0.25}),
        Score(reward=-0.25, is_correct=False, answer=None, breakdown={"outcome": 0.0, "format": -0.25}),
    ),
    num_infrastructure=1,
)
TENSOR = TensorSpec(name="w", dtype="float32", shape=(2,), bucket=0, offset=0, num_bytes=8)
EXAMPLES = [
    fixed(Source.PROMPT),
    model_segment("a"),
    execution(),
    Aside(question="q", text="a", num_tokens=1),
    RIGHT,
    group(RIGHT, WRONG),
    SCORED.scores[0],
    SCORED,
    GroupSummary.of(SCORED),
    SftRollout(trace_id="t", segments=(fixed(Source.PROMPT),)),
    StepReport(version=1, metrics={"loss": 0.5}),
    TENSOR,
    WeightManifest(version=1, tensors=(TENSOR,), checksums=("00-8",)),
    PolicyVersion(version=1, publish_s=0.1, load_s=0.2),
    task(),
    TaskOutcome(task_id="t", num_correct=1, num_rollouts=2, version=0),
    execution_result(),
    SamplingSpec(temperature=1.0, top_p=1.0, max_tokens=3, stop=("x",)),
    Generation(
        token_ids=np.arange(2, dtype=np.int32),
        logprobs=np.zeros(2, np.float32),
        versions=np.zeros(2, np.int32),
        text="ab",
        finish="stop",
    ),
]


def _plain(value: Any) -> Any:
    """A record as nested built-in values that can be compared; arrays with their dtype."""
    if isinstance(value, np.ndarray):
        return (str(value.dtype), value.tolist())
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def _names(values: list[Any]) -> list[str]:
    return [type(value).__name__ for value in values]


def test_every_record_has_an_example_here() -> None:
    listed = {n for n, v in vars(records).items() if isinstance(v, type) and issubclass(v, Frozen)}
    assert listed - {"Frozen"} <= set(_names(EXAMPLES))


@pytest.mark.parametrize("example", EXAMPLES, ids=_names(EXAMPLES))
def test_a_record_survives_pickling(example: Any) -> None:
    copy = pickle.loads(pickle.dumps(example, protocol=5))
    assert type(copy) is type(example)
    assert _plain(copy.model_dump()) == _plain(example.model_dump())


@pytest.mark.parametrize("example", EXAMPLES, ids=_names(EXAMPLES))
def test_a_record_is_frozen_and_refuses_unknown_fields(example: Any) -> None:
    name = next(iter(type(example).model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(example, name, getattr(example, name))
    fields = {key: getattr(example, key) for key in type(example).model_fields}
    assert type(example)(**fields)
    with pytest.raises(ValidationError, match="extra"):
        type(example)(**fields, stray=1)


@pytest.mark.parametrize("example", EXAMPLES, ids=_names(EXAMPLES))
def test_every_field_of_a_record_is_explained(example: Any) -> None:
    fields = type(example).model_fields.items()
    assert [name for name, field in fields if not field.description] == []


def test_a_summary_holds_the_numbers_worked_out_by_hand() -> None:
    # Turns of three tokens: two of the right rollout, three of the wrong one.
    assert GroupSummary.of(SCORED) == GroupSummary(
        group_id="g",
        task_id="s/f/0",
        family="f",
        num_rollouts=2,
        num_correct=1,
        num_infrastructure=1,
        mean_reward=0.5,
        num_generated_tokens=15,
        num_executions=3,
        num_turns=5,
        num_with_code=2,
        end_reasons={"answer": 1, "silent": 1},
        terminations={"ok": 2, "error": 1},
        oldest_version=2,
        # From the hand-over at 10 through 0.25 of waiting and 0.5 of running.
        execution_spans=((10.0, 10.75),) * 3,
        generate_s=3.0,
        execute_s=1.0,
        # 0.25 s in line, three times; both rewards are 0.75 from their mean of 0.5.
        queue_s=0.75,
        reward_std=0.75,
    )
    assert GroupSummary.of(SCORED).has_signal
    assert SCORED.success_rate == 0.5


def test_the_summary_of_a_group_of_which_nothing_counts_is_all_zeros() -> None:
    empty = ScoredGroup(group=group(), scores=(), num_infrastructure=4)
    summary = GroupSummary.of(empty)
    assert (summary.num_rollouts, summary.mean_reward, summary.oldest_version) == (0, 0.0, -1)
    assert not summary.has_signal
    assert empty.success_rate == 0.0


@pytest.mark.parametrize(("num_correct", "has_signal"), [(0, False), (1, True), (3, True), (4, False)])
def test_a_group_has_signal_when_right_and_wrong_rollouts_are_in_it(
    num_correct: int, has_signal: bool
) -> None:
    summary = GroupSummary.of(SCORED).model_copy(update={"num_rollouts": 4, "num_correct": num_correct})
    assert summary.has_signal is has_signal


def test_a_rollout_counts_its_own_turns_tokens_and_versions() -> None:
    assert (WRONG.num_turns, WRONG.num_generated_tokens, WRONG.oldest_version) == (3, 9, 2)
    assert WRONG.model_text == f"{SCRIPT_TURN}\n{SCRIPT_TURN}\nHm."
    silent = rollout([])
    assert (silent.num_turns, silent.num_generated_tokens, silent.oldest_version) == (0, 0, -1)
