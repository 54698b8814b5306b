"""Which rollouts are kept out of the loss for how they went, whatever they earned. Pure.

Their rewards stay in their group's baseline, since they were earned; their tokens are in no average and no gradient.
"""

from actors.episodes.scripts import complete_script
from actors.learning.config import GrpoConfig
from actors.records import Rollout
from curriculum.tasks.answers import extract_answer


def is_left_out(rollout: Rollout, grpo: GrpoConfig) -> bool:
    """Whether the config keeps this rollout out of the loss: cut off by a token limit, or with a void turn."""
    return (grpo.overlong == "mask" and rollout.is_overlong) or (
        grpo.void_turns == "mask" and has_void_turn(rollout)
    )


def has_void_turn(rollout: Rollout) -> bool:
    """Whether a turn has neither a complete script nor an answer (SimpleTIR, arXiv 2509.02479).

    Of the agents here `guided` goes on after such a turn; for the others a turn without a script is the last, so that
    only a silent rollout has one, or one that a token limit cut off.
    """
    return any(complete_script(text) is None and extract_answer(text) is None for text in rollout.turn_texts)
