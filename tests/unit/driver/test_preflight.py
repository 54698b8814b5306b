from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from actors.handles.nodes import NodeView, own_view
from driver import preflight
from driver.config import RunConfig
from driver.config_loading import load_config
from driver.errors import PlacementError, RunAbortedError
from driver.placement import plan

BILLION = 10**9
GIB = 2**30


def _config(*overrides: str) -> RunConfig:
    return load_config("smoke", overrides)


def _view(**changes: Any) -> NodeView:
    fields = {"name": "10.0.0.1", "pool": "", "unseen": (), "free_memory_gib": 100.0, "gpu_memory_gib": None}
    return NodeView(**{**fields, **changes})


def test_families_without_any_way_to_traces_are_named_before_anything_starts() -> None:
    assert preflight.families_without_traces(["chain_sum", "gcd"]) == []
    assert preflight.families_without_traces(["yours", "gcd", "mine", "mine"]) == ["mine", "yours"]
    with pytest.raises(RunAbortedError, match=r"for any of 2 families \(mine, yours\): set synthesis.file"):
        preflight.families_without_traces(["yours", "mine", "mine"])
    with pytest.raises(RunAbortedError, match="no task has split sft"):
        preflight.families_without_traces([])


def test_what_another_run_holds_is_told_and_not_waited_for() -> None:
    placement = plan(_config("placement.sandbox_cpus=2"))
    # 0.2 for the engine, 0.2 for the learner, 0.1 each for scorer and curriculum, 2 for the sandbox.
    assert placement.needed_at_start == {"CPU": 2.6}
    preflight.refuse_busy(placement, {"CPU": 4.0}, {"CPU": 2.6})
    with pytest.raises(
        PlacementError, match=r"needs 2.6 CPU and the cluster has 4, but only 2.5 of them are free"
    ):
        preflight.refuse_busy(placement, {"CPU": 4.0}, {"CPU": 2.5})
    with pytest.raises(PlacementError, match="but only 0 of them are free"):
        preflight.refuse_busy(placement, {"CPU": 4.0}, {})


def test_a_node_that_does_not_see_the_run_is_named_with_what_it_lacks() -> None:
    placement = plan(_config())
    blind = _view(name="10.0.0.2", unseen=("/runs/a/config.yaml", "/models/m"))
    preflight.refuse_unseen(placement, [_view()])
    with pytest.raises(
        PlacementError,
        match=r"1 of 2 nodes \(10.0.0.2\) cannot see.*/runs/a/config.yaml, /models/m: set folder=",
    ):
        preflight.refuse_unseen(placement, [_view(), blind])


def test_a_node_that_never_loads_the_model_need_not_see_it() -> None:
    placement = plan(load_config("cluster"))
    sandbox = _view(pool="sandbox", unseen=("/models/m",))
    head = _view(pool="head", unseen=("/models/m",))
    preflight.refuse_unseen(placement, [sandbox, head])
    for pool in ("learner", "rollout"):
        with pytest.raises(PlacementError, match="1 of 3 nodes"):
            preflight.refuse_unseen(
                placement, [sandbox, head, _view(pool=pool, gpu_memory_gib=80.0, unseen=("/models/m",))]
            )


@pytest.mark.parametrize(
    ("overrides", "bytes_per_parameter"),
    [
        # Weights 4, gradients 4, two moments of 4.
        (["learner.dtype=float32", "learner.num_ranks=1"], 16.0),
        # The same with a float32 copy of its own, which ZeRO 1 splits with the moments: 8 + 12 / 2.
        (["learner.dtype=float32", "learner.num_ranks=2", "learner.zero_stage=1"], 14.0),
        # bfloat16: 2, gradients added up in float32 4, moments 8, master 4; ZeRO 2 splits all but the weights over 4:
        # 2 + 16 / 4.
        (["learner.dtype=bfloat16", "learner.num_ranks=4", "learner.zero_stage=2"], 6.0),
        (["learner.dtype=bfloat16", "learner.num_ranks=4", "learner.zero_stage=3"], 4.5),
        # The model that the KL term refers to is one more.
        (["learner.dtype=float32", "learner.num_ranks=1", "learner.grpo.beta=0.1"], 20.0),
    ],
)
def test_the_learners_memory_is_what_its_weights_gradients_and_moments_take(
    overrides: list[str], bytes_per_parameter: float
) -> None:
    needed = preflight.memory_by_role(_config(*overrides), BILLION)
    assert needed["learner"] == pytest.approx(bytes_per_parameter * BILLION / GIB + 0.4)


def test_the_engines_memory_is_its_weights_and_on_a_cpu_its_cache() -> None:
    config = _config("engine.dtype=bfloat16", "engine.cpu_kv_cache_gib=3")
    needed = preflight.memory_by_role(config, BILLION)
    assert needed["rollout"] == pytest.approx(2 * BILLION / GIB + 3 + 0.4)


def test_a_machine_with_too_little_memory_is_told_role_by_role() -> None:
    config = _config(
        "learner.dtype=float32", "engine.dtype=bfloat16", "engine.cpu_kv_cache_gib=1", "sandbox.num_workers=2"
    )
    # Learner 14.9 + 0.4, engine 1.86 + 1 + 0.4, sandbox 2 x 0.05: 18.7 together.
    views = [_view(free_memory_gib=18.0)]
    with pytest.raises(
        PlacementError,
        match=r"at least 18.7 GiB of memory \(1 learner x 15.3 \+ 1 rollout x 3.3 \+ 1 sandbox x 0.1\) but 18.0 GiB",
    ):
        preflight.refuse_too_little_memory(config, plan(config), BILLION, views)
    preflight.refuse_too_little_memory(config, plan(config), BILLION, [_view(free_memory_gib=18.8)])
    # Where only the evaluation is left nobody learns.
    preflight.refuse_too_little_memory(config, plan(config), BILLION, views, has_learner=False)
    preflight.refuse_too_little_memory(config, plan(config), None, [_view(free_memory_gib=0.1)])


def test_of_several_nodes_one_must_be_large_enough_for_each_actor() -> None:
    config = _config("learner.dtype=float32")
    small, large = _view(free_memory_gib=10.0), _view(free_memory_gib=16.0)
    preflight.refuse_too_little_memory(config, plan(config), BILLION, [small, large])
    with pytest.raises(PlacementError, match=r"15.3 GiB of memory \(a learner alone\) but 10.0 GiB are free"):
        preflight.refuse_too_little_memory(config, plan(config), BILLION, [small, small])


def test_a_gpu_that_cannot_hold_its_share_is_told_with_the_keys() -> None:
    config = load_config("single_node")
    views = [_view(gpu_memory_gib=80.0, free_memory_gib=1000.0)]
    # 7.6 billion parameters in bfloat16 over four ranks of ZeRO 3: 4.5 bytes each, 31.9 GiB.
    preflight.refuse_too_little_memory(config, plan(config), 7_600_000_000, views)
    with pytest.raises(PlacementError, match=r"a learner needs at least .* raise learner.num_ranks"):
        preflight.refuse_too_little_memory(config, plan(config), 30_000_000_000, views)


def test_on_a_shared_gpu_the_learner_has_what_the_engine_leaves() -> None:
    shares = ("placement.gpus_per_rollout_worker=0.5", "placement.gpus_per_learner_rank=0.5")
    config = load_config(
        "single_node", [*shares, "learner.num_ranks=1", "engine.gpu_memory_utilization=0.35"]
    )
    views = [_view(gpu_memory_gib=80.0, free_memory_gib=1000.0)]
    # 18 bytes for each of 1.5 billion parameters are 25.1 GiB, 0.4 for the process; the engine leaves 52.
    preflight.refuse_too_little_memory(config, plan(config), 1_500_000_000, views)
    # Of 4 billion 67.5, which would fit the whole GPU.
    with pytest.raises(PlacementError, match=r"a learner needs at least 67\.5 GiB .* gives it 52\.0"):
        preflight.refuse_too_little_memory(config, plan(config), 4_000_000_000, views)


def test_parameters_are_counted_from_the_headers_alone(tmp_path: Path) -> None:
    assert preflight.num_parameters(tmp_path) is None
    save_file({"a": torch.zeros(3, 4), "b": torch.zeros(5)}, tmp_path / "model-1.safetensors")
    save_file({"c": torch.zeros(2, dtype=torch.bfloat16)}, tmp_path / "model-2.safetensors")
    assert preflight.num_parameters(tmp_path) == 12 + 5 + 2
    (tmp_path / "model-2.safetensors").write_bytes(b"cut")
    assert preflight.num_parameters(tmp_path) is None


def test_this_machine_says_what_it_does_not_see(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    view = own_view([tmp_path / "model", tmp_path / "gone"], [tmp_path])
    assert view.unseen == (str(tmp_path / "gone"),)
    assert view.free_memory_gib > 0


class Waiting:
    """A clock that goes on when somebody sleeps, and a cluster whose node is up after so many seconds."""

    def __init__(self, up_after_s: float) -> None:
        self.now = 0.0
        self.told: list[str] = []
        self._up_after_s = up_after_s

    def check(self) -> None:
        if self.now < self._up_after_s:
            raise PlacementError("placement needs 16 GPUs but the cluster has 8")

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def wait(self, limit_s: float) -> None:
        preflight.patiently(
            self.check,
            limit_s,
            "placement.nodes_s",
            say=self.told.append,
            clock=lambda: self.now,
            sleep=self.sleep,
        )


def test_nodes_that_still_boot_are_waited_for_and_that_is_said_once() -> None:
    cluster = Waiting(up_after_s=200.0)
    cluster.wait(900.0)
    assert cluster.now == 200.0
    assert cluster.told == ["placement needs 16 GPUs but the cluster has 8; waiting up to 900 s for it"]


def test_nodes_that_do_not_come_are_waited_for_no_longer_than_the_limit() -> None:
    cluster = Waiting(up_after_s=2000.0)
    with pytest.raises(
        PlacementError, match=r"16 GPUs but the cluster has 8 \(waited 900 s: placement\.nodes_s\)"
    ):
        cluster.wait(900.0)
    assert cluster.now == 900.0


def test_what_a_machine_lacks_is_not_waited_for() -> None:
    machine = Waiting(up_after_s=1.0)
    with pytest.raises(PlacementError, match=r"the cluster has 8$"):
        machine.wait(0.0)
    assert machine.now == 0.0


def test_memory_must_be_free_where_learner_and_engines_go_and_not_where_the_job_is_driven() -> None:
    config = load_config("cluster")
    assert config.placement.min_memory_gib == 256
    head = _view(name="head", pool="head", free_memory_gib=17.5)
    learner = _view(name="learner", pool="learner", gpu_memory_gib=80.0, free_memory_gib=1500.0)
    rollout = _view(name="rollout", pool="rollout", gpu_memory_gib=80.0, free_memory_gib=1500.0)
    preflight.refuse_full_nodes(config, plan(config), [head, learner, rollout])
    small = rollout.model_copy(update={"free_memory_gib": 200.0})
    with pytest.raises(
        PlacementError, match=r"200\.0 GiB of memory are free on rollout but .*=256: end what"
    ):
        preflight.refuse_full_nodes(config, plan(config), [head, learner, small])


@pytest.mark.parametrize(
    ("preset", "billions", "gib"),
    [
        # 14 bytes a parameter (bfloat16 2, float32 copy 4, moments 8), 3 of them at a time; two models of 2 bytes each.
        ("single_node", 7.6, 7.6e9 * (3 * 14 + 2 * 2) / GIB),
        # Three are kept.
        ("cluster", 14.8, 14.8e9 * (4 * 14 + 2 * 2) / GIB),
        # float32 without ZeRO has no copy.
        ("laptop", 0.135, 0.135e9 * (3 * 12 + 2 * 4) / GIB),
    ],
)
def test_the_disk_holds_the_checkpoints_that_are_kept_and_one_that_is_written(
    preset: str, billions: float, gib: float
) -> None:
    assert preflight.disk_gib(load_config(preset), int(billions * BILLION)) == pytest.approx(gib)


def test_a_disk_that_would_fill_up_is_told_before_the_run(tmp_path: Path) -> None:
    config = _config("training.keep_checkpoints=2", "learner.dtype=float32", "learner.num_ranks=1")
    # 44 bytes for each of 100 million parameters: 4.1 GiB.
    preflight.refuse_too_little_disk(config, BILLION // 10, tmp_path, free_gib=4.2)
    with pytest.raises(
        PlacementError,
        match=r"need 4\.1 GiB more in .*2 checkpoints kept.* but 4\.0 GiB are free: lower training",
    ):
        preflight.refuse_too_little_disk(config, BILLION // 10, tmp_path, free_gib=4.0)
    # What an earlier attempt left there is of these.
    (tmp_path / "checkpoints" / "step-1").mkdir(parents=True)
    (tmp_path / "checkpoints" / "step-1" / "part").write_bytes(bytes(2**28))
    preflight.refuse_too_little_disk(config, BILLION // 10, tmp_path, free_gib=4.0)
    preflight.refuse_too_little_disk(config, None, tmp_path, free_gib=0.0)
