"""Who may import whom, and what an import may cost."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from source_files import (
    FOLDERS,
    ROOT,
    all_imports,
    imported_below,
    imports_at_module_level,
    python_files,
    tree,
)

MAY_IMPORT = {
    "driver": {"driver", "actors", "curriculum", "sandbox_service"},
    "actors": {"actors", "curriculum", "sandbox_service"},
    "curriculum": {"curriculum"},
    "sandbox_service": {"sandbox_service"},
}
HANDLES = Path("actors/handles")
HOMES_OF_RAY = {Path("driver/launch.py"), HANDLES}
HEAVY = {"torch", "vllm", "deepspeed", "transformers"}
HOMES_OF_HEAVY = ("actors/learning/", "actors/weights/", "actors/engines/")
CONFIGS = [p for p in python_files(*FOLDERS) if p.name == "config.py"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_imports_only_those_below_it(folder: str) -> None:
    above = {str(p): all_imports(p) & set(FOLDERS) - MAY_IMPORT[folder] for p in python_files(folder)}
    assert {path: names for path, names in above.items() if names} == {}


def _home(path: Path) -> Path:
    return HANDLES if path.is_relative_to(HANDLES) else path


def test_a_familys_way_goes_down_and_its_source_is_looked_up_in_one_table() -> None:
    sources = Path("curriculum/tasks/sources")
    above = {"catalogue", "checkers", "presets", "sets", "split"}
    upwards = {str(p): imported_below(p, "curriculum.tasks") & above for p in python_files(str(sources))}
    assert {path: names for path, names in upwards.items() if names} == {}
    rooms = [p for p in python_files("curriculum/tasks", "driver") if not p.is_relative_to(sources)]
    beside = {str(p): imported_below(p, "curriculum.tasks.sources") - {"source"} for p in rooms}
    fetches_files = {"driver/commands/task_listing.py": {"bbh"}}
    assert {path: names for path, names in beside.items() if names} == fetches_files


def test_ray_has_two_homes() -> None:
    assert {_home(p) for p in python_files(*FOLDERS) if "ray" in all_imports(p)} == HOMES_OF_RAY


def test_calls_of_actors_are_made_in_the_homes_of_ray_only() -> None:
    def calls_an_actor(path: Path) -> bool:
        return any(isinstance(n, ast.Attribute) and n.attr == "remote" for n in ast.walk(tree(path)))

    assert {_home(p) for p in python_files(*FOLDERS) if calls_an_actor(p)} == HOMES_OF_RAY


def test_heavy_packages_are_imported_at_module_level_in_their_homes_only() -> None:
    found = {str(p): imports_at_module_level(p) & HEAVY for p in python_files(*FOLDERS)}
    strays = {p: names for p, names in found.items() if names and not p.startswith(HOMES_OF_HEAVY)}
    assert strays == {}


def test_engine_and_training_packages_stay_out_of_the_leaves_altogether() -> None:
    found = {str(p): all_imports(p) & HEAVY for p in python_files("curriculum", "sandbox_service")}
    assert {p: names for p, names in found.items() if names} == {}


@pytest.mark.parametrize("path", CONFIGS, ids=str)
def test_a_config_imports_cheaply_in_a_fresh_interpreter(path: Path) -> None:
    module = ".".join(path.with_suffix("").parts)
    heavy = sorted(HEAVY | {"ray", "sympy", "reasoning_gym", "pyarrow"})
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_folder_has_its_config() -> None:
    expected = {
        *("driver", "driver/phases/traces"),
        *("curriculum", "curriculum/tasks"),
        *("sandbox_service", "sandbox_service/containers", "sandbox_service/http"),
        *(f"actors/{n}" for n in ("endpoints", "engines", "episodes", "learning", "rewards")),
    }
    assert {str(p.parent) for p in CONFIGS} == expected


def test_every_module_of_ours_that_is_imported_exists() -> None:
    def is_there(name: str) -> bool:
        path = ROOT.joinpath(*name.split("."))
        return path.is_dir() or path.with_suffix(".py").is_file()

    def modules(path: Path) -> set[str]:
        nodes = ast.walk(tree(path))
        named = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
        return {name for name in named if name and name.split(".")[0] in FOLDERS}

    # mypy would not tell: it passes over what it cannot find.
    files = python_files(*FOLDERS, "tests", "benchmarks", "examples")
    missing = {str(path): {name for name in modules(path) if not is_there(name)} for path in files}
    assert {path: names for path, names in missing.items() if names} == {}
