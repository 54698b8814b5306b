"""What is installed, what is locked, and what must not be written down."""

import re
import tomllib
from functools import cache
from importlib import metadata

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from source_files import FOLDERS, ROOT, tracked_text_files

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
# The Makefile installs torch first and alone, from wherever the machine gets its build.
NOT_IN_CPU_LOCK = {"torch"}
INDEX = re.compile(r"https?://[^\s\"')>]*(?:pypi|/simple\b|/whl\b|devpi|artifactory)")
# Parents of a checkout that say nothing about a machine.
PLAIN_PARENTS = {"/", "/home", "/root", "/tmp", "/opt", "/app", "/srv", "/mnt", "/usr", "/var"}


@cache
def _locked(name: str) -> dict[str, str]:
    lines = (ROOT / "requirements" / f"{name}.lock").read_text().splitlines()
    pins = (Requirement(line) for line in lines if line.strip() and not line.startswith("#"))
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}


def _named(path: str) -> set[str]:
    lines = (ROOT / "requirements" / path).read_text().splitlines()
    return {
        canonicalize_name(Requirement(line).name) for line in lines if line.strip() and line[0] not in "#-"
    }


def test_nobody_else_owns_the_names_of_our_packages() -> None:
    owners = metadata.packages_distributions()
    assert {name: owners[name] for name in FOLDERS if name in owners} == {}


@pytest.mark.parametrize(
    ("lock", "wanted", "missing"),
    [
        ("cpu", [*PROJECT["dependencies"], *EXTRAS["cpu"], *EXTRAS["dev"]], NOT_IN_CPU_LOCK),
        ("gpu", [*PROJECT["dependencies"], *EXTRAS["gpu"]], set()),
    ],
)
def test_a_lock_names_every_dependency_in_a_version_that_fits(
    lock: str, wanted: list[str], missing: set[str]
) -> None:
    pins = _locked(lock)
    requirements = {canonicalize_name(r.name): r for r in map(Requirement, wanted)}
    assert requirements.keys() - pins.keys() == missing
    unfit = {n: pins[n] for n, r in requirements.items() if n in pins and pins[n] not in r.specifier}
    assert unfit == {}


def test_what_the_locks_are_made_from_is_what_the_project_depends_on() -> None:
    wanted = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
    assert _named("common.in") == wanted
    assert {canonicalize_name(Requirement(line).name) for line in EXTRAS["gpu"]} <= _named("gpu.in")
    assert {canonicalize_name(Requirement(line).name) for line in EXTRAS["cpu"] + EXTRAS["dev"]} <= _named(
        "cpu.in"
    )


def test_the_gpu_lock_s_bindings_of_cuda_are_one_release() -> None:
    # cuda-python 12 brings modules of its own that overwrite those of cuda-bindings 13.
    pins = _locked("gpu")
    assert pins["cuda-python"] == pins["cuda-bindings"]
    assert int(pins["cuda-bindings"].partition(".")[0]) >= 13


def test_what_crosses_between_nodes_has_one_version_in_all_locks() -> None:
    for name in ("ray", "pydantic"):
        assert len({_locked(lock)[name] for lock in ("cpu", "gpu", "sandbox")}) == 1, name


def test_what_the_autoscaler_needs_has_the_versions_of_the_lock_that_it_is_installed_over() -> None:
    aws, cpu = _locked("aws"), _locked("cpu") | _locked("guest")
    assert _named("aws.in") <= aws.keys()
    assert {name: version for name, version in aws.items() if cpu.get(name, version) != version} == {}


def test_the_checks_before_a_commit_are_those_of_make_lint() -> None:
    lint = (ROOT / "Makefile").read_text().partition("\nlint:")[2].partition("\n\n")[0]
    by_make = re.findall(r"-m (ruff check|ruff format|mypy)\b", lint)
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    by_hook = [
        re.sub(r".* -m (\w+(?: check| format)?).*", r"\1", hook["entry"]) for hook in repository["hooks"]
    ]
    assert by_hook == by_make == ["ruff check", "ruff format", "mypy"]


def test_what_scripts_may_import_has_one_version_in_all_locks_and_is_part_of_the_sandbox_s() -> None:
    guest = _locked("guest")
    assert _named("guest.in") <= guest.keys()
    assert {name: version for name, version in guest.items() if _locked("sandbox").get(name) != version} == {}
    for lock in ("cpu", "gpu"):
        others = _locked(lock)
        assert {name for name, version in guest.items() if others.get(name, version) != version} == set()


def test_no_file_holds_a_path_of_the_machine_it_was_written_on() -> None:
    parent = str(ROOT.parent)
    if parent in PLAIN_PARENTS:
        pytest.skip(f"a checkout in {parent} leaves nothing to recognise")
    pattern = re.compile(rf"(?<![\w./-]){re.escape(parent)}/".encode())
    files = tracked_text_files()
    assert [str(p.relative_to(ROOT)) for p in files if pattern.search(p.read_bytes())] == []


def test_no_file_names_a_package_index() -> None:
    files = [p for p in tracked_text_files() if p.suffix != ".html"]
    found = {str(p.relative_to(ROOT)): INDEX.findall(p.read_text(errors="replace")) for p in files}
    assert {path: urls for path, urls in found.items() if urls} == {}
