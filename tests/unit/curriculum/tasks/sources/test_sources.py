import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from curriculum.task import Task
from curriculum.tasks.config import TaskSetConfig
from curriculum.tasks.sets.build import build_task_set, families_without_data
from curriculum.tasks.sets.parquet import content_hash
from curriculum.tasks.sources.bbh import FAMILIES

ONE_EACH = {"sft_per_family": 1, "train_per_family": 1, "test_per_family": 1, "held_out_per_family": 3}


class Doubling:
    """A family of one's own, as a user would write it."""

    name = "doubling"
    capability = "math"
    levels = ({"largest": 1000}, {"largest": 10**6})

    def generate(self, rng, *, largest):
        from curriculum.tasks.family import Item

        number = rng.randrange(largest)
        return Item(f"What is twice {number}? Answer as <<<number>>>.", str(2 * number), {"number": number})

    def is_right(self, facts, answer):
        return answer.strip() == str(2 * facts["number"])


def bbh_folder(tmp_path: Path, num_examples: int) -> Path:
    for family in FAMILIES.values():
        examples = [{"input": f"{family.file} question {n}", "target": "Yes"} for n in range(num_examples)]
        (tmp_path / f"{family.file}.json").write_text(json.dumps({"examples": examples}))
    return tmp_path


def test_families_without_data_are_left_out_and_named(tmp_path: Path) -> None:
    config = TaskSetConfig(preset="r1ci", families=("gcd", "navigate"), bbh_folder=str(tmp_path), **ONE_EACH)
    assert families_without_data(config) == ["navigate"]
    assert {t.family for t in build_task_set(config)} == {"gcd"}


def test_a_family_from_a_file_gives_what_it_has_in_proportion(tmp_path: Path) -> None:
    config = TaskSetConfig(
        preset="r1ci", families=("navigate",), bbh_folder=str(bbh_folder(tmp_path, 50)),
        sft_per_family=20, train_per_family=60, test_per_family=20,
    )  # fmt: skip
    splits = [t.split for t in build_task_set(config)]
    assert [splits.count(split) for split in ("sft", "train", "test")] == [10, 30, 10]


def test_published_symbench_items_are_used_as_they_are(tmp_path: Path) -> None:
    rows = [
        {"values": [n, 7], "question": f"What is the result of {n}*7?", "answer": 7 * n} for n in range(2, 12)
    ]
    (tmp_path / "number_multiply.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    config = TaskSetConfig(
        preset="symbench", families=("number_multiply", "letters"), symbench_folder=str(tmp_path),
        sft_per_family=2, train_per_family=6, test_per_family=2, held_out_per_family=10,
    )  # fmt: skip
    tasks = build_task_set(config)
    questions = {t.question for t in tasks if t.family == "number_multiply"}
    assert questions == {row["question"] for row in rows}
    assert {t.checker for t in tasks} == {"symbench/number_multiply", "symbench/letters"}


def test_a_class_of_ones_own_stands_beside_a_preset_or_alone() -> None:
    own = f"{Doubling.__module__}:Doubling"
    sys.modules.setdefault(Doubling.__module__, sys.modules[__name__])
    alone = build_task_set(TaskSetConfig(preset="none", own_families=(own,), **ONE_EACH))
    assert {(t.family, t.source, t.checker) for t in alone} == {("doubling", "own", own)}
    assert {t.split for t in alone} == {"sft", "train", "test"}
    held_out = build_task_set(TaskSetConfig(preset="smoke", own_held_out_families=(own,), **ONE_EACH))
    assert {t.split for t in held_out if t.source == "own"} == {"held_out"}


@pytest.mark.parametrize("path", ["nowhere:Class", "json:Nothing", "json:dumps", "json"])
def test_a_class_that_is_none_is_refused_with_the_cure(path: str) -> None:
    with pytest.raises(ValueError, match=r"no task family at|lacks name|no checker"):
        build_task_set(TaskSetConfig(preset="none", own_families=(path,), **ONE_EACH))


def test_big_sets_are_the_same_from_any_number_of_processes_under_any_hash_seed() -> None:
    program = (
        "import sys\n"
        "from curriculum.tasks.sets.build import build_task_set\n"
        "from curriculum.tasks.config import TaskSetConfig\n"
        "from curriculum.tasks.sets.parquet import content_hash\n"
        "names = ('word_ladder', 'ransom_note', 'isomorphic_strings', 'gcd', 'letters')\n"
        "c = TaskSetConfig(preset='r1ci', families=names, num_processes=int(sys.argv[1]), sft_per_family=2,"
        " train_per_family=2, test_per_family=2, held_out_per_family=4)\n"
        "print(content_hash(build_task_set(c)))"
    )

    def frozen(hash_seed: str, processes: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path.cwd())}
        command = [sys.executable, "-c", program, processes]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert len({frozen("1", "1"), frozen("2", "3"), frozen("0", "1")}) == 1


def test_progress_is_told_family_by_family() -> None:
    told: list[tuple[str, int, int]] = []
    build_task_set(TaskSetConfig(preset="smoke", **ONE_EACH), lambda *news: told.append(news))
    assert told == [("chain_sum", 1, 3), ("products", 2, 3), ("lcm", 3, 3)]


def test_the_hash_tells_sets_apart() -> None:
    def made(seed: int) -> list[Task]:
        return build_task_set(TaskSetConfig(preset="smoke", seed=seed, **ONE_EACH))

    assert content_hash(made(1)) == content_hash(made(1)) != content_hash(made(2))
