from driver.report.samples import sample_rollouts
from tests.unit.driver.report.fake_run import fake_rollouts, rollout_row, write_rollouts


def test_one_mended_error_then_right_then_wrong(tmp_path):
    write_rollouts(tmp_path, fake_rollouts())
    kinds = [sample.kind for sample in sample_rollouts(tmp_path)]
    assert kinds == ["right, after mending an error", "right", "right", "wrong", "wrong", "wrong"]


def test_an_error_after_the_last_good_script_mends_nothing(tmp_path):
    write_rollouts(tmp_path, [rollout_row(0, code=["a", "b"], output=["", ""], termination=["ok", "error"])])
    assert [sample.kind for sample in sample_rollouts(tmp_path)] == ["right"]


def test_families_are_varied_before_one_is_shown_twice(tmp_path):
    families = ["gcd", "gcd", "gcd", "products", "chain_sum"]
    write_rollouts(tmp_path, [rollout_row(i, family=family) for i, family in enumerate(families)])
    assert {sample.row["family"] for sample in sample_rollouts(tmp_path)} == {"gcd", "products", "chain_sum"}


def test_the_trained_policy_is_shown_rather_than_the_base_model(tmp_path):
    phases = ["evaluate-base", "train", "evaluate-grpo", "evaluate-sft"]
    write_rollouts(tmp_path, [rollout_row(i, phase=phase) for i, phase in enumerate(phases)])
    assert {sample.row["phase"] for sample in sample_rollouts(tmp_path)} == {"train", "evaluate-grpo"}


def test_before_rl_the_other_policies_are_shown(tmp_path):
    write_rollouts(tmp_path, [rollout_row(0, phase="evaluate-base")])
    assert len(sample_rollouts(tmp_path)) == 1


def test_long_texts_lose_their_middle_and_say_so(tmp_path):
    write_rollouts(tmp_path, [rollout_row(0, transcript="a" * 10_000)])
    text = sample_rollouts(tmp_path)[0].row["transcript"]
    assert len(text) < 6_100
    assert "[... 4000 characters left out ...]" in text


def test_a_run_without_rollouts_has_no_samples(tmp_path):
    assert sample_rollouts(tmp_path) == []
