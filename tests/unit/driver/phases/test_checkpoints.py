from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.phases.checkpoints import (
    checkpoint_steps,
    latest_checkpoint,
    read_state,
    remove_checkpoints,
    write_state,
)


def _made(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "weights").write_text("w")


def test_steps_are_ordered_by_number_and_drafts_do_not_count(tmp_path: Path) -> None:
    assert latest_checkpoint(tmp_path / "none") is None
    _made(tmp_path, "step-10", "step-9", "step-11.draft", "step-x", "final")
    (tmp_path / "step-12").write_text("no folder")
    assert checkpoint_steps(tmp_path) == [9, 10]
    assert latest_checkpoint(tmp_path) == tmp_path / "step-10"


@given(steps=st.sets(st.integers(0, 200), max_size=6), keep=st.integers(1, 8))
def test_the_newest_are_kept_and_never_fewer_than_asked_for(
    tmp_path_factory: pytest.TempPathFactory, steps: set[int], keep: int
) -> None:
    folder = tmp_path_factory.mktemp("checkpoints")
    _made(folder, *(f"step-{step}" for step in steps), "step-3.draft", "final")
    remove_checkpoints(folder, keep)
    assert checkpoint_steps(folder) == sorted(steps)[-keep:]
    assert (folder / "final").is_dir()
    assert not (folder / "step-3.draft").exists()


def test_keeping_none_removes_the_folder(tmp_path: Path) -> None:
    _made(tmp_path / "partial", "step-1")
    remove_checkpoints(tmp_path / "partial", keep=0)
    assert not (tmp_path / "partial").exists()
    remove_checkpoints(tmp_path / "partial", keep=0)


def test_the_drivers_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    state: dict[str, object] = {"step": 3, "buffer": {"steps": 3}}
    write_state(tmp_path, state)
    assert read_state(tmp_path) == state
