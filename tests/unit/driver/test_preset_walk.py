"""Every preset through every step that needs no GPU, down to what Ray and DeepSpeed are told.

What vLLM is told, by vLLM's own account, is in tests/engine/test_config_overrides.py.
"""

import json
import struct
from pathlib import Path
from typing import Any

import pytest
import yaml
from deepspeed.runtime.config import DeepSpeedConfig
from source_files import ROOT

from actors.curriculum_scheduler import CurriculumScheduler
from actors.engines.deepspeed_engine import DeepSpeedEngine
from actors.handles.nodes import NodeView
from actors.policy_learner import PolicyLearner
from actors.reward_scorer import RewardScorer
from actors.rollout_worker import RolloutWorker
from actors.sandbox_executor import SandboxExecutor
from actors.sandbox_pool.directory import SandboxDirectory
from curriculum.tasks.presets import chosen_families
from driver import preflight
from driver.actor_options import actor_options, learner_env, local_files, paths_of, rollouts_at_once
from driver.commands import doctor
from driver.config import RunConfig
from driver.config_loading import load_config
from driver.errors import PlacementError
from driver.placement import check, plan, scaling
from driver.supervision.deadlines import Deadlines

PRESETS = sorted(path.stem for path in (ROOT / "driver" / "configs").glob("*.yaml"))
CLASSES = {
    "rollout": RolloutWorker,
    "learner": PolicyLearner,
    "scorer": RewardScorer,
    "curriculum": CurriculumScheduler,
    "sandbox": SandboxExecutor,
    "directory": SandboxDirectory,
}
# Parameters of the models that the presets name, by their published configs.
PARAMETERS = {
    "tiny-random-llama": 510_000,
    "HuggingFaceTB/SmolLM2-135M-Instruct": 134_515_008,
    "Qwen/Qwen2.5-0.5B-Instruct": 494_032_768,
    "Qwen/Qwen2.5-1.5B-Instruct": 1_543_714_304,
    "Qwen/Qwen2.5-7B-Instruct-1M": 7_615_616_512,
    "Qwen/Qwen2.5-14B-Instruct-1M": 14_770_033_664,
}
TWO_CORES = [{"CPU": 2.0, "pool": "", "free": 12.0, "gpu": None}]
ONE_GPU = [{"CPU": 16.0, "GPU": 1.0, "pool": "", "free": 60.0, "gpu": 79.0}]
EIGHT_GPUS = [{"CPU": 96.0, "GPU": 8.0, "pool": "", "free": 1000.0, "gpu": 79.0}]
MACHINES = {"one_gpu": ONE_GPU, "single_node": EIGHT_GPUS}
SMALL_CARD = [
    "model=Qwen/Qwen2.5-0.5B-Instruct",
    "engine.sleeps=true",
    "engine.gpu_memory_utilization=0.4",
    "engine.max_num_seqs=64",
    "learner.micro_batch_tokens=4096",
    "learner.chunk_tokens=512",
]


def cluster_nodes() -> list[dict[str, Any]]:
    """The nodes of cluster.yaml that are always there."""
    types = yaml.safe_load((ROOT / "cluster.yaml").read_text())["available_node_types"]
    memory = {"head": 17.0, "learner": 1900.0, "rollout": 1900.0, "sandbox": 60.0}
    return [
        {
            **{key: float(value) for key, value in node["resources"].items()},
            "pool": node["labels"]["pool"],
            "free": memory[name],
            "gpu": 79.0 if "GPU" in node["resources"] else None,
        }
        for name, node in types.items()
        for _ in range(1 if name == "head" else node.get("min_workers", 0))
    ]


def machines(preset: str) -> list[dict[str, Any]]:
    return cluster_nodes() if preset == "cluster" else MACHINES.get(preset, TWO_CORES)


def views(nodes: list[dict[str, Any]]) -> list[NodeView]:
    return [
        NodeView(
            name=f"n{number}",
            pool=node["pool"],
            unseen=(),
            free_memory_gib=node["free"],
            gpu_memory_gib=node["gpu"],
        )
        for number, node in enumerate(nodes)
    ]


def model_folder(folder: Path, config: RunConfig) -> Path:
    """A model of the right size whose weights are not there: only their header is read."""
    folder.mkdir(exist_ok=True)
    size = PARAMETERS[config.model]
    header = json.dumps({"w": {"dtype": "BF16", "shape": [size], "data_offsets": [0, 2 * size]}}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    return folder


@pytest.fixture(params=PRESETS)
def preset(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_a_preset_fits_the_machines_that_it_is_for(preset: str, tmp_path: Path) -> None:
    config = load_config(preset, [f"folder={tmp_path / 'run'}"])
    placement, nodes = plan(config), machines(preset)
    total: dict[str, float] = {}
    for node in nodes:
        for name in ("CPU", "GPU"):
            total[name] = total.get(name, 0.0) + node.get(name, 0.0)
    check(placement, total)
    preflight.refuse_busy(placement, total, total)
    folder = model_folder(tmp_path / "model", config)
    preflight.refuse_full_nodes(config, placement, views(nodes))
    preflight.refuse_views(config, placement, folder, views(nodes))
    assert paths_of(config, folder) == ([], []), "a preset names its model, each node finds it"
    assert local_files(config, folder).model == config.model


def test_a_preset_has_tasks_and_a_way_to_traces(preset: str) -> None:
    trained, _ = chosen_families(load_config(preset).tasks)
    without = preflight.families_without_traces(family.name for family in trained)
    assert len(without) <= len(trained) // 4


def test_ray_takes_what_it_is_told_of_every_actor_of_a_preset(preset: str) -> None:
    ray = pytest.importorskip("ray")
    config = load_config(preset)
    for spec in plan(config).actors:
        env = learner_env(config) if spec.role == "learner" else {}
        options = actor_options(spec, CLASSES[spec.role], env)
        # Ray checks them here, before anything is started.
        ray.remote(CLASSES[spec.role]).options(**options, name="a", max_restarts=0)
        variables = options["runtime_env"]["env_vars"]
        assert ("CUDA_VISIBLE_DEVICES" in variables) == (spec.num_gpus == 0)
        assert all(isinstance(value, str) for value in variables.values())
    limits, pool = Deadlines.of(config), scaling(config)
    assert limits.group_s > limits.call_s
    assert pool.max_executors >= pool.min_executors >= 1
    assert rollouts_at_once(config) >= config.rollout.group_size


def test_deepspeed_takes_what_it_is_told_by_a_preset(preset: str) -> None:
    config = load_config(preset)
    engine = DeepSpeedEngine(config.learner, rank=0, world_size=config.learner.num_ranks)
    # As on the machine that the preset is for; all that follows from it is here.
    engine._on_gpu = config.placement.gpus_per_learner_rank > 0
    told = DeepSpeedConfig(engine._deepspeed_config())
    assert told.zero_optimization_stage == engine._stage
    assert told.bfloat16_config.enabled == (config.learner.dtype == "bfloat16")
    assert told.zero_config.overlap_comm == (engine._on_gpu and engine._stage >= 2)
    assert told.train_micro_batch_size_per_gpu == told.gradient_accumulation_steps == 1


def test_a_half_billion_parameters_fit_the_small_card_with_the_documented_keys(tmp_path: Path) -> None:
    text = (ROOT / "driver" / "configs" / "one_gpu.yaml").read_text()
    comment = " ".join(line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#"))
    assert " ".join(SMALL_CARD) in comment
    config = load_config("one_gpu", [*SMALL_CARD, f"folder={tmp_path / 'run'}"])
    folder = model_folder(tmp_path / "model", config)
    card = [{**ONE_GPU[0], "gpu": 23.5}]
    preflight.refuse_views(config, plan(config), folder, views(card))
    # The preset's own model does not: its states alone are 26 GiB.
    large = load_config("one_gpu", [f"folder={tmp_path / 'run'}"])
    with pytest.raises(PlacementError, match=r"a learner needs at least 26\.3 GiB of its GPU"):
        preflight.refuse_views(large, plan(large), model_folder(folder, large), views(card))


def test_doctor_warns_where_the_laptop_presets_checkpoints_do_not_fit(tmp_path: Path) -> None:
    config = load_config("laptop")
    # 44 bytes for each of 135 million parameters: 5.5 GiB.
    needed = preflight.disk_gib(config, PARAMETERS[config.model])
    assert doctor.disk(tmp_path, int((needed - 0.1) * 2**30)).status == "warn"
    assert doctor.disk(tmp_path, int((needed + 1) * 2**30)).status == "ok"


def test_every_preset_is_walked_and_every_model_is_known() -> None:
    assert {"laptop", "smoke", "one_gpu", "single_node", "cluster"} <= set(PRESETS)
    assert {load_config(name).model for name in PRESETS} <= PARAMETERS.keys()
