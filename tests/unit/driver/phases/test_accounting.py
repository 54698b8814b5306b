"""Every rollout is accounted for after every event, whatever becomes of groups, workers and steps."""

import asyncio
from typing import Any

import pytest
from fake_actors import RIGHT, WRONG, FakeWorker, World
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.records import StepReport
from driver.phases.train import GrpoTraining
from tests.unit.driver.phases.loop_cases import config, is_balanced, prepared, session, train_lines

ENDINGS = "wwwwnhlk"
"""Of a group: well, no signal, half of it lost, all of it lost, its worker killed."""


class Story(World):
    """What becomes of each group, by its number, and how late; the loop's sums are checked at every call."""

    def __init__(self, endings: list[str], delays: list[int]) -> None:
        super().__init__()
        self.endings, self.delays = endings, delays
        self.loop: GrpoTraining | None = None
        self.rollout = self.said
        calls = ("load", "score", "observe", "choose", "publish", "save", "metrics")
        self.hooks = {**dict.fromkeys(calls, self.balanced), "group": self.delayed, "step": self.learned}

    def ending(self, name: str) -> str:
        """Of the group that a rollout or group of this name belongs to."""
        return self.endings[int(name.split("/")[1]) % len(self.endings)]

    def said(self, name: str) -> str | None:
        """By one rollout of a group."""
        index = int(name.rsplit("/", 1)[1])
        match self.ending(name):
            case "l":
                return None
            case "h" if index >= 2:
                return None
            case "n":
                return RIGHT
        return RIGHT if index % 2 else WRONG

    async def delayed(self, worker: FakeWorker, name: str) -> None:
        """As late as told, and with its worker if that is how it ends."""
        self.balanced()
        for _ in range(self.delays[int(name.split("/")[1]) % len(self.delays)]):
            await asyncio.sleep(0)
        if self.ending(name) == "k":
            worker.kill()

    def learned(self, version: int, names: list[str]) -> StepReport | None:
        """Some steps are refused."""
        self.balanced()
        if self.calls["step"] % 4 == 3:
            num_rollouts = self.rollouts_of(names)
            return StepReport(version=version, metrics={}, num_refused=num_rollouts, refusal="loss nan")
        return None

    def rollouts_of(self, names: list[str]) -> int:
        """Rollouts that counted in these groups of four."""
        return sum(2 if self.ending(name) == "h" else 4 for name in names)

    def balanced(self, *_: Any) -> None:
        """generated = trained + dropped + buffered."""
        if self.loop is not None:
            numbers = self.loop._buffer.accounting()
            gone = sum(numbers["dropped"].values())
            assert numbers["generated"] == numbers["trained"] + gone + numbers["buffered"]


@settings(max_examples=60)
@given(
    max_staleness=st.integers(0, 2),
    refill=st.booleans(),
    # At least one group in ten ends well, or training would have nothing to go on with.
    endings=st.lists(st.sampled_from(ENDINGS), max_size=9).map(lambda drawn: [*drawn, "w"]),
    delays=st.lists(st.integers(0, 12), min_size=1, max_size=9),
)
async def test_the_accounting_holds_after_every_event_in_any_order_of_events(
    tmp_path_factory: pytest.TempPathFactory,
    max_staleness: int,
    refill: bool,
    endings: list[str],
    delays: list[int],
) -> None:
    folder = tmp_path_factory.mktemp("run")
    prepared(folder)
    world = Story(endings, delays)
    limits = {"replacements_per_hour": 10_000, "lost_groups": 10_000, "refused_steps": 100}
    training = {"max_staleness": max_staleness, "refill": refill, "checkpoint_every": 100}
    with session(config(folder, training=training, recovery=limits), world) as attempt:
        world.loop = GrpoTraining(attempt)
        try:
            await world.loop.begin()
            await asyncio.wait_for(world.loop.train(), 60.0)
        finally:
            await world.loop.end()
            await attempt.cluster.close()
    world.balanced()
    assert world.loop._buffer.buffered == 0
    lines = train_lines(folder)
    assert [line.step for line in lines] == [1, 2, 3, 4, 5]
    assert all(is_balanced(line) for line in lines)
    assert all(age <= max_staleness for age in world.staleness)
    assert lines[-1].values["trained"] == sum(world.rollouts_of(names) for _, names in world.steps)
