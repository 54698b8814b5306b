"""Calls that never come back, actors that are dead, records that are gone: each an error of ours, in time."""

import asyncio
import importlib
from typing import Any

import pytest

from actors.errors import ActorLostError, EngineError, LearnerError, RecordLostError
from actors.handles.calls import fetched, in_time, own_errors
from actors.handles.learner import LearnerHandles

# By name: only the two homes of Ray and tests/ray may import it.
RAY = importlib.import_module("ray.exceptions")


class Rank:
    """Looks like an actor handle of a learner rank: every method answers as told, or never."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self.called: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return _Method(self, name)

    async def answer(self, name: str) -> Any:
        self.called.append(name)
        if self._answer is None:
            await asyncio.sleep(999)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


class _Method:
    def __init__(self, rank: Rank, name: str) -> None:
        self._rank, self._name = rank, name

    def remote(self, *_: Any) -> Any:
        return self._rank.answer(self._name)


async def failing(error: Exception) -> None:
    raise error


def learner(*answers: Any) -> LearnerHandles:
    return LearnerHandles([Rank(answer) for answer in answers], start_s=0.0, limit_s=0.05)


@pytest.mark.parametrize(
    "call",
    [
        lambda ranks: ranks.begin_phase("grpo", 5),
        lambda ranks: ranks.train_step([], 0),
        lambda ranks: ranks.setup("model", "grpo"),
        lambda ranks: ranks.save_checkpoint("folder", {}),
        lambda ranks: ranks.load_checkpoint("folder"),
        lambda ranks: ranks.save_hf("folder"),
        lambda ranks: ranks.publish(0, 1),
    ],
)
@pytest.mark.parametrize("answer", [None, RAY.ActorDiedError()])
async def test_a_rank_that_hangs_or_dies_is_an_error_of_the_learner(call: Any, answer: Any) -> None:
    with pytest.raises(LearnerError, match=r"no answer within|see the dashboard"):
        await call(learner(answer))


async def test_one_rank_that_hangs_does_not_wait_for_the_others_to_be_missed() -> None:
    with pytest.raises(LearnerError, match=r"no answer within 0.05 s.*or raise recovery\.learner_s"):
        await learner({}, None).save_hf("folder")


async def test_every_rank_is_called_and_the_first_ones_answer_counts() -> None:
    ranks = [Rank({"step": 3}), Rank({"step": 4})]
    assert await LearnerHandles(ranks, start_s=0.0, limit_s=5.0).load_checkpoint("folder") == {"step": 3}
    assert [rank.called for rank in ranks] == [["load_checkpoint"]] * 2


async def test_ranks_are_ended_even_if_they_do_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.handles.learner.CLOSE_S", 0.05)
    ranks, killed = [Rank(None), Rank({})], []
    await LearnerHandles(ranks, start_s=0.0, limit_s=5.0).close(killed.append)
    assert killed == ranks


async def test_our_own_errors_come_back_as_they_were_raised() -> None:
    raised = RAY.RayTaskError("f", "trace", EngineError("the engine died"))
    with pytest.raises(EngineError, match="the engine died"):
        await own_errors(failing(raised), ActorLostError)


async def test_a_record_that_went_with_its_node_is_told_from_an_actor_that_is_lost() -> None:
    gone = RAY.ObjectLostError("00" * 28, None, "")
    with pytest.raises(RecordLostError, match="did its node go"):
        await own_errors(failing(gone), ActorLostError)
    with pytest.raises(ActorLostError, match="see the dashboard"):
        await own_errors(failing(RAY.ActorUnavailableError("down", None)), ActorLostError)


async def test_groups_that_do_not_come_in_time_are_lost_records() -> None:
    with pytest.raises(RecordLostError, match="no answer within"):
        await fetched([asyncio.sleep(999)], 0.01)


async def test_a_cancelled_call_is_cancelled_and_no_timeout() -> None:
    running = asyncio.ensure_future(in_time(asyncio.sleep(999), 60.0, ActorLostError))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
