from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from actors.records import EndReason, Score, ScoredGroup, Segment, Source
from driver.commands.view import print_rollouts
from driver.errors import RunFolderError
from driver.outputs.rollout_files import SCHEMA, RolloutWriter
from tests.unit.actors.rollout_cases import ANSWER_TURN, SCRIPT_TURN, group, rollout

SCORED = ScoredGroup(
    group=group(
        rollout([SCRIPT_TURN, ANSWER_TURN], version=2),
        rollout(["Hm."], end_reason=EndReason.SILENT, rollout_id="g/1"),
    ),
    scores=(
        Score(reward=1.0, is_correct=True, answer="6", breakdown={"outcome": 1.0}),
        Score(reward=0.0, is_correct=False, answer=None, breakdown={"outcome": 0.0}),
    ),
    num_infrastructure=0,
)


def test_every_rollout_is_a_row_with_what_was_said_run_and_scored(tmp_path: Path) -> None:
    writer = RolloutWriter(tmp_path)
    writer.add("train", 3, SCORED)
    writer.write("train-00003")
    table = pq.read_table(tmp_path / "train-00003.parquet")
    assert table.schema.equals(SCHEMA)
    first, second = table.to_pylist()
    assert (first["phase"], first["step"], first["rollout_id"], first["task_id"]) == (
        "train",
        3,
        "g/0",
        "s/f/0",
    )
    assert first["transcript"] == SCRIPT_TURN + "Code Execution Results:\n<<<99>>>" + ANSWER_TURN
    assert (first["code"], first["output"], first["termination"]) == (["print(6)\n"], ["6"], ["ok"])
    assert (first["answer"], first["is_correct"], first["num_tokens"], first["version"]) == ("6", True, 6, 2)
    assert (second["answer"], second["end_reason"], second["code"]) == (None, "silent", [])
    assert first["segment_source"] == ["model", "environment", "model"]
    assert [first["transcript"][: first["segment_chars"][0]], first["segment_tokens"]] == [
        SCRIPT_TURN,
        [3, 4, 3],
    ]
    assert (first["token_ids"], first["logprobs"]) == ([0, 1, 2, 0, 1, 2], [-0.5] * 6)
    assert (first["token_versions"], first["aside_text"]) == ([2] * 6, [])


def test_the_tokens_of_a_rollout_take_few_bytes(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    num_tokens, num_rollouts = 400, 64
    rollouts = []
    for index in range(num_rollouts):
        segment = Segment(
            source=Source.MODEL,
            token_ids=(rng.zipf(1.3, num_tokens) % 49_152).astype(np.int32),
            # Half of them certain, as greedy stretches of text are.
            logprobs=(-rng.exponential(0.3, num_tokens) * (rng.random(num_tokens) < 0.5)).astype(np.float32),
            versions=np.full(num_tokens, 7, np.int32),
            text="",
        )
        one = rollout(["x"], rollout_id=f"g/{index}")
        rollouts.append(one.model_copy(update={"segments": (one.segments[0], segment)}))
    score = Score(reward=1.0, is_correct=True, answer="6", breakdown={"outcome": 1.0})
    writer = RolloutWriter(tmp_path)
    writer.add(
        "train",
        1,
        ScoredGroup(group=group(*rollouts), scores=(score,) * num_rollouts, num_infrastructure=0),
    )
    writer.write("a")
    assert (tmp_path / "a.parquet").stat().st_size < 4 * num_tokens * num_rollouts


def test_what_was_written_is_forgotten_and_a_file_may_hold_no_row(tmp_path: Path) -> None:
    writer = RolloutWriter(tmp_path)
    writer.add("train", 1, SCORED)
    writer.write("a")
    writer.write("b")
    assert pq.read_table(tmp_path / "a.parquet").num_rows == 2
    assert pq.read_table(tmp_path / "b.parquet").num_rows == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.parquet", "b.parquet"]


def test_a_folder_that_cannot_be_written_to_is_told_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="set folder= to a place that can be written to"):
        RolloutWriter(tmp_path / "none").write("a")


def test_rollouts_are_printed_with_their_question_and_score(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rollouts").mkdir()
    writer = RolloutWriter(tmp_path / "rollouts")
    writer.add("train", 1, SCORED)
    writer.write("train-00001")
    print_rollouts(str(tmp_path), None, count=1)
    shown = capsys.readouterr().out
    assert "2 * 3?" in shown
    assert "<<<6>>>" in shown
    assert "reward 1.00" in shown
    assert "g/1" not in shown
    with pytest.raises(RunFolderError, match="no rollout file train-00009"):
        print_rollouts(str(tmp_path), "train-00009", count=1)
