import json

from driver.report.build import build_report
from driver.report.run_data import read_run
from driver.report.tables import (
    counts_of,
    end_rows,
    execution_rows,
    family_rows,
    points,
    share,
    stage_rows,
    trace_rows,
    verdicts,
)
from tests.unit.driver.report.fake_run import write_fake_run


def _gain(low, high):
    return {"mean": 0.05, "low": low, "high": high, "n": 80}


def test_a_verdict_claims_no_more_than_its_interval():
    assert verdicts({"grpo_over_sft": _gain(0.01, 0.09)})[0].endswith("a gain.")
    assert verdicts({"grpo_over_sft": _gain(-0.09, -0.01)})[0].endswith("a loss.")
    assert verdicts({"grpo_over_sft": _gain(-0.02, 0.12)}) == [
        "GRPO over SFT: +5.0 points (95 % interval -2.0 to +12.0, same 80 items), not to be told from no change."
    ]


def test_a_verdict_says_which_interval_answers_which_question():
    gain = {**_gain(0.01, 0.09), "families": {"mean": 0.05, "low": -0.2, "high": 0.3, "n": 6}}
    (text,) = verdicts({"grpo_over_sft": gain})
    assert text == (
        "GRPO over SFT: +5.0 points (95 % interval +1.0 to +9.0, same 80 items), a gain. "
        "For other families like these 6: -20.0 to +30.0, not to be told from no change."
    )


def test_no_evaluation_gives_no_verdict():
    assert verdicts({"sft_over_base": None, "grpo_over_sft": None}) == []


def test_rows_of_a_run(tmp_path):
    data = read_run(write_fake_run(tmp_path / "fake", num_steps=2, items_per_family=3))
    families = family_rows(data)
    assert [row.is_held_out for row in families] == [False] * 4 + [True] * 2
    assert {row.num_items for row in families} == {3}
    # Two steps of 70 executions: ok 59 + 60, error 9 + 8, timeout 2 + 2.
    assert execution_rows(data)[0] == ("ok", "ran to its end", "119", "85.0 %")
    assert execution_rows(data)[2][2] == "4"
    # 58 of 64 rollouts answered.
    assert end_rows(data)[0] == ("answer", "gave an answer", "116", "90.6 %")
    assert sum(int(row[1]) for row in stage_rows(data)) == 120
    assert [row[4] for row in stage_rows(data)] == [f"{row[1]} gcd" for row in stage_rows(data)]


def test_traces_of_solvers_are_counted_by_family_the_commonest_first(tmp_path):
    folder = write_fake_run(tmp_path / "fake", num_steps=2, items_per_family=3)
    assert trace_rows(read_run(folder)) == [], "no solver wrote the traces of this run"
    kept = {"tried": 5, "kept": 3, "executions": 7, "seconds": 1.26}
    (folder / "synthesis.json").write_text(
        json.dumps(
            {"gcd": {**kept, "styles": {"look": 1, "slip": 2}, "dropped": {"too_long": 1, "wrong": 1}}}
        )
    )
    assert trace_rows(read_run(folder)) == [
        ("gcd", "3 of 5", "slip 2, look 1", "too_long 1, wrong 1", "7", "1.3"),
    ]
    assert "slip 2, look 1" in build_report(folder).read_text()


def test_success_before_training_is_that_of_the_agent_that_is_trained():
    task = {
        "agents": {
            "text": {"num_correct": 0, "num_rollouts": 4},
            "guided": {"num_correct": 3, "num_rollouts": 4},
        }
    }
    assert counts_of(task, "guided") == (3, 4)
    assert counts_of(task, "code_agent") == (3, 8), "of all where that agent has no counts"


def test_shares_and_points_in_words():
    assert share(0.1234) == "12.3 %"
    assert points(-0.05) == "-5.0"
