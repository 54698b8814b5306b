from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.viewer.records import RolloutFilter
from driver.viewer.rollout_index import RolloutIndex
from tests.unit.driver.viewer.view_cases import scored, write_rollouts, write_run

STEPS = {1: {1, 2}, 2: {3, 4}}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> RolloutIndex:
    return RolloutIndex(write_run(tmp_path_factory.mktemp("view") / "run") / "rollouts")


def _ids(index: RolloutIndex, **chosen: object) -> list[str]:
    return [row.rollout_id for row in index.page(RolloutFilter(**chosen), STEPS).rows]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({"phase": "evaluate-sft"}, ["evaluate/sft/e/0", "evaluate/sft/e/1"]),
        ({"family": "gcd", "right": True}, ["evaluate/sft/e/1", "train/1/0"]),
        ({"end_reason": "silent"}, ["train/4/0", "train/4/1"]),
        # Stored as float32, where 0.1 is a little more than in float64.
        ({"reward_from": 0.1, "reward_to": 0.1}, ["train/2/0", "train/2/1"]),
        ({"stage": 1}, ["train/2/0", "train/2/1", "train/1/0", "train/1/1"]),
        ({"stage": 7}, []),
        ({"step_from": 2, "step_to": 3}, ["train/2/0", "train/2/1"]),
        ({"version_from": 2, "version_to": 2}, ["train/4/0", "train/4/1"]),
        ({"text": "STRAWBERRY"}, ["train/3/0", "train/3/1"]),
        ({"text": "ångström"}, ["train/3/0", "train/3/1"]),
        ({"text": "onerror=", "right": False}, ["train/4/1"]),
        # Words are words, never a pattern.
        ({"text": "gcd.of"}, []),
        ({"order": "reward_high", "size": 3, "page": 2}, ["train/4/0", "train/1/0", "train/2/0"]),
        ({"order": "oldest", "size": 2}, ["train/1/0", "train/1/1"]),
    ],
)
def test_a_filter_finds_what_fits_and_nothing_else(
    index: RolloutIndex, chosen: dict[str, object], found: list[str]
) -> None:
    assert _ids(index, **chosen) == found


def test_a_page_counts_all_that_fit_and_the_right_ones_among_them(index: RolloutIndex) -> None:
    page = index.page(RolloutFilter(size=1, page=2, family="letters"), STEPS)
    assert (page.total, page.num_right, len(page.rows)) == (4, 3, 1)
    assert page.rows[0].beginning == "How many r in strawberry?"
    assert page.rows[0].num_scripts == 1


@given(size=st.integers(1, 12), order=st.sampled_from(["newest", "oldest", "reward_low", "longest"]))
def test_the_pages_joined_are_every_rollout_once(index: RolloutIndex, size: int, order: str) -> None:
    pages = [_ids(index, size=size, page=page, order=order) for page in range(1, 12)]
    found = [rollout_id for page in pages for rollout_id in page]
    assert len(found) == 10
    assert len(set(found)) == 10


def test_rollouts_that_are_written_while_one_looks_come_first(tmp_path: Path) -> None:
    index = RolloutIndex(write_run(tmp_path) / "rollouts")
    assert index.page(RolloutFilter(text="gcd of"), {}).total == 6
    write_rollouts(tmp_path, "train-00005", "train", 5, scored("train/9", "gcd", "gcd of 8 and 2?", [1.0]))
    page = index.page(RolloutFilter(text="gcd of"), {})
    assert (page.total, page.rows[0].rollout_id) == (7, "train/9/0")


def test_a_step_that_is_done_again_replaces_its_rollouts_and_what_words_they_had(tmp_path: Path) -> None:
    index = RolloutIndex(write_run(tmp_path) / "rollouts")
    assert index.page(RolloutFilter(text="12 and 18"), {}).total == 2
    write_rollouts(tmp_path, "train-00001", "train", 1, scored("train/1", "gcd", "gcd of 5 and 10?", [1.0]))
    assert index.page(RolloutFilter(text="12 and 18"), {}).total == 0
    assert index.page(RolloutFilter(text="5 and 10"), {}).total == 1
    (tmp_path / "rollouts" / "train-00001.parquet").unlink()
    assert index.page(RolloutFilter(), {}).total == 8


def test_a_damaged_file_is_named_and_hides_no_other(tmp_path: Path) -> None:
    folder = write_run(tmp_path) / "rollouts"
    data = (folder / "train-00002.parquet").read_bytes()
    (folder / "train-00002.parquet").write_bytes(data[: len(data) // 2])
    (folder / "train-00006.parquet").write_bytes(b"")
    pq.write_table(pa.table({"other": [1]}), folder / "other.parquet")
    index = RolloutIndex(folder)
    assert index.page(RolloutFilter(), {}).total == 8
    notices = index.notices
    assert [Path(text.split(" ")[0]).name for text in notices] == [
        "other.parquet",
        "train-00002.parquet",
        "train-00006.parquet",
    ]
    assert "does not hold rollouts" in notices[0]
    assert "Its rollouts are not in the list." in notices[1]
    (folder / "train-00002.parquet").write_bytes(data)
    assert index.page(RolloutFilter(), {}).total == 10
    assert len(index.notices) == 2


def test_a_draft_that_is_being_written_is_not_read(tmp_path: Path) -> None:
    folder = write_run(tmp_path) / "rollouts"
    (folder / "train-00007.parquet.0123.draft").write_bytes(b"PAR1")
    index = RolloutIndex(folder)
    assert index.page(RolloutFilter(), {}).total == 10
    assert index.notices == []


def test_a_run_without_rollouts_has_an_empty_list(tmp_path: Path) -> None:
    index = RolloutIndex(tmp_path / "rollouts")
    assert index.page(RolloutFilter(text="x", right=True, order="longest"), {}).total == 0
    assert index.row("train-00001", "train/1/0") is None
    assert index.newest is None


@pytest.mark.parametrize("file", ["../evaluation", "train-00009", "", "/etc/passwd", "train-00001.parquet"])
def test_only_files_of_the_folder_are_opened(index: RolloutIndex, file: str) -> None:
    assert index.row(file, "train/1/0") is None
