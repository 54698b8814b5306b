import json

import pytest

from driver.outputs.metrics import MetricsLog
from driver.report import build_report, build_summary
from driver.report.evaluation import Item, answered_by_all
from driver.report.run_data import read_run
from driver.report.summary import accuracy, gains, pass_at_ks, wall_s
from tests.unit.driver.report.fake_run import write_fake_run


def _items(outcomes, first=0):
    return [Item(f"t{first + i}", "gcd", False, float(x), 1.0, "answer") for i, x in enumerate(outcomes)]


def test_accuracy_is_the_mean_over_items_and_null_for_a_policy_not_evaluated():
    found = accuracy({"base": _items([1, 0, 0, 0.5])})
    assert found["base"]["mean"] == 0.375
    assert found["base"]["n"] == 4
    assert found["grpo"] is None


def test_pass_at_k_by_hand():
    # One of four right: k = 1: 1/4; k = 2: 1 - C(3,2)/C(4,2) = 1 - 3/6; k = 4: sure. Three of four: 3/4, 1, 1.
    items = [Item("a", "gcd", False, 0.25, 1.0, "answer", 4), Item("b", "gcd", False, 0.75, 1.0, "answer", 4)]
    assert pass_at_ks({"base": items, "sft": []}) == {"base": {"1": 0.5, "2": 0.75, "4": 1.0}}


def test_pass_at_k_goes_as_far_as_the_fewest_samples_of_an_item():
    few = Item("b", "gcd", False, 1 / 3, 1.0, "answer", 3)
    items = [Item("a", "gcd", False, 0.0, 1.0, "answer", 8), few]
    # Of three, one right: 1 - C(2,2)/C(3,2) = 2/3.
    assert pass_at_ks({"base": items})["base"] == {"1": pytest.approx(1 / 6), "2": pytest.approx(1 / 3)}
    assert pass_at_ks({"base": _items([1, 0])}) == {}
    assert pass_at_ks({}) == {}


def test_pass_at_k_is_in_the_report_of_a_run_with_several_samples(tmp_path):
    folder = write_fake_run(tmp_path / "fake", num_steps=2, items_per_family=2)
    assert "pass@k" not in build_report(folder).read_text()
    path = folder / "evaluation.json"
    content = json.loads(path.read_text())
    for policy in content["policies"].values():
        for item in policy["items"]:
            item |= {"correct": 0.5, "num_samples": 2}
    path.write_text(json.dumps(content))
    page = build_report(folder).read_text()
    assert "<h3>pass@k</h3>" in page
    assert page.count('<td class="n">50.0 %</td><td class="n">100.0 %</td>') == 3


def test_gain_is_over_the_items_that_both_policies_answered():
    # Shared are t1 and t2: before 0 and 1, after 1 and 1.
    found = gains({"sft": _items([1, 0, 1]), "grpo": _items([1, 1, 0], first=1)})["grpo_over_sft"]
    assert (found["mean"], found["n"]) == (0.5, 2)
    assert gains({"sft": _items([1])})["grpo_over_sft"] is None


def test_families_have_an_interval_of_their_own_and_one_family_has_none():
    one = accuracy({"base": _items([1, 0])})["base"]
    assert one["families"] is None
    items = [
        Item(f"{f}{i}", f, True, float(i < n), 1.0, "answer")
        for f, n in (("a", 9), ("b", 1))
        for i in range(10)
    ]
    found = accuracy({"base": items})["base"]
    assert found["families"]["n"] == 2
    assert found["families"]["low"] < found["low"]
    assert found["families"]["high"] > found["high"]
    shifted = [Item(i.task_id, i.family, True, 1.0, 1.0, "answer") for i in items]
    gain = gains({"base": items, "sft": shifted})["sft_over_base"]
    # a gains one item of ten, b nine: between the two families the gain swings from 0.1 to 0.9.
    assert (gain["mean"], gain["families"]["n"]) == (0.5, 2)
    assert gain["low"] > 0 > gain["families"]["low"]


def test_an_item_that_one_policy_lost_counts_for_none_of_them():
    # The lost one is the hard one: with it base has 1 of 2, without it sft looks perfect.
    evaluation = {"base": _items([1, 0]), "sft": _items([1])}
    kept, num_left_out = answered_by_all(evaluation)
    assert num_left_out == 1
    assert accuracy(kept)["base"]["mean"] == accuracy(kept)["sft"]["mean"] == 1.0
    assert answered_by_all({"base": _items([1, 0]), "sft": []}) == ({"base": _items([1, 0]), "sft": []}, 0)
    assert answered_by_all({}) == ({}, 0)


def test_the_report_says_how_many_items_are_in_no_mean(tmp_path):
    folder = write_fake_run(tmp_path / "fake", num_steps=2, items_per_family=2)
    path = folder / "evaluation.json"
    content = json.loads(path.read_text())
    lost = content["policies"]["sft"]["items"].pop(0)["task_id"]
    path.write_text(json.dumps(content))
    summary = build_summary(folder)
    assert summary["items_left_out"] == 1
    assert {cell["n"] for cell in summary["accuracy"].values()} == {11}
    assert lost not in {item.task_id for items in read_run(folder).evaluation.values() for item in items}
    assert "1 items are in no policy's means" in build_report(folder).read_text()


def test_wall_time_has_every_part_and_null_where_unknown():
    found = wall_s({"setup": 10.0, "synthesize": 2.5, "train": 100.0})
    assert found == {
        "setup": 12.5, "sft": None, "potential": None, "grpo": 100.0, "evaluate": None, "total": 112.5
    }  # fmt: skip


def test_summary_of_a_whole_run_is_written_as_json(tmp_path):
    folder = write_fake_run(tmp_path / "fake", num_steps=3, items_per_family=2)
    summary = build_summary(folder, {"ray": "2.60.0"})
    assert json.loads((folder / "summary.json").read_text()) == summary
    assert summary["accuracy"]["base"]["n"] == 12
    assert summary["accuracy_held_out"]["base"]["n"] == 4
    assert summary["wall_s"]["total"] == pytest.approx(31 + 300.5 + 121 + 640 + 95.5)
    assert summary["accounting"]["generated"] == 240
    assert summary["accounting"]["dropped"] == 14 * 3 + 1
    assert summary["peak_memory_mib"] == 5202.0
    assert summary["missing"] == []


def test_a_later_summary_keeps_the_versions_that_the_run_had(tmp_path):
    build_summary(tmp_path, {"ray": "2.60.0"})
    assert build_summary(tmp_path)["versions"] == {"ray": "2.60.0"}


def test_a_partial_run_has_nulls_in_place_of_numbers(tmp_path):
    with MetricsLog(tmp_path, "began") as log:
        log.log("train", 0, {"loss": float("nan")})
    summary = build_summary(tmp_path)
    assert summary["accuracy"] == {"base": None, "sft": None, "grpo": None}
    assert summary["accounting"]["generated"] is None
    assert summary["peak_memory_mib"] is None
    assert summary["train"]["step_s"] is None


def test_the_record_of_a_run_holds_the_hash_of_its_frozen_task_set(tmp_path):
    from curriculum.tasks.config import TaskSetConfig
    from curriculum.tasks.sets.build import build_task_set
    from curriculum.tasks.sets.parquet import freeze

    sizes = {"sft_per_family": 1, "train_per_family": 1, "test_per_family": 1, "held_out_per_family": 1}
    content = freeze(build_task_set(TaskSetConfig(preset="smoke", **sizes)), tmp_path / "tasks.parquet")
    assert build_summary(tmp_path)["task_set"] == {"content_hash": content, "num_tasks": 7}
    (tmp_path / "tasks.parquet").unlink()
    assert build_summary(tmp_path)["task_set"] is None
