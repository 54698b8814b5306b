"""What the page is told, in the order in which it asks: the run, curves, lists of rollouts, one rollout."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from actors.frozen import Frozen

Kind = Literal["model", "script", "output", "environment"]
Order = Literal["newest", "oldest", "reward_high", "reward_low", "longest"]


class Span(Frozen):
    """Seconds that a phase took. Example: `Span(name="sft", wall_s=155.0)`."""

    name: str
    """Which phase of the driver."""
    wall_s: float
    """Seconds over all attempts."""


class Cell(Frozen):
    """An accuracy with its 95 % interval. Example: `Cell(mean=0.5, low=0.3, high=0.7, n=24)`."""

    mean: float
    """Share of right answers."""
    low: float
    """Lower end of Wilson's interval."""
    high: float
    """Upper end of the same interval."""
    n: int
    """How many items were asked."""


class PolicyLine(Frozen):
    """Accuracy of one policy. Example: `PolicyLine(policy="sft", all=..., trained=..., held_out=None)`."""

    policy: str
    """As named in evaluation.json: `base`, `sft`, `grpo`."""
    all: Cell
    """Over every item that it answered."""
    trained: Cell | None
    """New items of families that were trained on."""
    held_out: Cell | None
    """Items of families that were never trained on."""


class AgentLine(Frozen):
    """Accuracy of one way of answering under one policy. Example: `AgentLine(policy="sft", agent="text", cell=...)`."""

    policy: str
    """Which policy was asked."""
    agent: str
    """Which way of answering it used."""
    cell: Cell
    """Over the items that it answered in that way."""


class FamilyLine(Frozen):
    """What is known of one family. Example: `FamilyLine(family="gcd", split="test", accuracy={}, trained=40, ...)`."""

    family: str
    """Name of the family."""
    split: str
    """`held_out` where it was never trained on, `test` otherwise, empty where it was not evaluated."""
    accuracy: dict[str, Cell]
    """By policy, from evaluation.json."""
    trained: int
    """Rollouts of it that GRPO wrote down."""
    success: float | None
    """Share of right ones among those; null without any."""


class StageLine(Frozen):
    """One stage of the curriculum. Example: `StageLine(stage=1, first_step=1, last_step=8, num_tasks=64, ...)`."""

    stage: int
    """Its number, from 1."""
    first_step: int | None
    """First GRPO step in it; null where it was not reached."""
    last_step: int | None
    """Last GRPO step in it so far."""
    num_tasks: int
    """Tasks that it opens."""
    low: float | None
    """Least improvement potential of these tasks."""
    high: float | None
    """Greatest improvement potential of these tasks."""
    before: float | None
    """Success rate of these tasks before RL."""
    during: float | None
    """Mean success rate of the rollouts of its steps."""
    families: dict[str, int]
    """How many of its tasks each family has."""


class Choices(Frozen):
    """What the rollouts can be filtered by. Example: `Choices(phases=["train"], families=["gcd"], ...)`."""

    phases: list[str]
    """Phases that rollouts were written in."""
    families: list[str]
    """Families that were asked."""
    end_reasons: list[str]
    """Reasons for which rollouts ended."""
    stages: list[int]
    """Stages of the curriculum that training has reached."""
    steps: tuple[int, int] | None
    """First and last GRPO step with rollouts."""
    versions: tuple[int, int] | None
    """Oldest and newest policy version of a rollout."""
    rewards: tuple[float, float] | None
    """Least and greatest reward of a rollout."""


class RunState(Frozen):
    """The run as it stands. Example: what `GET /api/run` answers."""

    name: str
    """Name of the run, from its config."""
    model: str
    """Model that it trains, from its config."""
    updated: float | None
    """Unix seconds of the last line or file that it wrote."""
    now: float
    """Unix seconds when this was read."""
    at: str
    """Where the run is, in words: its last line of numbers."""
    is_over: bool
    """Whether all its phases are done."""
    notices: list[str]
    """What could not be read, and what that means."""
    phases: list[Span]
    """Phases that are over or were cut off, in their order."""
    policies: list[PolicyLine]
    """Accuracy of each policy that was evaluated."""
    agents: list[AgentLine]
    """Accuracy by way of answering, where evaluation.json tells them apart."""
    families: list[FamilyLine]
    """One line a family, by name."""
    stages: list[StageLine]
    """Stages of the curriculum, in their order."""
    numbers: dict[str, list[str]]
    """Names of the numbers in metrics.jsonl that have more than one step, by phase."""
    num_rollouts: int
    """Rollouts that can be read."""
    choices: Choices
    """What there is to filter rollouts by."""


class Curve(Frozen):
    """One number over the steps of a phase. Example: `Curve(phase="train", name="loss", steps=[1], values=[0.5])`."""

    phase: str
    """Phase of the driver that logged it."""
    name: str
    """As it is called in metrics.jsonl."""
    steps: list[int]
    """Steps of the points; the middle one where several were averaged."""
    values: list[float]
    """The number at each of these steps, those that are not finite left out."""
    averaged: int
    """Steps that one point stands for."""


class RolloutFilter(Frozen):
    """Which rollouts to list. Example: `RolloutFilter(family="gcd", right=False)`."""

    phase: str = ""
    """Only of this phase; empty for all."""
    family: str = ""
    """Only of this family; empty for all."""
    end_reason: str = ""
    """Only those that ended for this reason; empty for all."""
    right: bool | None = None
    """Only right or only wrong ones; null for both."""
    reward_from: float | None = None
    """Least reward to list; null for any."""
    reward_to: float | None = None
    """Greatest reward to list; null for any."""
    stage: int | None = None
    """Only GRPO steps of this stage of the curriculum; null for all."""
    step_from: int | None = None
    """First step to list; null for any."""
    step_to: int | None = None
    """Last step to list; null for any."""
    version_from: int | None = None
    """Oldest policy version to list; null for any."""
    version_to: int | None = None
    """Newest policy version to list; null for any."""
    text: Annotated[str, Field(max_length=500)] = ""
    """Words that the question or the transcript has, in capitals or not; empty for all."""
    order: Order = "newest"
    """Which ones come first."""
    page: Annotated[int, Field(ge=1)] = 1
    """Which page of the list, from 1."""
    size: Annotated[int, Field(ge=1, le=200)] = 50
    """Rollouts on a page."""


FilterQuery = Annotated[RolloutFilter, Query()]
"""The filter as FastAPI reads it from an address."""


class RolloutLine(Frozen):
    """One rollout in a list. Example: `RolloutLine(file="train-00001", rollout_id="train/1/0", ...)`."""

    file: str
    """Name of its file in rollouts/, without its ending."""
    rollout_id: str
    """Its name, unique in its file."""
    group_id: str
    """Name that it shares with its siblings."""
    phase: str
    """Phase of the run that asked for it."""
    step: int
    """Step that learned from it; 0 in an evaluation."""
    family: str
    """Family of its task."""
    reward: float
    """The reward that it earned."""
    is_correct: bool
    """Whether its answer is right."""
    end_reason: str
    """For what reason it ended."""
    num_tokens: int
    """Tokens that the model sampled."""
    version: int
    """Oldest policy version among its tokens."""
    num_scripts: int
    """Scripts that it ran."""
    beginning: str = ""
    """First words of its question, on one line."""


class RolloutPage(Frozen):
    """One page of a list. Example: what `GET /api/rollouts` answers."""

    total: int
    """Rollouts that fit the filter."""
    num_right: int
    """Right ones among all that fit."""
    rows: list[RolloutLine]
    """Those of this page, in order."""


class Tokens(Frozen):
    """The sampled tokens of a piece of text. Example: `Tokens(ends=[2, 5], logprobs=[-0.5, None], versions=[3, 3])`."""

    ends: list[int]
    """Where each ends in the piece, in characters; as far as the one before where a character takes several."""
    logprobs: list[float | None]
    """Log-probability under the policy that sampled it, in nats; null where it was not finite."""
    versions: list[int]
    """Policy version that sampled it."""


class Part(Frozen):
    """A piece of a transcript by one writer. Example: `Part(kind="script", text="print(6)", number=1)`."""

    kind: Kind
    """The model's words, a script of the model that was run (with its fences), what the model was shown of
    it, or other words that it was told between turns."""
    text: str
    """The piece itself, as it stands."""
    number: int | None = None
    """Which script it is or belongs to, from 1."""
    termination: str | None = None
    """How the script ended, beside its output."""
    tokens: Tokens | None = None
    """Tokens of what the model wrote; null where the run's tokenizer is not there, or they were not written down."""


class AsideText(Frozen):
    """What was said beside the conversation. Example: `AsideText(question="How far is it?", text="CODE")`."""

    question: str
    """What the model was asked."""
    text: str
    """What it said to that."""


class RolloutText(Frozen):
    """One rollout, whole. Example: what `GET /api/rollout` answers."""

    line: RolloutLine
    """What the list says of it."""
    task_id: str
    """Name of the task that it answers."""
    question: str
    """What was asked, in full."""
    parts: list[Part]
    """All after the prompt, in order."""
    asides: list[AsideText]
    """What the model said beside the conversation, such as a guide's words."""
    answer: str | None
    """Answer that was read from the model's words; null without one."""
    advantage: float | None
    """Its reward against its siblings', as the run's advantage has it; null where it is not known."""
    siblings: list[RolloutLine]
    """Rollouts of its group in the same file, itself among them."""
