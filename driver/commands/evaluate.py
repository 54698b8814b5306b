"""`evaluate MODEL --out FOLDER`: the accuracy of any model, without a training run.

Without one of its options the command is the phase of a run. What it calls is imported when it runs: `--help` stays
quick.
"""

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from driver.errors import ConfigError

if TYPE_CHECKING:
    from curriculum.tasks.config import TaskSetConfig
    from driver.config import RunConfig

_OPTIONS = ("families", "agents", "samples", "items", "out", "preset", "endpoint")
_ALL = "r1ci"
"""The preset of tasks that has all 144 families."""
_WITHOUT_ENGINE_GIB = 1


def add_evaluate_options(command: argparse.ArgumentParser) -> None:
    """Give the parser of the phase `evaluate` the options that make it one of a model alone."""
    alone = command.add_argument_group(
        "a model alone",
        "evaluate MODEL --out FOLDER: MODEL is a folder in Hugging Face form, or what `model=` takes, or endpoint:NAME",
    )
    alone.add_argument("--out", metavar="FOLDER", help="the run folder; the same command goes on in it")
    alone.add_argument("--families", metavar="A,B", help="task families (default: all of the config's)")
    alone.add_argument("--agents", metavar="A,B", help="such as code_agent,text (default: the config's)")
    alone.add_argument("--samples", type=int, metavar="N", help="rollouts of each item")
    alone.add_argument("--items", type=int, metavar="M", help="items of each family")
    alone.add_argument(
        "--endpoint", metavar="URL", help="where endpoint:NAME is, such as http://localhost:8000/v1"
    )
    alone.add_argument("--config", dest="preset", metavar="CONFIG", help="all else (default: laptop)")


def is_alone(options: argparse.Namespace) -> bool:
    """Whether the command line is about a model alone: one of its options, or a model in place of a config."""
    is_model = (Path(options.config) / "config.json").is_file()
    return is_model or any(getattr(options, name) is not None for name in _OPTIONS)


def alone_config(options: argparse.Namespace) -> "RunConfig":
    """The config of a run that evaluates one model and does nothing else.

    Raises:
        ConfigError: `--out` or the model is missing, a family does not exist or has no items here, or a value is none.
    """
    from driver.config_loading import load_config

    model = options.config
    if options.out is None or "=" in model:
        raise ConfigError(
            "a model alone is evaluated by `python -m driver evaluate MODEL --out FOLDER`: "
            + ("give --out" if options.out is None else "put the model before the key=value pairs")
        )
    # Named after its folder, unless the user names it.
    name = re.sub(r"[^A-Za-z0-9._-]+|^[^A-Za-z0-9]+", "", Path(options.out).resolve().name) or "evaluate"
    preset, overrides = options.preset or "laptop", [f"name={json.dumps(name)}", *options.overrides]
    if model.startswith("endpoint:"):
        # No engine is on this machine.
        overrides.insert(0, f"placement.min_memory_gib={_WITHOUT_ENGINE_GIB}")
    wanted = {
        "model": model,
        "folder": options.out,
        "evaluation.policies": ["base"],
        "evaluation.alone": True,
    }
    if options.endpoint is not None:
        wanted["endpoint.base_url"] = options.endpoint
    if options.agents is not None:
        agents = _names("--agents", options.agents)
        wanted |= {"rollout.agent": agents[0], "potential.agents": agents[:1], "evaluation.agents": agents}
    wanted |= {
        f"evaluation.{name}": getattr(options, name)
        for name in ("samples", "items")
        if getattr(options, name) is not None
    }
    overrides += [f"{key}={json.dumps(value)}" for key, value in wanted.items()]
    if options.families is not None:
        tasks = load_config(preset, overrides).tasks
        chosen = _chosen_tasks(_names("--families", options.families), tasks)
        overrides += [f"tasks.{key}={json.dumps(value)}" for key, value in chosen.items()]
    config = load_config(preset, overrides)
    _refuse_families_without_items(config.tasks, is_named=options.families is not None)
    return config


def _names(option: str, text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if not all(names) or len(set(names)) < len(names):
        raise ConfigError(f"{option} {text}: give names with commas between them, each once")
    return names


def _chosen_tasks(names: Sequence[str], tasks: "TaskSetConfig") -> dict[str, object]:
    """Settings of a task set that has these families: of the config's own preset if it has them all, else of all 144.

    A name with a colon is a class of one's own.
    """
    from curriculum.tasks.catalogue import entry
    from curriculum.tasks.presets import preset_families

    own = [name for name in names if ":" in name]
    plain = [name.rpartition("/")[2] for name in names if ":" not in name]
    known = {family.name for side in preset_families(tasks.preset) for family in side}
    preset: str = tasks.preset
    if not plain:
        preset = "none"
    elif not set(plain) <= known:
        preset = _ALL
        for name in plain:
            try:
                entry(name)
            except ValueError as error:
                raise ConfigError(f"--families: {error}") from error
    return {
        "preset": preset,
        "families": plain,
        "file": None,
        "own_families": own,
        "own_held_out_families": [],
    }


def _refuse_families_without_items(tasks: "TaskSetConfig", is_named: bool) -> None:
    """Say which families have no items here; refuse those that were asked for by name."""
    from curriculum.tasks.presets import chosen_families
    from curriculum.tasks.sets.build import families_without_data

    if tasks.file is not None:
        return
    missing = families_without_data(tasks)
    cure = "their files are missing: `python -m driver tasks fetch bbh` gets BIG-Bench Hard's"
    if missing and is_named:
        raise ConfigError(f"--families: {', '.join(missing)} have no items here, {cure}")
    if missing:
        print(f"{len(missing)} families are left out, {cure} ({', '.join(missing)})")
    trained, held_out = chosen_families(tasks)
    for side, size, key in (
        (trained, tasks.test_per_family, "test_per_family"),
        (held_out, tasks.held_out_per_family, "held_out_per_family"),
    ):
        if side and not size and is_named:
            names = ", ".join(family.name for family in side)
            raise ConfigError(f"--families: {names} have no items here, since tasks.{key}=0: raise it")
