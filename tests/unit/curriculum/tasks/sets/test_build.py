import collections
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curriculum.task import Task
from curriculum.tasks.config import TaskSetConfig
from curriculum.tasks.draft import normalised_question
from curriculum.tasks.presets import PRESETS, preset_families
from curriculum.tasks.sets.build import build_task_set, check_disjoint
from curriculum.tasks.sets.parquet import content_hash
from curriculum.tasks.sources.reasoning_gym.items import distinct_items
from curriculum.tasks.sources.reasoning_gym.well_posed import is_well_posed

SMOKE = TaskSetConfig(
    preset="smoke", sft_per_family=5, train_per_family=5, test_per_family=3, held_out_per_family=4
)


def test_laptop_set_has_eight_trained_and_two_held_out_families(laptop_tasks: list[Task]) -> None:
    sizes = collections.Counter((t.family, t.split) for t in laptop_tasks)
    trained = {family for family, split in sizes if split != "held_out"}
    held_out = {family for family, split in sizes if split == "held_out"}
    assert (len(trained), len(held_out), trained & held_out) == (8, 2, set())
    assert {sizes[f, "sft"] for f in trained} == {sizes[f, "train"] for f in trained} == {8}
    assert {sizes[f, "test"] for f in trained} == {4}
    assert {sizes[f, "held_out"] for f in held_out} == {20}


def test_same_config_gives_the_same_set_and_another_seed_another(laptop_tasks: list[Task]) -> None:
    first, second = build_task_set(SMOKE), build_task_set(SMOKE)
    assert first == second
    assert content_hash(first) != content_hash(build_task_set(SMOKE.model_copy(update={"seed": 1})))


def test_set_does_not_depend_on_pythons_hash_seed() -> None:
    program = (
        "from curriculum.tasks.sets.build import build_task_set\n"
        "from curriculum.tasks.config import TaskSetConfig\n"
        "from curriculum.tasks.sets.parquet import content_hash\n"
        "c = TaskSetConfig(sft_per_family=3, train_per_family=3, test_per_family=3, held_out_per_family=3)\n"
        "print(content_hash(build_task_set(c)))"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path.cwd())},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(hashes) == 1


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), sizes=st.tuples(*[st.integers(0, 12)] * 4))
def test_no_question_comes_twice_in_any_split(seed: int, sizes: tuple[int, int, int, int]) -> None:
    sft, train, test, held_out = sizes
    tasks = build_task_set(
        TaskSetConfig(
            preset="smoke",
            seed=seed,
            sft_per_family=sft,
            train_per_family=train,
            test_per_family=test,
            held_out_per_family=held_out,
        )
    )
    assert len(tasks) == 2 * (sft + train + test) + held_out
    assert (
        len({normalised_question(t.question) for t in tasks}) == len({t.task_id for t in tasks}) == len(tasks)
    )


def test_every_split_of_a_family_spans_its_levels() -> None:
    tasks = build_task_set(TaskSetConfig(families=("chain_sum",), sft_per_family=40, train_per_family=40))
    for split in ("sft", "train"):
        lengths = [t.question.count("+") + t.question.count("-") for t in tasks if t.split == split]
        assert min(lengths) == 1
        assert max(lengths) >= 5


@pytest.mark.parametrize("preset", ["laptop", "smoke"])
def test_small_presets_have_enough_questions_for_the_default_sizes(preset: str) -> None:
    config = TaskSetConfig.model_validate({"preset": preset})
    trained, held_out = preset_families(preset)
    assert len(build_task_set(config)) == len(trained) * (64 + 64 + 16) + len(held_out) * 32


def test_family_that_runs_out_of_questions_says_what_to_change() -> None:
    with pytest.raises(ValueError, match=r"chain_sum has only 200 .* lower tasks\.\*_per_family"):
        build_task_set(SMOKE.model_copy(update={"sft_per_family": 500}))


def test_repeated_question_and_trained_held_out_family_are_refused(laptop_tasks: list[Task]) -> None:
    task = laptop_tasks[0]
    with pytest.raises(ValueError, match="one split"):
        check_disjoint(
            [task, task.model_copy(update={"task_id": "x", "question": task.question.upper() + " "})]
        )
    with pytest.raises(ValueError, match="held out and trained on"):
        check_disjoint([task, task.model_copy(update={"task_id": "x", "question": "?", "split": "held_out"})])


def test_families_can_be_narrowed_by_name() -> None:
    assert {t.family for t in build_task_set(TaskSetConfig(families=("gcd", "lcm"), sft_per_family=2))} == {
        "gcd",
        "lcm",
    }
    with pytest.raises(ValueError, match="no families"):
        preset_families("laptop", ("chess",))


def test_paper_preset_has_84_families_in_the_papers_proportion() -> None:
    trained, held_out = PRESETS["reasoning_gym"]
    assert (len(trained), len(held_out)) == (62, 22)
    assert len({f.name for f in trained + held_out}) == 84


def test_paper_preset_builds_and_its_golds_pass() -> None:
    program = (
        "from curriculum.tasks.sets.build import build_task_set\n"
        "from curriculum.tasks.checkers import check, preload\n"
        "from curriculum.tasks.config import TaskSetConfig\n"
        "from curriculum.tasks.payloads import decode_payload\n"
        "preload()\n"
        "c = TaskSetConfig(preset='reasoning_gym', sft_per_family=0, train_per_family=1, test_per_family=0,"
        " held_out_per_family=1)\n"
        "golds = [(t, decode_payload(t.payload)['answer']) for t in build_task_set(c)]\n"
        "print('found', len(golds), *(t.family for t, gold in golds if not (gold and check(t, gold))))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    # These three have a verifier and no gold answer.
    words = done.stdout.split()
    assert words[-4] == "84"
    assert set(words[-3:]) == {"graph_color", "rubiks_cube", "propositional_logic"}


def test_equations_without_their_variable_are_left_out() -> None:
    assert not is_well_posed("simple_equations", {"metadata": {"variable": "i", "equation": "0 = 0"}})
    assert is_well_posed("simple_equations", {"metadata": {"variable": "i", "equation": "2*i = 4"}})


def test_family_that_depends_on_the_hash_seed_is_refused_unless_pinned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    with pytest.raises(ValueError, match="PYTHONHASHSEED=0"):
        next(distinct_items("word_ladder", ({},), seed=0, is_new=lambda _: True))
