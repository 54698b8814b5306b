from driver.budget import BudgetConfig, phase_text, plan_text, seconds_left, spent_tokens

BUDGET = BudgetConfig.model_validate(
    {
        "sft": {"tokens": 1000, "minutes": 10},
        "potential": {"tokens": 2000, "minutes": 20},
        "evaluate": {"tokens": 4000, "minutes": 30},
    }
)


def test_the_plan_is_one_line_with_its_sum() -> None:
    assert plan_text(BUDGET) == (
        "planned: sft 1,000 tokens, 10 min; potential 2,000 tokens, 20 min; evaluate 4,000 tokens, 30 min; "
        "in all 1 h 00 min"
    )
    assert plan_text(BudgetConfig()) is None


def test_what_is_left_goes_by_the_pace_of_what_has_ended() -> None:
    # 15 minutes for 10 planned, then 45 for 30: one and a half times as long, so 30 planned minutes are 45.
    assert seconds_left(BUDGET, "potential", {"sft": 900.0, "potential": 1800.0}) == 45 * 60
    # A phase without a plan has no part in it, and nothing is left after the last.
    assert seconds_left(BUDGET, "train", {"sft": 900.0, "potential": 1800.0, "train": 9999.0}) == 45 * 60
    assert seconds_left(BUDGET, "evaluate", {"sft": 900.0}) == 0


def test_a_phase_is_told_with_tokens_and_minutes_beside_its_plan() -> None:
    assert phase_text(BUDGET, "sft", {"sft": 1234}, {"sft": 300.0}) == (
        "sft took 1,234 tokens of 1,000 planned, 5 min 00 s of 10 min 00 s; about 25 min 00 s left"
    )
    assert phase_text(BUDGET, "evaluate", {"evaluate": 9}, {"evaluate": 60.0}) == (
        "evaluate took 9 tokens of 4,000 planned, 1 min 00 s of 30 min 00 s"
    )
    assert phase_text(BUDGET, "train", {}, {}) is None


def test_tokens_are_summed_over_steps_those_that_were_repeated_included() -> None:
    rows = [
        {"phase": "sft", "step": 1, "values": {"num_sequence_tokens": 100.0, "num_tokens": 7.0}},
        {"phase": "sft", "step": 2, "values": {"num_sequence_tokens": 50.0}},
        {"phase": "sft", "step": 2, "values": {"num_sequence_tokens": 60.0}},
        {"phase": "train", "step": 1, "values": {"tokens_generated": 11.0, "num_sequence_tokens": 99.0}},
        {"phase": "train", "step": 1, "values": {"memory_mib": 5.0}},
        {"phase": "setup", "step": 0, "values": {"tokens_generated": 1.0}},
    ]
    assert spent_tokens(rows) == {"sft": 210, "train": 11}
