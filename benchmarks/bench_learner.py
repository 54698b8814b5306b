"""Where siblings of a group are faster in one row that holds their prompt once, and where in rows of their own.

usage: python benchmarks/bench_learner.py [--model FOLDER] [--prompt N] [--siblings N] [--lengths N ...] [--rounds N]
Times forward and backward passes of one group laid out both ways, and as `learner.share_prefix=auto` chooses, in CPU
seconds of all threads together, which other processes change little. Beside each ratio stands the one that the
arithmetic of actors/learning/row_cost.py expects. Writes benchmarks/results/learner.json, prints it as its last line.
"""

import argparse
import gc
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
# As in the learner, read when torch loads: threads that spin at barriers take each other's cores.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from actors.learning.batches import MicroBatch, Row, micro_batches, packed_rows, visible_mask
from actors.learning.logprobs import PolicyModel
from actors.learning.row_cost import RowCost, row_cost
from actors.learning.samples import Sample
from driver.models import SMOLLM2, resolve_model

RESULT = Path(__file__).parent / "results" / "learner.json"
MICRO_BATCH_TOKENS = 16_384


def main() -> None:
    """Measure and write down."""
    arguments = _arguments()
    torch.manual_seed(0)
    path = arguments.model or str(resolve_model(SMOLLM2))
    # Speed does not ask for trained weights.
    language_model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(path))
    uses_bfloat16 = torch.cpu._is_amx_tile_supported()
    policy = PolicyModel(language_model, 512, torch.bfloat16 if uses_bfloat16 else torch.float32)
    cost = row_cost(language_model)
    rows = [
        _measured(policy, cost, arguments.prompt, [length] * arguments.siblings, arguments.rounds)
        for length in arguments.lengths
    ]
    result = {
        "model": Path(path).name,
        "compute": "bfloat16" if uses_bfloat16 else "float32",
        "threads": torch.get_num_threads(),
        "prompt_tokens": arguments.prompt,
        "siblings": arguments.siblings,
        "per_pair": cost.per_pair,
        "rows": rows,
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result))


def _measured(
    policy: PolicyModel, cost: RowCost, prompt: int, lengths: list[int], rounds: int
) -> dict[str, Any]:
    """CPU seconds of the group laid out in each way: the least of several rounds, the ways taking turns."""
    group = _group(policy, prompt, lengths)
    ways = {
        "separate": packed_rows(group, share_prefix=False, max_tokens=MICRO_BATCH_TOKENS),
        "shared": packed_rows(group, share_prefix=True, max_tokens=MICRO_BATCH_TOKENS),
        "auto": packed_rows(group, share_prefix=True, max_tokens=MICRO_BATCH_TOKENS, cost=cost),
    }
    seconds = {name: float("inf") for name in ways}
    for _ in range(rounds):
        for name, rows in ways.items():
            seconds[name] = min(seconds[name], _pass(policy, rows))
    expected = {name: sum(_expected(row, cost) for row in rows) for name, rows in ways.items()}
    row = {
        "response_tokens": lengths[0],
        **{f"{name}_s": round(value, 2) for name, value in seconds.items()},
        "auto_rows": len(ways["auto"]),
        "shared_over_separate": round(seconds["shared"] / seconds["separate"], 2),
        "expected": round(expected["shared"] / expected["separate"], 2),
    }
    print(row, flush=True)
    return row


def _pass(policy: PolicyModel, rows: list[Row]) -> float:
    policy.zero_grad(set_to_none=True)
    gc.collect()
    started = time.process_time()
    for batch in micro_batches(rows, max_tokens=MICRO_BATCH_TOKENS, num_ranks=1)[0]:
        logp_N, _ = policy(*_inputs(batch), 1.0)
        logp_N.sum().backward()
    return time.process_time() - started


def _inputs(batch: MicroBatch) -> tuple[torch.Tensor | None, ...]:
    mask = None if batch.blocks_BT is None else torch.from_numpy(visible_mask(batch.blocks_BT))
    ids, positions = torch.from_numpy(batch.input_ids_BT), torch.from_numpy(batch.positions_BT)
    return ids, positions, mask, torch.from_numpy(batch.source_N), torch.from_numpy(batch.targets.token_N)


def _expected(row: Row, cost: RowCost) -> float:
    return cost.shared(len(row)) if row.is_shared else cost.alone(len(row))


def _group(policy: PolicyModel, prompt: int, lengths: list[int]) -> list[Sample]:
    rng = np.random.default_rng(0)
    vocabulary = policy.head.weight.shape[0]
    prompt_P = rng.integers(0, vocabulary, prompt)
    return [
        Sample(
            index=index,
            prompt_P=prompt_P,
            response_T=rng.integers(0, vocabulary, length),
            in_loss_T=np.ones(length, dtype=bool),
            behaviour_T=np.zeros(length, np.float32),
            weight=1.0,
        )
        for index, length in enumerate(lengths)
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", help="a model's folder; only its shape is read")
    parser.add_argument("--prompt", type=int, default=400)
    parser.add_argument("--siblings", type=int, default=4)
    parser.add_argument("--lengths", type=int, nargs="+", default=[50, 100, 200, 400, 800])
    parser.add_argument("--rounds", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
