"""Puts together what the overview shows, from files that are there, half written, or not there yet."""

import functools
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import yaml
from pydantic import ValidationError

from actors.learning.config import GrpoConfig
from driver.errors import RunFolderError
from driver.outputs.metrics import MetricLine
from driver.outputs.run_folder import RunFolder, read_json
from driver.viewer.curves import curve, numbers, stage_lines
from driver.viewer.evaluation_lines import agent_lines, family_lines, policy_lines
from driver.viewer.metrics_tail import MetricsTail
from driver.viewer.records import Choices, Curve, RunState, Span
from driver.viewer.rollout_index import RolloutIndex
from driver.viewer.token_ends import TokenEnds

_Line = TypeVar("_Line")


class RunReader:
    """One run folder, read anew at each look. Example: `RunReader(Path("runs/laptop")).state()`."""

    def __init__(self, folder: Path) -> None:
        """Look at a run folder.

        Raises:
            RunFolderError: there is no such folder.
        """
        if not folder.is_dir():
            raise RunFolderError(
                f"there is no run folder {folder}: give the folder of a run, as in its config"
            )
        self._run = RunFolder(folder)
        self._metrics = MetricsTail(folder)
        self._known: dict[Path, tuple[tuple[int, int], dict[str, Any]]] = {}
        self.rollouts = RolloutIndex(self._run.rollouts)
        self.token_ends = TokenEnds([self._run.sft_model, self._run.final_model])

    @property
    def name(self) -> str:
        """Name of the run, from its config; of its folder where that cannot be read."""
        return str(self._config([]).get("name") or self._run.root.resolve().name)

    def state(self) -> RunState:
        """The run as it stands; what cannot be read is told in `notices` and left out."""
        notices: list[str] = []
        lines = self._metrics.lines()
        rows = self.rollouts.refresh()
        config = self._config(notices)
        evaluation = self._json(self._run.evaluation, notices)
        potential = self._json(self._run.potential, notices)
        phases = self._json(self._run.phases, notices)
        written = [x for x in (lines[-1].time if lines else None, self.rollouts.newest) if x is not None]
        is_over = self._run.evaluation.exists()
        told = functools.partial(_told, notices)
        return RunState(
            name=str(config.get("name") or self._run.root.resolve().name),
            model=str(config.get("model") or ""),
            updated=max(written, default=None),
            now=time.time(),
            at="all phases are done" if is_over else _at(lines),
            is_over=is_over,
            phases=told("phases.json", lambda: _spans(phases)),
            policies=told("evaluation.json", lambda: policy_lines(evaluation)),
            agents=told("evaluation.json", lambda: agent_lines(evaluation)),
            families=told("evaluation.json", lambda: family_lines(evaluation, rows)),
            stages=told("potential.json", lambda: stage_lines(potential, lines)),
            numbers=numbers(lines),
            num_rollouts=rows.num_rows,
            choices=_choices(rows, sorted(self.steps_of_stage())),
            # Last: what stands above adds to them.
            notices=[*self._metrics.notices, *self.rollouts.notices, *dict.fromkeys(notices)],
        )

    def curves(self, phase: str, names: Sequence[str]) -> list[Curve]:
        """The curves of some numbers of one phase, those without a value left out."""
        lines = sorted((x for x in self._metrics.lines() if x.phase == phase), key=lambda x: x.step)
        return [found for name in names if (found := curve(phase, name, lines)).steps]

    def steps_of_stage(self) -> dict[int, set[int]]:
        """GRPO steps by stage of the curriculum."""
        steps: dict[int, set[int]] = {}
        for line in self._metrics.lines():
            stage = line.values.get("stage", math.nan)
            if line.phase == "train" and math.isfinite(stage):
                steps.setdefault(int(stage), set()).add(line.step)
        return steps

    def grpo(self) -> GrpoConfig | None:
        """How the run learns; None where its config does not say so in the words of today."""
        learner: Any = self._config([]).get("learner")
        try:
            return GrpoConfig.model_validate(learner["grpo"])
        except (KeyError, TypeError, ValidationError):
            return None

    def _json(self, path: Path, notices: list[str]) -> dict[str, Any]:
        """The object in a file, empty where there is none; read once as long as the file stays as it is."""
        try:
            status = path.stat()
        except OSError:
            return {}
        stamp = (status.st_mtime_ns, status.st_size)
        known = self._known.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        try:
            content = read_json(path)
        except RunFolderError as error:
            notices.append(f"{error}; until then this page goes without it")
            return {}
        self._known[path] = stamp, content
        return content

    def _config(self, notices: list[str]) -> dict[str, Any]:
        try:
            content = yaml.safe_load(self._run.config.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, yaml.YAMLError) as error:
            notices.append(f"config.yaml cannot be read ({str(error).splitlines()[0]})")
            return {}
        return content if isinstance(content, dict) else {}


def _told(notices: list[str], name: str, made: Callable[[], list[_Line]]) -> list[_Line]:
    """What `made` gives; nothing, and a notice, where the file has not the form that a run gives it."""
    try:
        return made()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        notices.append(f"{name} has not the form that a run gives it ({type(error).__name__}: {error})")
        return []


def _spans(phases: Mapping[str, Any]) -> list[Span]:
    return [Span(name=name, wall_s=phase["wall_s"]) for name, phase in phases.items()]


def _at(lines: Sequence[MetricLine]) -> str:
    # A run that goes on logs its set-up once more: where it is, is where it was.
    last = next((line for line in reversed(lines) if line.phase != "setup"), None)
    if last is None:
        return "set-up"
    return f"{last.phase}, step {last.step}" if last.step else last.phase


def _choices(rows: pa.Table, stages: list[int]) -> Choices:
    steps = rows.filter(pc.field("phase") == "train")["step"]
    return Choices(
        phases=_distinct(rows["phase"]),
        families=_distinct(rows["family"]),
        end_reasons=_distinct(rows["end_reason"]),
        stages=stages,
        steps=_range(steps),
        versions=_range(rows["version"]),
        rewards=_range(rows["reward"]),
    )


def _distinct(column: pa.ChunkedArray) -> list[str]:
    return sorted(value for value in pc.unique(column).to_pylist() if value)


def _range(column: pa.ChunkedArray) -> Any:
    found = pc.min_max(column).as_py()
    return None if found["min"] is None else (found["min"], found["max"])
