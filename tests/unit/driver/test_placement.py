import pytest

from driver.config_loading import load_config
from driver.errors import ConfigError, PlacementError
from driver.placement import check, plan, scaling


def _spec(placement, role):
    return next(spec for spec in placement.actors if spec.role == role)


def test_laptop_run_fits_on_two_cores():
    # engine 0.2 + learner 0.2 + scorer 0.1 + curriculum 0.1 + sandbox 1.
    placement = plan(load_config("laptop"))
    assert placement.totals == {"CPU": 1.6}
    check(placement, {"CPU": 2.0, "memory": 1e9})


def test_two_engines_and_two_ranks_still_fit_on_two_cores():
    config = load_config("laptop", ["placement.rollout_workers=2", "learner.num_ranks=2"])
    assert plan(config).totals == {"CPU": 2.0}
    check(plan(config), {"CPU": 2.0})


def test_each_role_has_one_spec():
    roles = [spec.role for spec in plan(load_config("laptop")).actors]
    assert roles == ["rollout", "learner", "scorer", "curriculum", "sandbox"]


def test_too_few_gpus_are_counted_by_role_with_the_cure():
    gpus = [
        "placement.rollout_workers=2",
        "placement.gpus_per_rollout_worker=1",
        "placement.gpus_per_learner_rank=1",
    ]
    placement = plan(load_config("laptop", gpus))
    with pytest.raises(PlacementError) as raised:
        check(placement, {"CPU": 64, "GPU": 2})
    assert str(raised.value) == (
        "placement needs 3 GPUs (2 rollout + 1 learner) but the cluster has 2: "
        "lower placement.rollout_workers or add a node in cluster.yaml"
    )


def test_too_few_cpus_name_the_sandbox():
    placement = plan(load_config("laptop", ["placement.sandbox_cpus=4"]))
    with pytest.raises(
        PlacementError, match=r"4\.6 CPUs .*4 sandbox.* but the cluster has 2: .*sandbox_cpus"
    ):
        check(placement, {"CPU": 2})


def test_a_cluster_that_names_no_gpu_has_none():
    gpus = ["placement.gpus_per_rollout_worker=1"]
    with pytest.raises(PlacementError, match="but the cluster has 0"):
        check(plan(load_config("laptop", gpus)), {"CPU": 64})


def test_an_engine_split_over_other_gpus_than_it_gets_is_refused():
    with pytest.raises(
        PlacementError, match=r"tensor_parallel_size=2 but placement\.gpus_per_rollout_worker=0"
    ):
        plan(load_config("laptop", ["engine.tensor_parallel_size=2"]))


def test_autoscaled_sandbox_nodes_need_not_be_there_at_the_start():
    placement = plan(load_config("cluster"))
    assert _spec(placement, "sandbox").resources == {"sandbox": 1}
    assert placement.totals["sandbox"] == 2
    assert "sandbox" not in placement.needed_at_start
    check(placement, {"CPU": 384, "GPU": 16})


def test_pools_are_asked_for_only_where_cluster_yaml_made_them():
    single, cluster = plan(load_config("single_node")), plan(load_config("cluster"))
    assert {spec.label for spec in single.actors} == {None}
    labels = {spec.role: spec.label for spec in cluster.actors}
    assert (labels["rollout"], labels["learner"]) == ("rollout", "learner")
    assert labels["sandbox"] == "sandbox"
    # On a sandbox node a small actor would keep out the sandbox actor, which takes the whole node.
    assert {labels[role] for role in ("scorer", "curriculum", "directory")} == {"!sandbox"}


def test_one_sandbox_actor_that_stays_needs_no_directory_of_them():
    for preset in ("laptop", "single_node", "smoke"):
        placement = plan(load_config(preset))
        assert "directory" not in [spec.role for spec in placement.actors]
        assert (_spec(placement, "sandbox").count, _spec(placement, "sandbox").max_count) == (1, 1)
    for bounds in (["placement.sandbox_executors=2"], ["placement.max_sandbox_executors=2"]):
        assert _spec(plan(load_config("laptop", bounds)), "directory").count == 1


def test_only_the_fewest_sandbox_actors_are_needed_at_the_start():
    config = load_config("laptop", ["placement.max_sandbox_executors=5", "placement.sandbox_cpus=1"])
    placement = plan(config)
    assert (_spec(placement, "sandbox").count, _spec(placement, "sandbox").max_count) == (1, 5)
    # engine 0.2 + learner 0.2 + scorer, curriculum and directory 0.1 each + one sandbox actor.
    assert placement.needed_at_start == {"CPU": 1.7}
    check(placement, {"CPU": 2.0})


def test_the_pool_follows_its_backlog_between_the_configured_bounds():
    keys = [
        "sandbox_executors=2",
        "max_sandbox_executors=9",
        "sandbox_scale_up_backlog=3",
        "sandbox_idle_s=5",
    ]
    config = load_config("laptop", [f"placement.{key}" for key in keys])
    wanted = scaling(config)
    assert (wanted.min_executors, wanted.max_executors, wanted.num_workers) == (2, 9, 2)
    assert (wanted.scale_up_backlog, wanted.idle_s) == (3.0, 5.0)


def test_without_a_maximum_the_number_of_sandbox_actors_is_fixed():
    wanted = scaling(load_config("laptop", ["placement.sandbox_executors=3"]))
    assert (wanted.min_executors, wanted.max_executors) == (3, 3)


def test_a_maximum_below_the_minimum_is_refused_with_the_cure():
    bounds = ["placement.sandbox_executors=4", "placement.max_sandbox_executors=2"]
    with pytest.raises(
        ConfigError, match="max_sandbox_executors=2 is below sandbox_executors=4: raise the first"
    ):
        load_config("laptop", bounds)


def test_an_engine_and_a_learner_may_share_one_gpu():
    shares = [
        "placement.gpus_per_rollout_worker=0.5",
        "placement.gpus_per_learner_rank=0.5",
        "placement.sandbox_cpus=2",
    ]
    config = load_config("laptop", shares)
    assert config.placement.shares_gpu
    placement = plan(config)
    # Two CPUs beside each half of a GPU, scorer and curriculum 0.1 each, the sandbox 2.
    assert placement.totals == {"GPU": 1.0, "CPU": 6.2}
    check(placement, {"CPU": 8, "GPU": 1})
    assert not load_config("single_node").placement.shares_gpu
    assert not load_config("laptop").placement.shares_gpu


def test_a_gpu_and_a_half_for_one_engine_are_refused():
    with pytest.raises(ConfigError, match=r"gpus_per_rollout_worker=1\.5: a share of a GPU is below 1"):
        load_config("laptop", ["placement.gpus_per_rollout_worker=1.5"])


def test_two_ranks_of_the_learner_never_share_a_gpu():
    keys = ["placement.gpus_per_learner_rank=0.5", "learner.num_ranks=2"]
    with pytest.raises(PlacementError, match=r"num_ranks=2 .*=0\.5 could put two ranks on one GPU"):
        plan(load_config("laptop", keys))
