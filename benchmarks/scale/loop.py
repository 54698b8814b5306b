"""The training loop in simulated time: the trainer's own buffer, and in place of each actor what it takes.

    curriculum -> [room in the buffer] -> engine <-> sandbox -> scorer -> buffer -> ranks -> weights -> engines
                        one driver loop makes all the calls between them, one at a time

Where a simulated group stands for k, the serial parts take k times as long for it; engines, ranks and sandbox cores are
as many times fewer.
"""

from collections.abc import Iterable
from typing import Any

import simpy

from actors.records import GroupSummary
from curriculum.task import Task
from driver.phases.group_buffer import GroupBuffer, Ticket
from scale.closed_forms import fetch_s, prepare_s, submit_s, weights_s
from scale.draws import RolloutDraw, group_draws, has_signal
from scale.results import StepTimes, collected
from scale.settings import ScaleSettings
from scale.stations import Engine, Station, Steps

_TASK = Task(task_id="s/f/1", family="f", source="s", split="train", question="q", checker="c", payload="{}")
_MS = 1e-3


class Loop:
    """One simulated run. Example: `Loop(ScaleSettings(gpus=16)).run()`."""

    def __init__(self, settings: ScaleSettings) -> None:
        """Nothing has happened yet."""
        self.settings = settings
        self.k = settings.stands_for
        self.env = env = simpy.Environment()
        self.driver = Station(env, settings.driver_loops)
        self.scorer = Station(env, settings.scorers)
        self.curriculum = Station(env)
        cores = settings.sandbox_cores_per_gpu * settings.gpus / self.k
        self.sandbox = Station(env, cores if cores == float("inf") else max(1, round(cores)))
        self.ranks, self.weights = Station(env), Station(env)
        self.engines = [
            Engine(env, settings.decode_base_ms * _MS, settings.decode_sequence_ms * _MS)
            for _ in range(settings.ranks // self.k)
        ]
        places = settings.max_sequences // settings.group_size * len(self.engines)
        self._places = simpy.Resource(env, places)
        num_steps = settings.warm_up_steps + settings.num_steps
        self._groups_per_step = settings.groups_per_step // self.k
        # Its last steps would find less room: the run ends before them.
        self.buffer = GroupBuffer(
            self._groups_per_step,
            num_steps + 2 + settings.max_staleness,
            max_staleness=settings.max_staleness,
            refill=settings.refill,
            max_refill_factor=settings.max_refill_factor,
        )
        self._num_steps = num_steps
        self._num_admitted = 0
        self._woken = env.event()
        self._is_waiting = False
        self.steps: list[StepTimes] = []
        self.groups_done = 0

    def run(self) -> dict[str, Any]:
        """All steps; what they took, as `scale.results.collected` has it."""
        self.env.run(until=self.env.process(self._train()))
        return collected(self)

    def _train(self) -> Steps:
        self._fill()
        while len(self.steps) < self._num_steps:
            if len(self.steps) == self.settings.warm_up_steps:
                self._count_anew()
            began = self.env.now
            yield from self._ready()
            ready = self.env.now
            tickets = self.buffer.take()
            self._fill()
            yield from self._learned(tickets)
            learned = self.env.now
            yield from self._published()
            self.buffer.updated()
            self._fill()
            published = self.env.now
            yield from self._write(len(tickets))
            self.steps.append(
                StepTimes(
                    wait_s=ready - began,
                    train_s=learned - ready,
                    sync_s=published - learned,
                    write_s=self.env.now - published,
                )
            )

    def _ready(self) -> Steps:
        """Wait as the step does: woken by every finished group, it looks through the buffer."""
        self._is_waiting = True
        while not self.buffer.is_ready():
            self._woken = self.env.event()
            yield self._woken
        self._is_waiting = False

    def _fill(self) -> None:
        """Admit what there is room for; the draw itself is quick."""
        for _ in range(self.buffer.room()):
            ticket = self.buffer.admit(str(self._num_admitted), _TASK)
            self.env.process(self._group(ticket, self._num_admitted))
            self._num_admitted += 1

    def _group(self, ticket: Ticket, number: int) -> Steps:
        settings, k = self.settings, self.k
        half_s = k * settings.driver_ms * _MS / 2
        yield from self.driver.serve(half_s)
        draws = group_draws(settings, number)
        with self._places.request() as place:
            yield place
            engine = min(self.engines, key=lambda e: e.num_rollouts)
            engine.num_rollouts += len(draws)
            yield self.env.all_of([self.env.process(self._rollout(engine, draw)) for draw in draws])
            engine.num_rollouts -= len(draws)
        yield from self.scorer.serve(k * settings.score_ms * _MS)
        yield from self.curriculum.serve(k * settings.curriculum_ms * _MS)
        yield from self.driver.serve(half_s + self._scan_s())
        self.groups_done += 1
        self.buffer.complete(ticket, _trained_tokens(settings, draws), _summary(settings, number))
        self._fill()
        if not self._woken.triggered:
            self._woken.succeed()

    def _scan_s(self) -> float:
        if not self._is_waiting:
            return 0.0
        in_buffer = self._groups_per_step * (1 + self.settings.max_staleness) * self.k
        return self.k * in_buffer * self.settings.scan_ns / 1e9

    def _rollout(self, engine: Engine, draw: RolloutDraw) -> Steps:
        for turn, tokens in enumerate(draw.turn_tokens):
            yield engine.generate(tokens)
            if turn < len(draw.script_s):
                yield from self.sandbox.serve(draw.script_s[turn])

    def _learned(self, tickets: list[Ticket]) -> Steps:
        settings = self.settings
        yield from self.driver.serve(submit_s(settings))
        tokens = self.k * sum(ticket.reference for ticket in tickets)
        passes_s = tokens / (settings.ranks * settings.learner_tokens_s)
        yield from self.ranks.serve(fetch_s(settings) + prepare_s(settings) + passes_s)

    def _published(self) -> Steps:
        way = weights_s(self.settings)
        yield from self.weights.serve(way["publish"] + way["network"] + way["verify"])
        for engine in self.engines:
            engine.pause()
        yield from self.weights.serve(way["hand over"])
        # The learner need not wait for it.
        self.env.process(self._refilled(way["refill"]))

    def _refilled(self, seconds: float) -> Steps:
        yield self.env.timeout(seconds)
        for engine in self.engines:
            engine.resume()

    def _write(self, num_groups: int) -> Steps:
        # Of several loops each writes its own.
        seconds = self.k * self.settings.write_ms * _MS / self.settings.driver_loops
        for _ in range(num_groups):
            yield from self.driver.serve(seconds)

    def stations(self) -> dict[str, Station]:
        """All that have a line, by name."""
        return {
            "driver": self.driver,
            "scorer": self.scorer,
            "curriculum": self.curriculum,
            "sandbox": self.sandbox,
            "ranks": self.ranks,
            "weights": self.weights,
        }

    def _count_anew(self) -> None:
        for station in self.stations().values():
            station.reset()
        for engine in self.engines:
            engine.busy_s = engine.tokens_made = 0.0
        self.groups_done = 0


def _trained_tokens(settings: ScaleSettings, draws: Iterable[RolloutDraw]) -> float:
    responses = sum(sum(d.turn_tokens) + len(d.script_s) * settings.output_tokens for d in draws)
    return settings.prompt_tokens + responses


def _summary(settings: ScaleSettings, number: int) -> GroupSummary:
    size = settings.group_size
    return GroupSummary.model_construct(
        num_rollouts=size,
        num_infrastructure=0,
        num_correct=size // 2 if not settings.refill or has_signal(settings, number) else size,
    )
