"""A task and what became of it."""

from curriculum.frozen import Frozen


class Task(Frozen):
    """One question with what its checker needs.

    Example: `Task(task_id="reasoning_gym/gcd/00017", family="gcd", source="reasoning_gym", split="train",
    question="Find the GCD of ...", checker="reasoning_gym", payload='{"answer": "6", ...}')`.
    """

    task_id: str
    """`source/family/number`, unique and stable."""
    family: str
    """Which of the task families it belongs to."""
    source: str
    """Where the family comes from."""
    split: str
    """`sft`, `train`, `test` (trained families, unseen items) or `held_out` (families never trained on)."""
    question: str
    """What the model is asked."""
    checker: str
    """Name of the checker in `curriculum.tasks.checkers`."""
    payload: str
    """JSON the checker reads: the reference answer, metadata."""


class TaskOutcome(Frozen):
    """How one group of rollouts on a task went: the feedback to the curriculum."""

    task_id: str
    """Id of the task that was tried."""
    num_correct: int
    """How many of the rollouts were right."""
    num_rollouts: int
    """Scored rollouts; those that failed on our side are not counted."""
    version: int
    """Oldest policy version among them."""
