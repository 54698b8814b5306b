"""Who runs where: a run config in, one spec per role out. Pure; driver/launch.py acts on it.

A CPU reservation decides only what fits on a node, it caps nothing. On a machine without GPUs the engine and the
learner therefore reserve little, so that two cores hold a whole run; on a GPU they reserve what feeds a GPU.
"""

from collections.abc import Mapping
from typing import Literal

from actors.frozen import Frozen
from actors.sandbox_pool.scaling_policy import ScalingConfig
from driver.config import RunConfig
from driver.errors import PlacementError

Role = Literal["rollout", "learner", "scorer", "curriculum", "sandbox", "directory"]

SANDBOX_RESOURCE = "sandbox"
"""Custom resource of a node that runs scripts: one per node in cluster.yaml, so one sandbox actor per node."""

_CPUS_WITHOUT_GPU = 0.2
_CPUS_PER_GPU = 4.0
_CPUS_OF_SMALL_ACTOR = 0.1

_CURES = {
    "GPU": "lower placement.rollout_workers or add a node in cluster.yaml",
    "CPU": "lower placement.sandbox_cpus or placement.rollout_workers, or add a node in cluster.yaml",
    SANDBOX_RESOURCE: "lower placement.sandbox_executors or raise the sandbox pool's max_workers in cluster.yaml",
}


class ActorSpec(Frozen):
    """All actors of one role; every number is per actor.

    Example: `ActorSpec(name="rollout", role="rollout", count=2, max_count=2, num_cpus=4, num_gpus=1,
    resources={}, label=None)`.
    """

    name: str
    """First part of the actors' names in the dashboard."""
    role: Role
    """Which of the roles the actors have; it decides their class."""
    count: int
    """How many at the start, and never fewer."""
    max_count: int
    """How many at most; more than `count` only for a pool that follows its backlog."""
    num_cpus: float
    """CPUs that Ray reserves for one actor."""
    num_gpus: float
    """GPUs that Ray reserves for one actor."""
    resources: dict[str, float]
    """Custom resources that Ray reserves for one actor, by name."""
    label: str | None
    """Value of the node label `pool` that they need, `!value` for any but it; None runs anywhere."""

    @property
    def needs(self) -> dict[str, float]:
        """What one of them reserves, by Ray's resource names; without zeros."""
        named = {"CPU": self.num_cpus, "GPU": self.num_gpus, **self.resources}
        return {name: amount for name, amount in named.items() if amount}


class Placement(Frozen):
    """All roles of a run."""

    actors: tuple[ActorSpec, ...]
    """What to start, one spec per role."""
    autoscaled_roles: tuple[Role, ...] = ()
    """Roles whose nodes come only once their actors wait for them: not needed at the start."""

    @property
    def totals(self) -> dict[str, float]:
        """What all actors together reserve at their fewest, by resource."""
        return _sum(self.actors)

    @property
    def needed_at_start(self) -> dict[str, float]:
        """What must be there before the run begins, by resource."""
        return _sum(tuple(spec for spec in self.actors if spec.role not in self.autoscaled_roles))


def plan(config: RunConfig) -> Placement:
    """Specs of the roles of this run.

    Raises:
        PlacementError: the engine is split over another number of GPUs than a rollout worker gets, or several ranks
            of the learner would come to lie on one GPU.
    """
    where, engine = config.placement, config.engine
    gpus = where.gpus_per_rollout_worker
    has_engine = config.endpoint_model is None
    if has_engine and max(gpus, 1) != engine.tensor_parallel_size:
        raise PlacementError(
            f"engine.tensor_parallel_size={engine.tensor_parallel_size} but placement.gpus_per_rollout_worker="
            f"{gpus:g}: make them equal (one, a share of one, or none on the CPU, for an engine that is not split)"
        )
    alone = config.evaluation.alone
    if not alone and 0 < where.gpus_per_learner_rank < 1 and config.learner.num_ranks > 1:
        raise PlacementError(
            f"learner.num_ranks={config.learner.num_ranks} with placement.gpus_per_learner_rank="
            f"{where.gpus_per_learner_rank:g} could put two ranks on one GPU, which NCCL refuses: give each rank a "
            "whole one, or have one rank"
        )
    # The labels exist where cluster.yaml made the nodes; a single machine has none.
    pooled = where.use_sandbox_resource
    small: list[Role] = ["scorer"] if alone else ["scorer", "curriculum"]
    if where.most_sandbox_executors > 1:
        # One executor that stays needs no list of those there are.
        small.append("directory")
    actors = (
        *(
            [_computing(config, "rollout", where.rollout_workers, where.gpus_per_rollout_worker)]
            if has_engine
            else []
        ),
        *(
            []
            if alone
            else [_computing(config, "learner", config.learner.num_ranks, where.gpus_per_learner_rank)]
        ),
        *(_small(role, pooled) for role in small),
        ActorSpec(
            name="sandbox",
            role="sandbox",
            count=where.sandbox_executors,
            max_count=where.most_sandbox_executors,
            num_cpus=where.sandbox_cpus,
            num_gpus=0,
            resources={SANDBOX_RESOURCE: 1} if pooled else {},
            label="sandbox" if pooled else None,
        ),
    )
    return Placement(actors=actors, autoscaled_roles=("sandbox",) if pooled else ())


def scaling(config: RunConfig) -> ScalingConfig:
    """How the sandbox pool follows its backlog."""
    where = config.placement
    return ScalingConfig(
        min_executors=where.sandbox_executors,
        max_executors=where.most_sandbox_executors,
        num_workers=config.sandbox.num_workers,
        scale_up_backlog=where.sandbox_scale_up_backlog,
        idle_s=where.sandbox_idle_s,
    )


def check(placement: Placement, available: Mapping[str, float]) -> None:
    """Refuse a run that could never be where.

    Args:
        placement: what the run needs.
        available: what the cluster has now, by Ray's resource names.

    Raises:
        PlacementError: something is too little; the message says which roles need how much and what to change.
    """
    for resource, needed in placement.needed_at_start.items():
        there = available.get(resource, 0.0)
        # Ray counts in ten-thousandths: a smaller lack is rounding.
        if needed <= there + 1e-4:
            continue
        unit = resource if resource == resource.lower() else f"{resource}s"
        parts = [
            f"{_number(spec.needs[resource] * spec.count)} {spec.role}"
            for spec in placement.actors
            if resource in spec.needs and spec.role not in placement.autoscaled_roles
        ]
        raise PlacementError(
            f"placement needs {_number(needed)} {unit} ({' + '.join(parts)}) but the cluster has {_number(there)}: "
            f"{_CURES.get(resource, 'add a node in cluster.yaml')}"
        )


def _computing(config: RunConfig, role: Literal["rollout", "learner"], count: int, gpus: float) -> ActorSpec:
    """Actors that compute, on GPUs where they have some."""
    return ActorSpec(
        name=role,
        role=role,
        count=count,
        max_count=count,
        num_cpus=_cpus_beside(gpus),
        num_gpus=gpus,
        resources={},
        label=role if config.placement.use_sandbox_resource and gpus else None,
    )


def _small(role: Role, pooled: bool) -> ActorSpec:
    return ActorSpec(
        name=role,
        role=role,
        count=1,
        max_count=1,
        num_cpus=_CPUS_OF_SMALL_ACTOR,
        num_gpus=0,
        resources={},
        # On a sandbox node it would leave too few CPUs for the sandbox actor, and keep the node from going.
        label=f"!{SANDBOX_RESOURCE}" if pooled else None,
    )


def _cpus_beside(gpus: float) -> float:
    return _CPUS_PER_GPU * gpus if gpus else _CPUS_WITHOUT_GPU


def _sum(actors: tuple[ActorSpec, ...]) -> dict[str, float]:
    total: dict[str, float] = {}
    for spec in actors:
        for name, amount in spec.needs.items():
            # Rounded as Ray counts, so that tenths add up.
            total[name] = round(total.get(name, 0.0) + amount * spec.count, 4)
    return total


def _number(amount: float) -> str:
    return f"{amount:g}"
