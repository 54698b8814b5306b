import os
import sys

import pytest

from sandbox_service.config import SandboxConfig
from sandbox_service.errors import SandboxUnavailableError
from sandbox_service.isolation import IsolationReport, _interpreter_paths, worker_spec
from sandbox_service.worker.kernel.layers import ALL_LAYERS, NEEDS
from sandbox_service.worker.spec import WorkerSpec

REPORT = IsolationReport(("no_new_privs", "landlock"), {"seccomp": "not for arm64"})


def test_a_claim_is_met_by_any_of_its_layers():
    REPORT.require(("no_new_privs", "landlock|private_root"))


def test_an_unmet_claim_is_refused_with_reason_and_cure():
    with pytest.raises(
        SandboxUnavailableError, match=r"requires seccomp, .*not for arm64.*SandboxConfig.floor"
    ):
        REPORT.require(("seccomp", "landlock"))


def test_every_layer_is_built_after_those_it_stands_on():
    for position, layer in enumerate(ALL_LAYERS):
        assert set(NEEDS[layer]) <= set(ALL_LAYERS[:position])


def test_a_worker_may_read_libraries_but_neither_home_nor_the_project():
    spec = worker_spec(SandboxConfig(), (), "/tmp/worker")
    assert "/usr/lib" in spec.read_paths
    assert not {"/", "/root", "/home", "/etc", "/tmp", "/var"} & set(spec.read_paths)
    assert not any(__file__.startswith(path + "/") for path in spec.read_paths)
    assert not any(a != b and a.startswith(b + "/") for a in spec.read_paths for b in spec.read_paths)


def test_a_spec_survives_the_way_to_the_worker():
    spec = worker_spec(SandboxConfig(), ("landlock",), "/tmp/worker")
    assert WorkerSpec.from_dict({**spec.to_dict(), "layers": ["landlock"]}) == spec


def test_of_a_python_in_the_systems_folders_only_what_belongs_to_it_may_be_read():
    own = _interpreter_paths(("/opt/python", "/opt/python"))
    assert "/opt/python" in own
    shared = _interpreter_paths(("/usr", "/usr"))
    assert not {"/usr", "/usr/bin", "/usr/share"} & set(shared)
    assert {os.path.realpath("/usr/lib"), os.path.realpath(sys.executable)} <= set(shared)
