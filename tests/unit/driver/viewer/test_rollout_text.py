from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from actors.records import Aside, EndReason, Execution, Rollout, RolloutGroup, Score, ScoredGroup, Source
from driver.config import RunConfig
from driver.config_loading import dump_config
from driver.viewer.rollout_text import rollout_text
from driver.viewer.run_reader import RunReader
from tests.unit.actors.rollout_cases import fixed, task
from tests.unit.driver.viewer.view_cases import (
    SHOWN,
    sampled,
    scored,
    write_rollouts,
    write_run,
    write_tokenizer,
)

TURN = "Hm.\n```python\nprint(6)\n```\n"


def _group(folder: Path) -> ScoredGroup:
    tokenizer = write_tokenizer(folder)
    rollout = Rollout(
        rollout_id="g/0",
        segments=(
            fixed(Source.PROMPT),
            sampled(TURN, tokenizer, version=3),
            fixed(Source.ENVIRONMENT, text=f"{SHOWN}6\n"),
            sampled("\u00c5<<<6>>>", tokenizer, version=4),
        ),
        executions=(
            Execution(code="print(6)\n", termination="ok", output=f"{SHOWN}6\n", duration_s=0.1, queue_s=0.0),
        ),
        asides=(Aside(question="How far is it?", text="DONE, it is answered.", num_tokens=4),),
        end_reason=EndReason.ANSWER,
        generate_s=1.0,
        execute_s=0.1,
    )
    return ScoredGroup(
        group=RolloutGroup(group_id="g", task=task(), rollouts=(rollout,)),
        scores=(Score(reward=1.0, is_correct=True, answer="6", breakdown={"outcome": 1.0}),),
        num_infrastructure=0,
    )


def test_every_piece_that_the_model_wrote_has_its_tokens(tmp_path: Path) -> None:
    write_rollouts(tmp_path, "train-00001", "train", 1, _group(tmp_path))
    found = rollout_text(RunReader(tmp_path), "train-00001", "g/0")
    assert found is not None
    words, script, output, answer = found.parts
    assert (words.text, script.text, output.text) == ("Hm.\n", "```python\nprint(6)\n```\n", f"{SHOWN}6\n")
    assert words.tokens is not None
    assert words.tokens.ends == [1, 2, 3, 4]
    assert words.tokens.logprobs == [0.0, -0.25, -0.5, -0.75]
    assert words.tokens.versions == [3, 3, 3, 3]
    assert script.tokens is not None
    # The script goes on where the words stopped: its first token is the fifth of the turn.
    assert (script.tokens.ends[0], script.tokens.logprobs[0]) == (1, -1.0)
    assert script.tokens.ends[-1] == len(script.text)
    assert output.tokens is None
    assert answer.tokens is not None
    # The letter's second byte ends it; the first one has no place of its own.
    assert answer.tokens.ends[:3] == [1, 2, 3]
    assert (answer.tokens.logprobs[0], answer.tokens.versions[0]) == (-0.25, 4)
    assert [(aside.question, aside.text) for aside in found.asides] == [
        ("How far is it?", "DONE, it is answered.")
    ]


def test_a_log_probability_that_is_not_finite_is_none(tmp_path: Path) -> None:
    group = _group(tmp_path)
    group.group.rollouts[0].segments[1].logprobs[0] = -np.inf
    write_rollouts(tmp_path, "train-00001", "train", 1, group)
    found = rollout_text(RunReader(tmp_path), "train-00001", "g/0")
    assert found is not None
    assert found.parts[0].tokens is not None
    assert found.parts[0].tokens.logprobs == [None, -0.25, -0.5, -0.75]


def test_a_row_of_an_older_version_is_read_without_tokens(tmp_path: Path) -> None:
    path = write_rollouts(tmp_path, "train-00001", "train", 1, _group(tmp_path))
    table = pq.read_table(path)
    old = [
        name
        for name in table.column_names
        if not name.startswith(("segment_", "token_", "aside_", "logprobs"))
    ]
    pq.write_table(table.select(old), path)
    found = rollout_text(RunReader(tmp_path), "train-00001", "g/0")
    assert found is not None
    assert [part.kind for part in found.parts] == ["model", "script", "output", "model"]
    assert [part.tokens for part in found.parts] == [None] * 4
    assert found.asides == []


@pytest.mark.parametrize(
    ("grpo", "rewards", "advantage"),
    [
        ({}, [1.0, 0.0], 0.5),
        # All right: nothing to learn, whatever their shaping says.
        ({}, [1.0, 1.0], 0.0),
        ({"requires_mixed_outcome": False}, [0.5, 0.1], 0.2),
        ({"advantage": "leave_one_out"}, [1.0, 0.0], 1.0),
        # Rewards of the step: 1, 0, 1, 1; their standard deviation with n - 1 is a half.
        ({"advantage": "batch", "std_floor": 0.0}, [1.0, 0.0], 1.0),
    ],
)
def test_the_advantage_is_the_learners(
    tmp_path: Path, grpo: dict[str, object], rewards: list[float], advantage: float
) -> None:
    config = RunConfig.model_validate({"folder": tmp_path, "learner": {"grpo": grpo}})
    (tmp_path / "config.yaml").write_text(dump_config(config))
    groups = [scored("train/1", "gcd", "?", rewards), scored("train/2", "gcd", "?", [1.0, 1.0])]
    write_rollouts(tmp_path, "train-00001", "train", 1, *groups)
    found = rollout_text(RunReader(tmp_path), "train-00001", "train/1/0")
    assert found is not None
    assert found.advantage == pytest.approx(advantage, abs=1e-6)


def test_settings_that_are_not_known_today_give_no_advantage(tmp_path: Path) -> None:
    reader = RunReader(write_run(tmp_path))
    for text in ("learner: {grpo: {advantage: sideways}}", "learner: 3", "name: ["):
        (tmp_path / "config.yaml").write_text(text)
        found = rollout_text(reader, "train-00001", "train/1/0")
        assert found is not None
        assert found.advantage is None
