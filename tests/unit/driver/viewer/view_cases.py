"""A small run folder, written by what writes real ones, with a rollout that tries to be more than text."""

from collections.abc import Sequence
from pathlib import Path

import httpx
import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from actors.records import EndReason, Execution, Rollout, RolloutGroup, Score, ScoredGroup, Segment, Source
from driver.config import RunConfig
from driver.config_loading import dump_config
from driver.outputs.metrics import MetricsLog
from driver.outputs.rollout_files import RolloutWriter
from driver.outputs.run_folder import RunFolder, write_json
from driver.viewer.app import create_app
from driver.viewer.run_reader import RunReader
from tests.unit.actors.rollout_cases import fixed, task

HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"></pre></script>"
    "<svg onload=document.title='owned'> &lt;b&gt; ${1+1} \x1b[31m"
)
SHOWN = "Code Execution Results:\n"

Turn = tuple[str, str, str, str]
"""Words before a script, the script, what it printed, how it ended."""


def byte_tokenizer() -> Tokenizer:
    """A token for each byte, token 256 a special one: a letter beyond ASCII takes several."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|end|>"])
    return tokenizer


BYTES = byte_tokenizer()


def write_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a run folder, beside its SFT model."""
    RunFolder(folder).sft_model.mkdir(parents=True)
    BYTES.save(str(RunFolder(folder).sft_model / "tokenizer.json"))
    return BYTES


def sampled(text: str, tokenizer: Tokenizer, version: int = 0) -> Segment:
    """A model segment whose n-th token has log-probability -n / 4; it ends with the special token."""
    ids = [*tokenizer.encode(text).ids, 256]
    return Segment(
        source=Source.MODEL,
        token_ids=np.asarray(ids, np.int32),
        logprobs=np.arange(len(ids), dtype=np.float32) / -4,
        versions=np.full(len(ids), version, np.int32),
        text=text,
    )


def rollout(
    rollout_id: str,
    turns: Sequence[Turn],
    last: str,
    *,
    version: int = 0,
    end_reason: EndReason = EndReason.ANSWER,
) -> Rollout:
    """A conversation of these turns and a last one without a script; each byte of a turn is a token."""
    segments: list[Segment] = [fixed(Source.PROMPT)]
    executions = []
    for words, script, printed, ending in turns:
        segments.append(sampled(f"{words}\n```python\n{script}```\n", BYTES, version=version))
        segments.append(fixed(Source.ENVIRONMENT, text=SHOWN + printed))
        executions.append(
            Execution(code=script, termination=ending, output=SHOWN + printed, duration_s=0.1, queue_s=0.0)
        )
    segments.append(sampled(last, BYTES, version=version))
    return Rollout(
        rollout_id=rollout_id,
        segments=tuple(segments),
        executions=tuple(executions),
        end_reason=end_reason,
        generate_s=1.0,
        execute_s=0.1,
    )


def scored(
    group_id: str, family: str, question: str, rewards: Sequence[float], **changes: object
) -> ScoredGroup:
    """A group in which those with a reward of one are right; all of them say the same."""
    turns = changes.get("turns", [("Count.", "print(6)\n", "6\n", "ok")])
    last = changes.get("last", "It is <<<6>>>")
    version = changes.get("version", 0)
    end_reason = changes.get("end_reason", EndReason.ANSWER)
    rollouts = [
        rollout(f"{group_id}/{i}", turns, last, version=version, end_reason=end_reason)  # type: ignore[arg-type]
        for i in range(len(rewards))
    ]
    return ScoredGroup(
        group=RolloutGroup(
            group_id=group_id,
            task=task(f"s/{family}/{group_id[-1]}", family=family, question=question),
            rollouts=tuple(rollouts),
        ),
        scores=tuple(
            Score(reward=r, is_correct=r == 1.0, answer="6", breakdown={"outcome": r}) for r in rewards
        ),
        num_infrastructure=0,
    )


def write_rollouts(folder: Path, name: str, phase: str, step: int, *groups: ScoredGroup) -> Path:
    """One file of rollouts in the run folder."""
    run = RunFolder(folder)
    run.rollouts.mkdir(parents=True, exist_ok=True)
    writer = RolloutWriter(run.rollouts)
    for group in groups:
        writer.add(phase, step, group)
    writer.write(name)
    return run.rollouts / f"{name}.parquet"


def write_run(folder: Path) -> Path:
    """Two stages of two steps each, an evaluation of two policies, ten rollouts; step 4 holds the hostile one."""
    folder.mkdir(parents=True, exist_ok=True)
    run = RunFolder(folder)
    write_tokenizer(folder)
    run.config.write_text(dump_config(RunConfig(name="small", model="tiny-random-llama", folder=folder)))
    with MetricsLog(folder, "small") as log:
        log.log("setup", 0, {"traces_kept": 8})
        for step in (1, 2):
            log.log("sft", step, {"loss": 2.0 / step})
        for step in (1, 2, 3, 4):
            stage = 1 if step < 3 else 2
            log.log(
                "train",
                step,
                {"stage": stage, "success_rate": 0.2 * step, "loss": np.nan if step == 2 else 0.5},
            )
    write_rollouts(
        folder,
        "train-00001",
        "train",
        1,
        scored("train/1", "gcd", "gcd of 12 and 18?", [1.0, 0.0], version=0),
    )
    write_rollouts(
        folder, "train-00002", "train", 2, scored("train/2", "gcd", "gcd of 4 and 6?", [0.1, 0.1], version=1)
    )
    write_rollouts(
        folder,
        "train-00004",
        "train",
        4,
        scored(
            "train/3", "letters", "How many r in strawberry?", [1.0, 1.0], version=3, last="Ångström <<<3>>>"
        ),
        scored(
            "train/4",
            "letters",
            f"What is this? {HOSTILE}",
            [1.0, 0.0],
            version=2,
            turns=[(f"Look: {HOSTILE}", f"print('''{HOSTILE}''')\n", HOSTILE, "error")],
            last=f"<<<{HOSTILE}>>>",
            end_reason=EndReason.SILENT,
        ),
    )
    write_rollouts(
        folder,
        "evaluate-sft-1",
        "evaluate-sft",
        0,
        scored("evaluate/sft/e", "gcd", "gcd of 9 and 6?", [0.0, 1.0]),
    )
    write_json(run.evaluation, _evaluation())
    write_json(run.potential, _potential())
    write_json(run.phases, {"sft": {"wall_s": 10.0}, "train": {"wall_s": 30.0}})
    return folder


def _evaluation() -> dict[str, object]:
    def items(*correct: float) -> dict[str, object]:
        families = [("gcd", "test"), ("gcd", "test"), ("lcm", "held_out")]
        return {
            "items": [
                {"task_id": f"{family}/{i}", "family": family, "split": split, "correct": right}
                for i, ((family, split), right) in enumerate(zip(families, correct, strict=True))
            ],
            "wall_s": 3.0,
        }

    return {
        "policies": {"base": items(0.0, 0.0, 0.0), "sft": items(1.0, 0.5, 0.0)},
        "agents": {"text": {"sft": items(0.0, 0.0, 1.0)}},
    }


def _potential() -> dict[str, object]:
    def one(number: int, right: int, stage: int) -> dict[str, object]:
        p = right / 4
        agents = {"short": {"num_correct": right, "num_rollouts": 4}}
        return {
            "task_id": f"gcd/{number}",
            "family": "gcd",
            "agents": agents,
            "potential": 4 * p * (1 - p),
            "stage": stage,
        }

    return {"tasks": [one(1, 2, 1), one(2, 1, 1), one(3, 4, 2)]}


def client(folder: Path, **options: object) -> httpx.AsyncClient:
    """Asks the application itself, without a port."""
    app = create_app(RunReader(folder), **options)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8270")
