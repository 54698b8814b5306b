"""The policy that a config asks for."""

from collections.abc import Sequence

from curriculum.config import CurriculumConfig
from curriculum.policies.online import OnlinePolicy
from curriculum.policies.policy import CurriculumPolicy
from curriculum.policies.stages import StagesPolicy
from curriculum.policies.uniform import UniformPolicy
from curriculum.potential import TaskPotential
from curriculum.task import Task


def curriculum_policy(
    tasks: Sequence[Task], potentials: Sequence[TaskPotential], config: CurriculumConfig
) -> CurriculumPolicy:
    """`config.policy` over these tasks.

    Args:
        tasks: All tasks that may be trained on, ids distinct.
        potentials: Measured success of some, all or none of them.
        config: Which policy, and its settings.
    """
    match config.policy:
        case "stages":
            return StagesPolicy(tasks, potentials, config)
        case "online":
            return OnlinePolicy(tasks, potentials, config)
        case "uniform":
            return UniformPolicy(tasks, potentials, config)
