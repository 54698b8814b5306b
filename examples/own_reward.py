"""A reward term of one's own: a function of a rollout and whether its answer is right, added where shaping applies.

    python -m driver run laptop folder=runs/clean reward.shaping=mixed_groups \
        reward.own=examples.own_reward:clean_scripts

With `mixed_groups` it counts only among siblings of which some are right and some wrong, so that it can never be all
that the policy learns from. The function runs in the scorer's own process, without a time limit: keep it quick. What it
raises, and what is no finite number, ends the run with its name.
"""

from actors.records import Rollout

WEIGHT = 0.2


def clean_scripts(rollout: Rollout, is_correct: bool) -> float:
    """`WEIGHT` times the share of scripts that ran without an error, for right answers; nothing for wrong ones.

    A wrong answer earns nothing by harmless scripts, and a rollout without scripts is not paid for having none.
    """
    if not is_correct or not rollout.executions:
        return 0.0
    return (
        WEIGHT
        * sum(execution.termination == "ok" for execution in rollout.executions)
        / len(rollout.executions)
    )
