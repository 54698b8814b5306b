"""The simulated loop against cases worked out by hand, and a slice against the whole."""

import math

import pytest
from scale.closed_forms import (
    broadcast_rounds,
    cores_per_gpu,
    learner_s,
    mean_calls,
    mean_script_s,
    saturations,
    submit_s,
    weights_s,
    work_s,
)
from scale.draws import group_draws
from scale.loop import Loop
from scale.settings import ScaleSettings

INSTANT = 1e12


def fixed(**changed):
    """Two GPUs, two groups of two rollouts: 100 tokens, a script of 4 s, 100 tokens; all else takes no time."""
    values = {
        "gpus": 2,
        "groups_per_gpu": 1,
        "group_size": 2,
        "prompt_tokens": 0,
        "model_tokens": 200,
        "tokens_sigma": 0,
        "calls": 1,
        "calls_vary": False,
        "hang_share": 0,
        "script_median_s": 4,
        "script_sigma": 0,
        "output_tokens": 0,
        "decode_base_ms": 0,
        "decode_sequence_ms": 5,
        "driver_ms": 0,
        "submit_us": 0,
        "scan_ns": 0,
        "write_ms": 0,
        "score_ms": 0,
        "curriculum_ms": 0,
        "prepare_ms": 0,
        "group_kib": 0,
        "learner_tokens_s": 200,
        "gather_gb_s": INSTANT,
        "pack_gb_s": INSTANT,
        "checksum_gb_s": INSTANT,
        "share_gb_s": INSTANT,
        "read_gb_s": INSTANT,
        "refill_s": 0,
        "max_staleness": 0,
    }
    return ScaleSettings(**{**values, **changed})


def test_without_staleness_a_step_is_its_parts_one_after_the_other():
    # Four rollouts share an engine at 5 ms a token each: 100 tokens in 2 s, 4 s of script, 100 tokens in 2 s; then
    # 800 tokens are learned at 200 a second.
    run = Loop(fixed()).run()
    assert run["wait_s"] == pytest.approx(8.0)
    assert run["train_s"] == pytest.approx(4.0)
    assert run["total_s"] == pytest.approx(12.0, rel=1e-6)
    assert run["busy"]["engines"] == pytest.approx(4 / 12)
    assert run["busy"]["ranks"] == pytest.approx(4 / 12)
    # Four scripts of 4 s in 12 s on two GPUs, all at once for 4 s.
    assert run["cores_mean_per_gpu"] == pytest.approx(4 * 4 / 12 / 2)
    assert run["cores_most_per_gpu"] == pytest.approx(2.0)


def test_with_one_step_of_staleness_the_groups_are_made_beside_the_learner():
    # Groups of two steps are in the engine at times, so its 4 s of work a step are spread; the 8 s of a group's own way
    # need two steps of at least 4 s: the learner alone sets the pace.
    run = Loop(fixed(max_staleness=1, num_steps=12, warm_up_steps=6)).run()
    assert run["busy"]["ranks"] + run["wait_s"] / run["total_s"] == pytest.approx(1.0, abs=1e-6)
    assert run["total_s"] < 8.0
    assert run["groups_done_per_step"] == pytest.approx(2, abs=0.2)


def test_serial_parts_add_what_they_take_for_every_group():
    run = Loop(fixed(score_ms=2000, decode_sequence_ms=0.0001, script_median_s=1)).run()
    # Both end at 1 s; the scorer takes 2 s for each: ready at 5 s; 4 s of learner.
    assert run["wait_s"] == pytest.approx(5.0, abs=0.01)
    assert run["busy"]["scorer"] == pytest.approx(4 / 9, abs=0.01)
    two = Loop(
        fixed(score_ms=2000, decode_sequence_ms=0.0001, script_median_s=1).model_copy(update={"scorers": 2})
    )
    assert two.run()["wait_s"] == pytest.approx(3.0, abs=0.01)


def test_the_driver_s_references_grow_with_groups_times_ranks():
    # 4 groups a GPU and 8 GPUs are 32 groups; 4 ranks; 32 x 4 x 1 s.
    settings = ScaleSettings(gpus=8, groups_per_gpu=4, submit_us=1e6)
    assert submit_s(settings) == pytest.approx(128.0)
    assert submit_s(settings.model_copy(update={"prepares_all": False})) == pytest.approx(32.0)


def test_a_policy_s_way_is_worked_out_by_hand():
    settings = ScaleSettings(
        gpus=64,
        weights_gb=10,
        bucket_gb=1,
        gather_gb_s=10,
        pack_gb_s=5,
        checksum_gb_s=2,
        share_gb_s=4,
        read_gb_s=5,
        pair_gb_s=2,
    )
    # 32 engines on 4 nodes: log2(5) rounds of 5 s.
    assert broadcast_rounds(settings) == pytest.approx(math.log2(5))
    assert weights_s(settings) == pytest.approx(
        {
            "publish": 1 + 2 + 5 + 2.5,
            "network": 5 * math.log2(5),
            "verify": 5,
            "hand over": 2 + 2.5,
            "refill": 5,
        }
    )
    mended = weights_s(settings.mended())
    # In a pipeline the last bucket is that many buckets late; verifying and copying end with it.
    assert mended["network"] == pytest.approx((10 + math.log2(5) - 1) / 2)
    assert mended["verify"] == pytest.approx(0.5)
    assert mended["hand over"] == pytest.approx(2 + 0.25)


def test_one_node_has_no_network_between_learner_and_engines():
    assert weights_s(ScaleSettings(gpus=8))["network"] == 0


def test_means_of_what_is_drawn_are_those_of_the_formulas():
    settings = ScaleSettings()
    rollouts = [rollout for number in range(2000) for rollout in group_draws(settings, number)]
    scripts = [seconds for rollout in rollouts for seconds in rollout.script_s]
    assert len(scripts) / len(rollouts) == pytest.approx(mean_calls(settings), rel=0.03)
    assert sum(scripts) / len(scripts) == pytest.approx(mean_script_s(settings), rel=0.1)
    assert max(scripts) == settings.script_limit_s
    assert all(max(rollout.turn_tokens) <= settings.max_turn_tokens for rollout in rollouts)


def test_the_same_group_is_drawn_at_every_scale():
    assert group_draws(ScaleSettings(gpus=16), 7) == group_draws(ScaleSettings(gpus=4096), 7)
    assert group_draws(ScaleSettings(), 7) != group_draws(ScaleSettings(), 8)


def test_cores_follow_little_s_law_in_the_simulation_too():
    # Rollouts a second and GPU x scripts x seconds.
    settings = ScaleSettings(gpus=8, script_sigma=0, script_median_s=2, hang_share=0, calls_vary=False)
    run = Loop(settings).run()
    expected = cores_per_gpu(settings, 2.0, 3, run["total_s"], 1.0)
    assert run["cores_mean_per_gpu"] == pytest.approx(expected, rel=0.05)


def test_the_paper_s_sandbox_bears_forty_three_seconds_of_each_of_eight_scripts():
    # 128 x 5 rollouts in 690 s on 16 GPUs: 0.058 rollouts a second and GPU; 20 cores / 0.058 / 8 scripts.
    assert cores_per_gpu(ScaleSettings(), 43.1, 8, 690.0, 1.0) == pytest.approx(20.0, rel=0.01)


def test_a_slice_has_the_step_of_the_whole():
    # Few hangs and long rollouts decide when a step is full, and fewer in a slice: without them the two are alike.
    even = {"gpus": 32, "num_steps": 4, "hang_share": 0.0, "tokens_sigma": 0.3}
    whole = Loop(ScaleSettings(**even)).run()
    part = Loop(ScaleSettings(**even, slice_gpus=16)).run()
    assert part["stands_for"] == 2
    for name, least in (("total_s", 0.06), ("train_s", 0.06), ("sync_s", 1e-9)):
        assert part[name] == pytest.approx(whole[name], rel=least)
    for name in ("scorer", "driver", "engines"):
        assert part["busy"][name] == pytest.approx(whole["busy"][name], rel=0.12)


def test_the_learner_s_own_work_is_the_same_at_every_scale_and_serial_parts_grow_with_it():
    small, large = ScaleSettings(gpus=16), ScaleSettings(gpus=1024)
    assert learner_s(small) == learner_s(large)
    # 128 groups x 12.5 ms are 1.6 s.
    assert work_s(small)["scorer"] == pytest.approx(1.6)
    assert work_s(large)["scorer"] == pytest.approx(1.6 * 64)


def test_a_part_saturates_where_its_work_first_reaches_the_learner_s():
    # 51.5 s of passes: the scorer's 0.1 s a GPU reach them at 516, so at 1,024 in doublings.
    found = saturations(ScaleSettings())
    assert found["scorer"] == 1024
    assert found["publish"] is None


def test_groups_of_one_rollout_are_refused():
    with pytest.raises(ValueError, match="group_size=1"):
        ScaleSettings(group_size=1)


def test_the_laptop_run_is_met_within_a_fifth():
    # README.md: a step of 57 s in the median; metrics.jsonl of that run, steps 2 to 11: 59.4 s on average, 11.5 groups.
    run = Loop(
        ScaleSettings.laptop(signal_share=0.696, learner_tokens_s=149, group_tokens=1059).model_copy(
            update={"num_steps": 40}
        )
    ).run()
    assert run["total_s"] == pytest.approx(59.4, rel=0.2)
    assert run["groups_done_per_step"] == pytest.approx(11.5, rel=0.2)


def test_gpus_that_do_not_divide_are_refused():
    with pytest.raises(ValueError, match="100 GPUs"):
        ScaleSettings(gpus=100, slice_gpus=32)
