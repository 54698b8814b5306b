"""How far each phase has come and how long it will take: bars on a terminal, now and then a line elsewhere.

Every call returns at once, so that it can be used between two awaits.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars

from driver.outputs.durations import duration

_SAMPLES = 50


@dataclass
class _Phase:
    total: float
    began: float
    said: float
    done: float = 0.0
    note: str = ""
    samples: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=_SAMPLES))

    def seconds_left(self) -> float | None:
        """By the pace of the last steps; what a resumed phase found done is the first sample, not a step."""
        if len(self.samples) < 2:
            return None
        (t0, n0), (t1, n1) = self.samples[0], self.samples[-1]
        return (self.total - self.done) * (t1 - t0) / (n1 - n0) if n1 > n0 else None


class Progress:
    """`with Progress() as p: p.start("train", 24); p.advance("train", note="reward 0.42"); p.finish("train")`."""

    def __init__(
        self,
        console: Console | None = None,
        interval_s: float = 15.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._interval_s = interval_s
        self._clock = clock
        self._phases: dict[str, _Phase] = {}
        self._bars = _bars(self._console) if self._console.is_terminal else None
        self._rows: dict[str, TaskID] = {}

    def start(self, name: str, total: float) -> None:
        """A phase of `total` units begins."""
        now = self._clock()
        self._phases[name] = _Phase(total=total, began=now, said=now)
        if self._bars is not None:
            self._rows[name] = self._bars.add_task(name, total=total, note="")
        else:
            self.say(f"{name}: begins, {total:g} to do")

    def advance(self, name: str, n: float = 1, note: str = "") -> None:
        """`n` units more are done; `note` stays until the next one."""
        phase, now = self._phases[name], self._clock()
        phase.done += n
        phase.note = note or phase.note
        phase.samples.append((now, phase.done))
        if self._bars is not None:
            self._bars.update(self._rows[name], advance=n, note=escape(phase.note))
        elif now - phase.said >= self._interval_s:
            phase.said = now
            self.say(_line(name, phase))

    def finish(self, name: str) -> None:
        """The phase is over, wherever it stands."""
        phase = self._phases.pop(name)
        if self._bars is not None:
            self._bars.stop_task(self._rows.pop(name))
        else:
            took = duration(self._clock() - phase.began)
            self.say(f"{name}: finished {phase.done:g}/{phase.total:g} in {took}" + _noted(phase))

    def say(self, text: str) -> None:
        """One line to the user, above the bars."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def __enter__(self) -> Self:
        if self._bars is not None:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()


def _bars(console: Console) -> Bars:
    return Bars(
        TextColumn("{task.description}", style="bold"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", style="dim"),
        console=console,
        # Redrawing costs CPU, which the run needs more.
        refresh_per_second=2,
    )


def _line(name: str, phase: _Phase) -> str:
    left = phase.seconds_left()
    time_left = f", about {duration(left)} left" if left is not None else ""
    return f"{name}: {phase.done:g}/{phase.total:g}{time_left}" + _noted(phase)


def _noted(phase: _Phase) -> str:
    return f" ({phase.note})" if phase.note else ""
