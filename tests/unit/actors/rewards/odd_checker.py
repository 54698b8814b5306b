"""A checker that misbehaves when it is told to. On its own, since the checker's process imports it within the limit."""

import os
import time

from curriculum.task import Task


def is_six(_: Task, answer: str) -> bool:
    """Hangs, dies or raises by the answer; else right is 6."""
    if answer == "hang":
        time.sleep(60)
    if answer == "die":
        os._exit(1)
    if answer == "raise":
        raise ValueError("the payload is damaged")
    return answer == "6"
