"""How long a reader of a large run waits: opening, filtering, searching, one rollout.

usage: python benchmarks/bench_view.py [--rollouts N] [--per-file N] [--rounds N]
Writes N synthetic rollouts, with transcripts of about 300 words, to a temporary folder through the real writer, and
times what the page asks for: in wall seconds and, since a busy machine changes those, in CPU seconds. `start` is the
whole command, from a new process to its first page over HTTP; the others are asked in this process, with the files in
the operating system's cache. Writes benchmarks/results/view.json, prints it as its last line.
"""

import argparse
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from actors.records import EndReason, Execution, Rollout, RolloutGroup, Score, ScoredGroup, Segment, Source
from curriculum.task import Task
from driver.outputs.metrics import MetricsLog
from driver.outputs.rollout_files import RolloutWriter
from driver.viewer.records import RolloutFilter
from driver.viewer.rollout_text import rollout_text
from driver.viewer.run_reader import RunReader

ROOT = Path(__file__).parents[1]
RESULT = Path(__file__).parent / "results" / "view.json"
GROUP_SIZE = 8
FAMILIES = 107


def main() -> None:
    """Measure and write down."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "run"
        num_files = write_run(folder, arguments.rollouts, arguments.per_file)
        size = sum(path.stat().st_size for path in (folder / "rollouts").iterdir())
        result = {
            "rollouts": arguments.rollouts,
            "files": num_files,
            "mib": round(size / 2**20, 1),
            "cores": os.cpu_count(),
            "rounds": arguments.rounds,
            "seconds": {
                name: _timed(name, ask, arguments.rounds)
                for name, ask in _questions(folder, num_files).items()
            },
        }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result))


def write_run(folder: Path, num_rollouts: int, per_file: int) -> int:
    """A run with so many rollouts; the number of its files."""
    rng, words = random.Random(1), _words()
    (folder / "rollouts").mkdir(parents=True)
    writer = RolloutWriter(folder / "rollouts")
    num_groups, per_step = num_rollouts // GROUP_SIZE, per_file // GROUP_SIZE
    steps = 0
    with MetricsLog(folder, "large") as log:
        for number in range(num_groups):
            writer.add("train", steps + 1, _group(number, words, rng))
            if (number + 1) % per_step == 0 or number + 1 == num_groups:
                steps += 1
                writer.write(f"train-{steps:05d}")
                log.log(
                    "train",
                    steps,
                    {"stage": 1 + steps % 4, **{f"number_{i}": rng.random() for i in range(60)}},
                )
    return steps


def _words() -> list[str]:
    rng = random.Random(0)
    return ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(4, 9))) for _ in range(5000)]


def _group(number: int, words: list[str], rng: random.Random) -> ScoredGroup:
    family = f"family_{number % FAMILIES:03d}"
    task = Task(
        task_id=f"s/{family}/{number:05d}",
        family=family,
        source="s",
        split="train",
        question=" ".join(rng.choices(words, k=40)),
        checker="c",
        payload="{}",
    )
    rollouts = tuple(_rollout(f"train/{number}/{i}", number, words, rng) for i in range(GROUP_SIZE))
    rewards = [float(rng.random() < 0.5) for _ in rollouts]
    return ScoredGroup(
        group=RolloutGroup(group_id=f"train/{number}", task=task, rollouts=rollouts),
        scores=tuple(
            Score(reward=r, is_correct=r == 1.0, answer="6", breakdown={"outcome": r}) for r in rewards
        ),
        num_infrastructure=0,
    )


def _rollout(rollout_id: str, number: int, words: list[str], rng: random.Random) -> Rollout:
    script = "\n".join(f"{word} = {i}" for i, word in enumerate(rng.choices(words, k=20))) + "\n"
    said = " ".join(rng.choices(words, k=140))
    shown = "Code Execution Results:\n" + " ".join(rng.choices(words, k=20))
    texts = (
        (Source.PROMPT, ""),
        (Source.MODEL, f"{said}\n```python\n{script}```\n"),
        (Source.ENVIRONMENT, shown),
    )
    answer = (Source.MODEL, " ".join(rng.choices(words, k=100)) + " <<<6>>>")
    return Rollout(
        rollout_id=rollout_id,
        segments=tuple(_segment(source, text, number) for source, text in (*texts, answer)),
        executions=(Execution(code=script, termination="ok", output=shown, duration_s=0.1, queue_s=0.0),),
        end_reason=EndReason.ANSWER,
        generate_s=1.0,
        execute_s=0.1,
    )


def _segment(source: Source, text: str, version: int) -> Segment:
    num_sampled = len(text) // 4 if source is Source.MODEL else 0
    logprobs = -np.random.default_rng(len(text)).exponential(0.3, num_sampled).astype(np.float32)
    return Segment(
        source=source,
        token_ids=np.arange(len(text) // 4, dtype=np.int32),
        logprobs=logprobs,
        versions=np.full(num_sampled, version // 32, np.int32),
        text=text,
    )


def _questions(folder: Path, num_files: int) -> dict[str, Callable[[], object]]:
    """What is timed, by name; each call asks anew."""
    warm = RunReader(folder)
    warm.state()
    middle = warm.rollouts.page(RolloutFilter(step_from=num_files // 2, size=1, order="oldest"), {}).rows[0]
    # Each search is for another word: one that was looked for before is remembered.
    words = iter(_words())

    def open_run() -> object:
        reader = RunReader(folder)
        return reader.state(), reader.rollouts.page(RolloutFilter(), reader.steps_of_stage())

    def page(**chosen: object) -> Callable[[], object]:
        asked = RolloutFilter.model_validate(chosen)
        return lambda: warm.rollouts.page(asked, warm.steps_of_stage())

    def search(**chosen: object) -> Callable[[], object]:
        return lambda: warm.rollouts.page(RolloutFilter.model_validate({"text": next(words), **chosen}), {})

    return {
        "start": lambda: _first_page_of_command(folder),
        "open": open_run,
        "look again": warm.state,
        "first page": page(),
        "family, wrong, stage": page(family="family_007", right=False, stage=2),
        "reward range, last page": page(reward_from=0.5, reward_to=1.0, page=900),
        "highest reward first": page(order="reward_high"),
        "word in all": search(),
        "word in 20 steps": search(step_from=1, step_to=20),
        "one rollout": lambda: rollout_text(warm, middle.file, middle.rollout_id),
    }


def _first_page_of_command(folder: Path) -> None:
    """From the start of the command until its first page of rollouts is there."""
    command = [sys.executable, "-m", "driver", "view", str(folder), "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as viewer:
        try:
            assert viewer.stdout is not None
            told = re.search(r"http://\S+/", viewer.stdout.readline())
            assert told is not None, "the viewer printed no address"
            for path in ("", "api/run", "api/rollouts"):
                with urllib.request.urlopen(told[0] + path) as answer:
                    answer.read()
        finally:
            viewer.terminate()


def _timed(name: str, ask: Callable[[], object], rounds: int) -> dict[str, float]:
    """Median and range of the wall seconds of an answer, and the median of its CPU seconds over all threads."""
    wall, cpu = [], []
    for _ in range(rounds):
        before, started = _cpu_s(), time.perf_counter()
        ask()
        wall.append(time.perf_counter() - started)
        cpu.append(_cpu_s() - before)
    low, median, high = min(wall), statistics.median(wall), max(wall)
    print(
        f"{name:24} {median:.3f} s ({low:.3f} to {high:.3f}), CPU {statistics.median(cpu):.3f} s", flush=True
    )
    found = {"median": median, "low": low, "high": high, "cpu_median": statistics.median(cpu)}
    return {key: round(value, 4) for key, value in found.items()}


def _cpu_s() -> float:
    """CPU seconds of this process and of those that it has waited for."""
    return time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time the page of a large run.")
    parser.add_argument("--rollouts", type=int, default=100_000)
    parser.add_argument("--per-file", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=7)
    return parser.parse_args()


if __name__ == "__main__":
    main()
