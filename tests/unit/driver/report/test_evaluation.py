from driver.report import build_report, build_summary
from driver.report.evaluation import read_policies
from driver.report.run_data import read_run
from tests.unit.driver.report.fake_run import with_agents, write_fake_run

OLD = {
    "task_id": "f/0",
    "family": "f",
    "split": "test",
    "correct": 0.5,
    "num_executions": 0.5,
    "end_reason": "answer",
}


def one(**keys: object):
    ((item,),) = read_policies({"sft": {"items": [OLD | keys]}}).values()
    return item


def test_what_an_old_run_did_not_write_down_is_not_made_up() -> None:
    item = one(num_samples=2)
    assert (item.num_turns, item.num_tokens, item.share_checked, item.share_code) == (None, None, None, None)
    assert (item.terminations, item.end_reasons) == ({}, {})


def test_one_rollout_tells_whether_it_ran_code_and_how_it_ended() -> None:
    item = one(num_executions=2.0)
    assert (item.share_code, item.end_reasons) == (1.0, {"answer": 1})
    assert one(num_executions=0.0, num_samples=4).share_code == 0.0


def test_new_keys_are_read_as_they_stand() -> None:
    item = one(
        num_samples=4,
        share_code=0.75,
        num_turns=2.5,
        num_tokens=90,
        share_checked=0.25,
        terminations={"ok": 3},
    )
    assert (item.share_code, item.num_turns, item.num_tokens, item.share_checked) == (0.75, 2.5, 90.0, 0.25)
    assert item.terminations == {"ok": 3}


def test_further_agents_are_read_beside_the_one_that_was_trained(tmp_path) -> None:
    folder = with_agents(write_fake_run(tmp_path / "fake", num_steps=2, items_per_family=3))
    data = read_run(folder)
    assert list(data.by_agent) == ["code_agent", "text", "guided"]
    assert all(set(of) == {"base", "sft", "grpo"} for of in data.by_agent.values())
    summary = build_summary(folder)
    assert set(summary["agents"]) == {"code_agent", "text", "guided"}
    assert summary["agents"]["code_agent"]["accuracy"] == summary["accuracy"]
    page = build_report(folder).read_text()
    assert "guided" in page
    assert "One agent was evaluated" not in page
