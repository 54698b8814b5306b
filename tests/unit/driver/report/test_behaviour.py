from driver.report.behaviour import behaviours, training_steps
from driver.report.run_data import read_run
from driver.report.tables import behaviour_rows
from tests.unit.driver.report.fake_run import rollout_row, with_agents, write_fake_run, write_rollouts


def test_means_of_every_agent_and_policy(tmp_path) -> None:
    data = read_run(with_agents(write_fake_run(tmp_path / "fake", num_steps=2, items_per_family=3)))
    found = behaviours(data)
    assert [(b.agent, b.policy) for b in found][:4] == [
        ("code_agent", "base"),
        ("code_agent", "sft"),
        ("code_agent", "grpo"),
        ("text", "base"),
    ]
    assert (found[0].num_tasks, found[0].share_code, found[0].num_turns, found[0].share_checked) == (
        18,
        0.5,
        2.5,
        0.25,
    )
    assert found[0].terminations == {"ok": 0.75, "error": 0.25}
    assert behaviour_rows(found)[1] == (
        *("code_agent", "SFT", "18", "50.0 %", "1.10", "2.50", "80", "25.0 %"),
        *("ok 75.0 %, error 25.0 %", "answer 100.0 %"),
    )


def test_what_was_not_written_down_is_a_dash(tmp_path) -> None:
    data = read_run(write_fake_run(tmp_path / "fake", num_steps=2, items_per_family=3))
    assert behaviour_rows(behaviours(data))[0][5:9] == ("-", "-", "-", "-")


def test_a_step_of_training_is_the_mean_of_its_stored_rollouts(tmp_path) -> None:
    rows = [
        rollout_row(0, step=1, num_tokens=10, code=[], output=[], termination=[]),
        rollout_row(1, step=1, num_tokens=30, code=["a", "b"], output=["", ""], termination=["error", "ok"]),
        rollout_row(2, step=2, num_tokens=7, code=[], output=[], termination=[]),
    ]
    write_rollouts(tmp_path, rows, "train-0001.parquet")
    write_rollouts(tmp_path, [rollout_row(9, phase="evaluate-sft")], "evaluate-sft-1.parquet")
    first, second = training_steps(tmp_path)
    assert (first.step, first.num_tokens, first.num_executions, first.share_code) == (1, 20.0, 1.0, 0.5)
    assert first.share_failed == 0.5
    assert (second.step, second.share_code, second.share_failed) == (2, 0.0, None)
