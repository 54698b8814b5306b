"""Where the system saturates from 8 to 4,096 GPUs, on paper: docs/scaling.md.

usage: python benchmarks/simulate.py [--gpus 8,16,...] [--json FILE] [--plot FILE] [--sources] [--measure]
Simulates the training loop (simpy) at each scale, as it is built and as docs/scaling.md would mend it, and prints
Markdown tables; four minutes on one core. `--sources` prints every number that goes in and where it is from.
`--measure` times the parts that run on any machine, in CPU time, writes benchmarks/results/parts.json and prints it:
half a minute.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from scale.closed_forms import learner_s, saturations, work_s
from scale.loop import Loop
from scale.parts import measured_curriculum, measured_parts, measured_scan
from scale.plot import plotted
from scale.sandbox_study import needed, paper, slowed
from scale.settings import ScaleSettings, sources_table

PARTS = Path(__file__).parent / "results" / "parts.json"
SCALES = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
README_RUN = {
    "steps 2 to 11": ScaleSettings.laptop(signal_share=0.696, learner_tokens_s=149, group_tokens=1059),
    "steps 2 to 26": ScaleSettings.laptop(signal_share=0.469, learner_tokens_s=130, group_tokens=969),
}
_MENDED_256 = ScaleSettings(gpus=256).mended()
STRAGGLERS = {
    "mended, 256 GPUs": _MENDED_256,
    "scripts end after 10 s": _MENDED_256.model_copy(update={"script_limit_s": 10.0}),
    "two versions of staleness": _MENDED_256.model_copy(update={"max_staleness": 2}),
    "both": _MENDED_256.model_copy(update={"script_limit_s": 10.0, "max_staleness": 2}),
}


def main() -> None:
    """Print what was asked for."""
    arguments = _arguments()
    if arguments.sources:
        print(sources_table())
    elif arguments.measure:
        measured = _measured()
        PARTS.write_text(json.dumps(measured, indent=1) + "\n")
        print(json.dumps(measured))
    else:
        _simulated(arguments)


def _simulated(arguments: argparse.Namespace) -> None:
    settings = [ScaleSettings(gpus=gpus) for gpus in arguments.gpus]
    at_16 = ScaleSettings()
    result: dict[str, Any] = {
        "built": [Loop(one).run() for one in settings],
        "mended": [Loop(one.mended()).run() for one in settings],
        "work_s": {one.gpus: work_s(one) for one in settings},
        "learner_s": learner_s(at_16),
        "saturates_at_gpus": saturations(at_16),
        "sandbox": {"needed": needed(at_16), "slowed": slowed(at_16), "paper": paper(at_16)},
        "stragglers": {name: Loop(one).run() for name, one in STRAGGLERS.items()},
        "laptop": {name: Loop(one).run() for name, one in README_RUN.items()},
    }
    _print(result)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    if arguments.plot is not None:
        arguments.plot.write_bytes(plotted(result["built"], result["mended"]))


def _print(result: dict[str, Any]) -> None:
    times = ("wait_s", "train_s", "sync_s", "write_s", "total_s")
    parts = ("engines", "ranks", "weights", "driver", "scorer", "curriculum", "sandbox")
    for name in ("built", "mended"):
        rows = [
            [
                f"{run['gpus']:,}",
                *(f"{run[t]:,.0f}" for t in times),
                *(f"{run['busy'][p]:.1%}" for p in parts),
            ]
            for run in result[name]
        ]
        _table([name, *times, *parts], rows)
    _table(
        ["part", *(f"{gpus:,}" for gpus in result["work_s"]), "reaches the passes at"],
        [
            [
                part,
                *(f"{work[part]:,.1f}" for work in result["work_s"].values()),
                f"{at:,}" if at else "never",
            ]
            for part, at in result["saturates_at_gpus"].items()
        ],
    )
    sandbox = result["sandbox"]
    for study in (sandbox["needed"], sandbox["slowed"], [sandbox["paper"]]):
        _table(list(study[0]), [[f"{value:,.3g}" for value in row.values()] for row in study])
    for kind in ("stragglers", "laptop"):
        _table(
            [kind, *times, "groups_done_per_step"],
            [
                [name, *(f"{run[t]:.1f}" for t in times), f"{run['groups_done_per_step']:.1f}"]
                for name, run in result[kind].items()
            ],
        )


def _table(head: list[str], rows: list[list[str]]) -> None:
    for row in (head, ["---"] * len(head), *rows):
        print(f"| {' | '.join(row)} |")
    print()


def _measured() -> dict[str, Any]:
    return {
        "responses_of_1200": measured_parts(1_200),
        "responses_of_16000": measured_parts(16_000),
        "curriculum_ms": {policy: measured_curriculum(policy) for policy in ("stages", "online", "uniform")},
        "scan_ns": measured_scan(),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gpus", type=lambda text: tuple(map(int, text.split(","))), default=SCALES)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--sources", action="store_true")
    parser.add_argument("--measure", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
