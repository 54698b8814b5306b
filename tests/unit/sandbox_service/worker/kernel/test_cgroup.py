"""What is written where, in a folder tree laid out as the kernel's; no machine of ours delegates a real one."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox_service.worker.kernel import cgroup
from sandbox_service.worker.kernel.cgroup import WorkerGroup, new_folder

MIB = 1 << 20


def fake_proc(folder: Path, group: str, mount_root: str = "/") -> str:
    mounts = (
        "24 1 0:22 / /sys rw - sysfs sysfs rw\n"
        f"41 31 0:38 {mount_root} /sys/fs/cgroup rw,relatime shared:9 - cgroup2 cgroup2 rw\n"
    )
    (folder / "mountinfo").write_text(mounts)
    (folder / "cgroup").write_text(f"4:memory:/elsewhere\n{group}")
    return str(folder)


def kernel_files(folder: Path, **contents: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    files = {"pids.max": "max", "memory.max": "max", "memory.oom.group": "0", "memory.swap.max": "max"}
    files |= {"cgroup.procs": "", "memory.events": "low 0\noom 0\noom_kill 0\n", "cgroup.kill": ""}
    for name, content in {**files, **contents}.items():
        (folder / name).write_text(content)
    return folder


@pytest.fixture
def delegated(tmp_path: Path) -> Path:
    (tmp_path / "cgroup.subtree_control").write_text("cpu memory pids")
    return kernel_files(tmp_path / "worker")


@pytest.fixture
def group_in() -> Iterator[Callable[[Path], WorkerGroup]]:
    with contextlib.ExitStack() as stack:

        def made(folder: Path) -> WorkerGroup:
            group = WorkerGroup(str(folder), max_processes=7)
            stack.callback(group.close)
            return group

        yield made


def test_a_group_stands_next_to_our_own(tmp_path):
    folder = new_folder(fake_proc(tmp_path, "0::/user.slice/pool.service/main\n"))
    assert folder.startswith("/sys/fs/cgroup/user.slice/pool.service/sandbox-")
    assert folder != new_folder(str(tmp_path))


def test_in_the_root_group_it_stands_below_the_mount(tmp_path):
    folder = new_folder(fake_proc(tmp_path, "0::/\n"))
    assert Path(folder).parent == Path("/sys/fs/cgroup")


@pytest.mark.parametrize(
    ("group", "mount_root"),
    [("", "/"), ("0::/a\n", "/docker/abc")],
    ids=["no_version_2", "only_a_part_is_mounted"],
)
def test_without_a_usable_mount_there_is_no_place_for_a_group(tmp_path, group, mount_root):
    assert new_folder(fake_proc(tmp_path, group, mount_root)) == ""


def test_a_group_is_limited_from_its_birth(group_in, delegated):
    group_in(delegated)
    # The kernel replaces a value whole; a plain file keeps what was longer.
    assert (delegated / "pids.max").read_text().startswith("7")
    assert (delegated / "memory.oom.group").read_text() == "1"
    assert (delegated / "memory.swap.max").read_text().startswith("0")


def test_controllers_that_are_on_already_are_not_asked_for(group_in, delegated):
    control = delegated.parent / "cgroup.subtree_control"
    control.chmod(0o400)
    group_in(delegated)
    assert control.read_text() == "cpu memory pids"


def test_controllers_that_are_off_are_turned_on(group_in, delegated):
    control = delegated.parent / "cgroup.subtree_control"
    control.write_text("pids")
    group_in(delegated)
    assert control.read_text() == "+memory"


def test_a_process_enters_and_its_memory_is_limited(group_in, delegated):
    group = group_in(delegated)
    group.enter()
    group.limit_memory(128)
    assert (delegated / "cgroup.procs").read_text() == "0"
    assert (delegated / "memory.max").read_text() == str(128 * MIB)


def test_a_kill_for_memory_is_told_once(group_in, delegated):
    kernel_files(delegated, **{"memory.events": "oom 3\noom_kill 2\noom_group_kill 1\n"})
    group = group_in(delegated)
    assert not group.ran_out_of_memory()
    (delegated / "memory.events").write_text("oom 4\noom_kill 3\noom_group_kill 2\n")
    assert group.ran_out_of_memory()
    assert not group.ran_out_of_memory()


def test_a_kernel_without_swap_is_no_obstacle(group_in, delegated):
    (delegated / "memory.swap.max").unlink()
    group_in(delegated)
    assert not (delegated / "memory.swap.max").exists()


def test_where_nothing_is_delegated_the_refusal_names_the_place_and_the_reason(tmp_path):
    with pytest.raises(OSError, match=rf"no group with limits below {tmp_path}: No such file or directory"):
        WorkerGroup(str(tmp_path / "worker"), max_processes=7)


def test_removing_kills_what_is_left_first(delegated):
    cgroup.remove(str(delegated), patience_s=0)
    assert (delegated / "cgroup.kill").read_text() == "1"


def test_an_empty_group_is_removed_and_a_missing_one_is_no_error(tmp_path):
    (tmp_path / "worker").mkdir()
    cgroup.remove(str(tmp_path / "worker"))
    assert list(tmp_path.iterdir()) == []
    cgroup.remove(str(tmp_path / "worker"))


def test_a_real_group_goes_with_the_process_in_it():
    folder = Path(new_folder() or "/nowhere")
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"no cgroup v2 to make a group in: {error}")
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"]) as process:
        try:
            (folder / "cgroup.procs").write_text(str(process.pid))
            cgroup.remove(str(folder), patience_s=0.0)
            assert process.wait(timeout=5) == -signal.SIGKILL
        finally:
            process.kill()
    cgroup.remove(str(folder))
    assert not folder.exists()
