"""Writes the folder of a finished run with made-up numbers: what the report's tests read."""

import json
import math
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from driver.outputs.metrics import MetricsLog

FAMILIES = {
    "chain_sum": False,
    "gcd": False,
    "letter_counting": False,
    "products": False,
    "lcm": True,
    "brackets": True,
}
SKILL = {"base": 0.08, "sft": 0.48, "grpo": 0.72}


def write_fake_run(folder: Path, *, num_steps: int = 24, items_per_family: int = 30) -> Path:
    rng = random.Random(0)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text("name: fake\nfolder: runs/fake\nmodel: SmolLM2\n")
    _write_metrics(folder, rng, num_steps)
    (folder / "evaluation.json").write_text(json.dumps(_evaluation(rng, items_per_family)))
    (folder / "potential.json").write_text(json.dumps(_potential(rng)))
    phases = {"setup": 31.0, "sft": 300.5, "potential": 121.0, "train": 640.0, "evaluate": 95.5}
    (folder / "phases.json").write_text(json.dumps({name: {"wall_s": s} for name, s in phases.items()}))
    write_rollouts(folder, fake_rollouts())
    return folder


def _write_metrics(folder: Path, rng: random.Random, num_steps: int) -> None:
    with MetricsLog(folder, "fake") as log:
        log.log("setup", 0, {"memory_mib": 900.0})
        for step in range(20):
            loss = 0.2 + 1.6 * math.exp(-step / 5) + rng.gauss(0, 0.03)
            log.log("sft", step, {"loss": loss, "lr": 1e-4, "tokens_per_s": 250, "memory_mib": 3100.0})
        for step in range(num_steps):
            log.log("train", step, _train_values(step, num_steps, rng))


def _train_values(step: int, num_steps: int, rng: random.Random) -> dict[str, float]:
    stage = 1 + 3 * step // num_steps
    rate = 0.45 + 0.3 * step / num_steps - 0.12 * (stage - 1) + rng.gauss(0, 0.05)
    return {
        "reward_mean": rate,
        "success_rate": rate,
        "success_rate_admitted": 0.5,
        "turns_mean": 2.1,
        "self_check_share": 0.1 + 0.01 * step,
        "success_rate/gcd": rate,
        "loss": rng.gauss(0, 0.02),
        "grad_norm": 0.4 + rng.random() * 0.2,
        "entropy": 0.6 * math.exp(-step / 40) + rng.gauss(0, 0.02),
        "clip_fraction": 0.02 + rng.random() * 0.02,
        "approx_kl": math.nan if step == 3 else 0.001 + 0.001 * rng.random(),
        "staleness_mean": 0.8,
        "stage": stage,
        "step_s": 26.0,
        "train_s": 11.0,
        "wait_s": 6.0,
        "overlap": 0.7 + rng.gauss(0, 0.04),
        "rollout_share": 0.85 + rng.gauss(0, 0.03),
        "learner_share": 0.42 + rng.gauss(0, 0.03),
        "sandbox_share": 0.3 + rng.gauss(0, 0.03),
        "tokens_per_s": 96.0,
        "executions": 70,
        "executions/ok": 60 - (num_steps - step) // 2,
        "executions/error": 8 + (num_steps - step) // 2,
        "executions/timeout": 2,
        "end/answer": 58,
        "end/silent": 4,
        "end/turn_tokens": 2,
        "execute_s_mean": 0.12,
        "sandbox_queue_s_mean": 0.01,
        "generated": 80 * (step + 1),
        "trained": 64 * (step + 1),
        "dropped/no_signal": 14 * (step + 1),
        "dropped/infrastructure": 1,
        "buffered": 2 * (step + 1) - 1,
        "memory_mib": 5200.0 + step,
    }


def _evaluation(rng: random.Random, items_per_family: int) -> dict[str, object]:
    policies = {}
    for policy, skill in SKILL.items():
        items = [
            {
                "task_id": f"{family}/{i}",
                "family": family,
                "split": "held_out" if is_held_out else "test",
                "correct": float(rng.random() < skill - 0.15 * is_held_out + 0.02 * len(family) - 0.1),
                "num_executions": 0.2 if policy == "base" else 1.1,
                "end_reason": "answer",
            }
            for family, is_held_out in FAMILIES.items()
            for i in range(items_per_family)
        ]
        policies[policy] = {"items": items, "wall_s": 30.0}
    return {"policies": policies}


def _potential(rng: random.Random) -> dict[str, object]:
    tasks = []
    for i in range(120):
        right = min(8, max(0, round(rng.gauss(4, 3))))
        value = 4 * right / 8 * (1 - right / 8)
        tasks.append(
            {
                "task_id": f"gcd/{i}",
                "family": "gcd",
                "agents": {"short": {"num_correct": right, "num_rollouts": 8}},
                "potential": value,
                "stage": 1 if value > 0.7 else 2 if value > 0.3 else 3,
            }
        )
    return {"tasks": tasks, "boundaries": [0.7, 0.3, 0.0], "note": "no group was merged"}


def rollout_row(index: int, **changes: object) -> dict[str, object]:
    row: dict[str, object] = {
        "phase": "train",
        "step": 20,
        "group_id": f"g{index // 2}",
        "rollout_id": f"g{index // 2}/{index % 2}",
        "task_id": f"gcd/{index}",
        "family": "gcd",
        "question": "Find the greatest common divisor of 12 and 18.",
        "transcript": "Find the gcd.\n```python\nimport math\nprint(math.gcd(12, 18))\n```\n<<<6>>>",
        "code": ["import math\nprint(math.gcd(12, 18))"],
        "output": ["6\n"],
        "termination": ["ok"],
        "answer": "6",
        "reward": 1.0,
        "is_correct": True,
        "end_reason": "answer",
        "num_tokens": 61,
        "version": 19,
    }
    return row | changes


def fake_rollouts() -> list[dict[str, object]]:
    wrong = {"is_correct": False, "reward": 0.0}
    trace = "Traceback (most recent call last):\n  File \"script.py\", line 1\nNameError: name 'gcd' is not defined"
    return [
        rollout_row(0),
        rollout_row(
            1,
            family="letter_counting",
            question='How often is the letter "r" in "strawberry"?',
            code=["print('strawberry'.count('r'))"],
            output=["3\n"],
            answer="3",
        ),
        rollout_row(
            2,
            code=["print(gcd(12, 18))", "import math\nprint(math.gcd(12, 18))"],
            output=[trace, "6\n"],
            termination=["error", "ok"],
            num_tokens=140,
        ),
        rollout_row(3, answer="<script>alert(1)</script>", output=["<b>7</b>\x1b[0m\n"], **wrong),
        rollout_row(4, code=[], output=[], termination=[], answer=None, end_reason="silent", **wrong),
        rollout_row(
            5,
            family="products",
            code=["while True: pass"],
            output=["stopped after 5 s"],
            termination=["timeout"],
            **wrong,
        ),
    ]


def write_rollouts(folder: Path, rows: list[dict[str, object]], name: str = "train-0020.parquet") -> None:
    (folder / "rollouts").mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / "rollouts" / name)


def with_agents(folder: Path) -> Path:
    """The run with two further agents, and items that say all that an evaluation of today does."""
    path = folder / "evaluation.json"
    policies = json.loads(path.read_text())["policies"]
    for policy in policies.values():
        policy["items"] = [
            item
            | {
                "num_samples": 2,
                "num_correct": round(2 * item["correct"]),
                "share_code": 0.5,
                "num_turns": 2.5,
                "num_tokens": 80.0,
                "share_checked": 0.25,
                "terminations": {"ok": 3, "error": 1},
                "end_reasons": {"answer": 2},
            }
            for item in policy["items"]
        ]
    path.write_text(json.dumps({"policies": policies, "agents": {"text": policies, "guided": policies}}))
    (folder / "config.yaml").write_text("name: fake\nmodel: SmolLM2\nrollout: {instructions: code_agent}\n")
    return folder
