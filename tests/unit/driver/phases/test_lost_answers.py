"""What `evaluate` and `potential` do when an answer does not reach the disk. The session only pretends to roll out."""

import json
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from actors.handles.calls import Reference
from actors.records import GroupSummary, RolloutGroup, Score, ScoredGroup
from curriculum.tasks.sets.parquet import freeze
from driver.config import RunConfig
from driver.config_loading import load_config
from driver.errors import RunAbortedError
from driver.outputs.metrics import MetricsLog, read_metrics
from driver.outputs.progress import Progress
from driver.outputs.run_folder import RunFolder, read_lines
from driver.phases import evaluate, potential
from driver.phases.tasks import built_tasks
from driver.session import GroupJob, RollsOut, Session
from tests.unit.actors.rollout_cases import ANSWER_TURN, rollout
from tests.unit.driver.summary_cases import summary


@dataclass(eq=False)
class _Given:
    """A reference that is there already."""

    group: ScoredGroup

    def __await__(self) -> Generator[None, None, ScoredGroup]:
        yield
        return self.group


@dataclass
class AnsweringSession(Session):
    """Answers every job at once; `lost` jobs lose every rollout, and `harm` is done to the disk after each sweep."""

    lost: set[str] = field(default_factory=set)
    harm: Callable[[], None] = lambda: None
    asked: list[str] = field(default_factory=list)

    async def sweep(
        self,
        jobs: Iterable[GroupJob],
        done: Callable[[GroupJob, Reference, GroupSummary], Awaitable[None]],
        rollouts: RollsOut | None = None,
    ) -> None:
        for job in jobs:
            self.asked.append(job.group_id)
            count = 0 if job.group_id in self.lost else 1
            group = RolloutGroup(
                group_id=job.group_id, task=job.task, rollouts=(rollout([ANSWER_TURN]),) * count
            )
            score = Score(reward=1.0, is_correct=True, answer="6", breakdown={"outcome": 1.0})
            scored = ScoredGroup(group=group, scores=(score,) * count, num_infrastructure=1 - count)
            await done(
                job,
                _Given(scored),
                summary(
                    count, count, group_id=job.group_id, task_id=job.task.task_id, family=job.task.family
                ),
            )
        self.harm()


class _Rollouts:
    async def load_folder(self, folder: str, version: int) -> float:
        return 0.0


CONFIG = load_config(
    "smoke", ["tasks.train_per_family=3", "tasks.test_per_family=2", "tasks.held_out_per_family=2"]
)


@contextmanager
def _session(root: Path, config: RunConfig = CONFIG, **changes: Any) -> Iterator[AnsweringSession]:
    folder = RunFolder(root)
    if not folder.tasks.is_file():
        freeze(built_tasks(config.tasks), folder.tasks)
        folder.rollouts.mkdir()
    with MetricsLog(root, "run") as metrics, Progress() as progress:
        session = AnsweringSession(
            config,
            folder,
            root,
            metrics,
            progress,
            lambda: SimpleNamespace(start_rollouts=_Rollouts),
            **changes,
        )
        session.start_cluster()
        try:
            yield session
        finally:
            session.memory.stop()


def _without_line(path: Path, number: int) -> None:
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:number] + lines[number + 1 :]))


async def test_an_answer_that_is_not_on_the_disk_stops_the_evaluation_and_alone_is_asked_again(
    tmp_path: Path,
) -> None:
    partial = RunFolder(tmp_path).evaluation_partial
    with _session(tmp_path) as session:
        ids = [t.task_id for split in ("test", "held_out") for t in session.tasks.split(split)]
        cut = iter([lambda: _without_line(partial, 1)])
        session.harm = lambda: next(cut, lambda: None)()
        with pytest.raises(RunAbortedError) as caught:
            await evaluate.run(session)
        assert f"evaluate asked {3 * len(ids)} questions, {3 * len(ids) - 1} answers are written" in str(
            caught.value
        )
        assert f"1 are missing (first: ('base', 'code_agent', '{ids[1]}'))" in str(caught.value)
        assert not session.folder.evaluation.exists()
    with _session(tmp_path) as session:
        await evaluate.run(session)
        assert session.asked == [f"evaluate/base/{ids[1]}"]
        found = json.loads(session.folder.evaluation.read_text())["policies"]
        assert all({i["task_id"] for i in policy["items"]} == set(ids) for policy in found.values())
        assert not partial.exists()


async def test_an_item_that_lost_every_rollout_is_named_and_counts_as_accounted_for(tmp_path: Path) -> None:
    with _session(tmp_path) as session:
        task_id = session.tasks.split("test")[0].task_id
        session.lost = {f"evaluate/sft/{task_id}"}
        await evaluate.run(session)
        found = json.loads(session.folder.evaluation.read_text())["policies"]
    assert found["sft"]["lost"] == [task_id]
    assert found["base"]["lost"] == found["grpo"]["lost"] == []
    assert len(found["sft"]["items"]) == len(found["base"]["items"]) - 1


async def test_a_count_that_is_not_on_the_disk_stops_the_measurement_of_potential(tmp_path: Path) -> None:
    partial = RunFolder(tmp_path).potential_partial
    with _session(tmp_path) as session:
        first, second, *_ = [t.task_id for t in session.tasks.split("train")]
        agent = session.config.potential.agents[0]
        session.lost = {f"potential/{agent}/{second}"}
        session.harm = lambda: _without_line(partial, 0)
        with pytest.raises(
            RunAbortedError, match=r"asked 6 questions, 4 answers .* 1 were lost .* 1 are missing"
        ):
            await potential.run(session)
    with _session(tmp_path) as session:
        await potential.run(session)
        # The lost one, which is in no file, is asked again as well.
        assert session.asked == [f"potential/{agent}/{i}" for i in (first, second)]
        assert len(json.loads(session.folder.potential.read_text())["tasks"]) == 6
    assert read_lines(partial) == []


# Everything is right: 1 of 1, 2 of 2 and so on.
# Beta(k + 1, 1) has the interval 0.05^(1/(k+1)) to 0.95^(1/(k+1)): 0.607 wide at k = 2, 0.514 at 3.
EARLY = load_config(
    "smoke",
    ["tasks.train_per_family=3", "potential.samples=4", "potential.settled_width=0.55"],
)


async def test_sampling_of_a_settled_task_stops_and_what_that_saved_is_written_down(tmp_path: Path) -> None:
    with _session(tmp_path, EARLY) as session:
        agent = session.config.potential.agents[0]
        ids = [t.task_id for t in session.tasks.split("train")]
        session.lost = {f"potential/{agent}/{ids[0]}"}
        await potential.run(session)
        rounds = [f"potential/{agent}/{{}}", f"potential/{agent}/{{}}/1", f"potential/{agent}/{{}}/2"]
        everyone = [name.format(task_id) for name in rounds for task_id in ids]
        # The one that lost a group has 2 of 2 after three rounds, and is alone in the fourth.
        assert session.asked == [*everyone, f"potential/{agent}/{ids[0]}/3"]
        found = json.loads(session.folder.potential.read_text())
    assert [t["agents"][agent] for t in found["tasks"]] == [{"num_correct": 3, "num_rollouts": 3}] * 6
    # Five tasks were spared their fourth; what was lost is not saved.
    assert (found["num_rollouts"], found["num_saved"]) == (18, 5)
    logged = [line.values for line in read_metrics(tmp_path) if line.phase == "potential"]
    assert [values["rollouts_saved"] for values in logged] == [5]


async def test_a_measurement_stopped_between_two_rounds_asks_what_it_would_have_asked(tmp_path: Path) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with _session(tmp_path, EARLY) as session:
        sweeps = iter([lambda: None, stop])
        session.harm = lambda: next(sweeps)()
        with pytest.raises(KeyboardInterrupt):
            await potential.run(session)
        before = session.asked
    with _session(tmp_path, EARLY) as session:
        await potential.run(session)
        assert not set(before) & set(session.asked)
        assert [name.rpartition("/")[2] for name in session.asked] == ["2"] * 6
        found = json.loads(session.folder.potential.read_text())
    assert found["num_rollouts"] == 18


def test_rounds_are_quarters_of_the_samples_and_one_where_nothing_settles() -> None:
    assert potential.round_sizes(20, 0.3) == [5, 5, 5, 5]
    assert potential.round_sizes(6, 0.3) == [1, 2, 1, 2]
    assert potential.round_sizes(2, 0.3) == [1, 1]
    assert potential.round_sizes(20, 0.0) == [20]
