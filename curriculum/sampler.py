"""Draws tasks without repeats inside an epoch, promising ones first and oftener, leaving none out for long.

An epoch draws a share of the open pool by weight. A task left out of `max_rest_epochs` epochs in a row is
drawn before all others in the next one. The generator is owned and saved, so a resumed sampler goes on
exactly as it would have.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

_NEVER = -2  # the epoch before the first counts as -1
_LEAST_WEIGHT = 0.02  # an estimate of zero signal is never certain


class TaskSampler:
    """Draws indices of tasks. Example: `TaskSampler(100, seed=0, epoch_share=0.5, max_rest_epochs=3)`."""

    def __init__(self, num_tasks: int, *, seed: int, epoch_share: float, max_rest_epochs: int) -> None:
        self._epoch_share = epoch_share
        self._max_rest_epochs = max_rest_epochs
        self._generator = np.random.Generator(np.random.PCG64(seed))
        self.epoch = 0
        self._drawn = np.zeros(num_tasks, dtype=bool)
        self._last_epoch = np.full(num_tasks, _NEVER, dtype=np.int64)

    def draw(self, num: int, pool: np.ndarray, weights: np.ndarray) -> list[int]:
        """Draws task indices.

        Args:
            num: How many; none comes twice unless the pool is smaller.
            pool: int [P], indices of the open tasks.
            weights: float [num_tasks], how promising each task is, at least 0.
        """
        if not len(pool):
            raise ValueError("the open pool is empty: a stage plan never opens without tasks")
        newly_open = pool[self._last_epoch[pool] == _NEVER]
        self._last_epoch[newly_open] = self.epoch - 1
        batch: list[int] = []
        while len(batch) < num:
            room = self._room(pool)
            if room == 0:
                self._start_epoch()
                continue
            waiting = pool[~self._drawn[pool]]
            fresh = np.setdiff1d(waiting, batch)
            chosen = self._ranked(fresh if len(fresh) else waiting, weights)[: min(room, num - len(batch))]
            self._drawn[chosen] = True
            self._last_epoch[chosen] = self.epoch
            batch += chosen.tolist()
        return batch

    def state_dict(self) -> dict[str, Any]:
        """All that decides what is drawn next, as JSON."""
        return {
            "generator": self._generator.bit_generator.state,
            "epoch": self.epoch,
            "drawn": np.flatnonzero(self._drawn).tolist(),
            "last_epoch": self._last_epoch.tolist(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from a saved state.

        Raises:
            ValueError: If fields are missing or unknown, or it is of another number of tasks.
        """
        check_fields(state, ("generator", "epoch", "drawn", "last_epoch"), "sampler")
        if len(state["last_epoch"]) != len(self._last_epoch):
            raise ValueError(
                f"sampler state of {len(state['last_epoch'])} tasks, but there are {len(self._last_epoch)}: "
                "resume with the task set the run began with"
            )
        self._generator.bit_generator.state = state["generator"]
        self.epoch = int(state["epoch"])
        self._drawn[:] = False
        self._drawn[np.asarray(state["drawn"], dtype=np.int64)] = True
        self._last_epoch[:] = state["last_epoch"]

    def _room(self, pool: np.ndarray) -> int:
        """Draws left in this epoch: its share of the pool, and at least everyone overdue."""
        drawn = self._drawn[pool]
        share = math.ceil(self._epoch_share * len(pool)) - int(drawn.sum())
        return max(share, int((self._overdue(pool) & ~drawn).sum()), 0)

    def _overdue(self, indices: np.ndarray) -> np.ndarray:
        return np.asarray(self.epoch - self._last_epoch[indices] > self._max_rest_epochs)

    def _ranked(self, candidates: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Candidates as a weighted draw without replacement orders them (Gumbel keys), overdue ones first."""
        keys = np.log(np.maximum(weights[candidates], _LEAST_WEIGHT))
        keys += self._generator.gumbel(size=len(candidates))
        return np.asarray(candidates[np.lexsort((-keys, ~self._overdue(candidates)))])

    def _start_epoch(self) -> None:
        self.epoch += 1
        self._drawn[:] = False


def check_fields(state: dict[str, Any], fields: Sequence[str], owner: str) -> None:
    """Refuses a state with unknown or missing fields.

    Raises:
        ValueError: Naming them.
    """
    missing, unknown = set(fields) - state.keys(), state.keys() - set(fields)
    if missing or unknown:
        raise ValueError(
            f"{owner} state misses {sorted(missing)} and has unknown {sorted(unknown)}: "
            "it was written by another version, start a new run"
        )
