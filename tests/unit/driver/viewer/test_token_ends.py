from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.viewer.token_ends import TokenEnds
from tests.unit.driver.viewer.view_cases import BYTES, write_tokenizer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("view")
    write_tokenizer(folder)
    return folder / "checkpoints" / "sft"


def _ids(text: str) -> list[int]:
    return list(BYTES.encode(text).ids)


def test_a_letter_of_several_tokens_is_there_with_its_last(folder: Path) -> None:
    # Two bytes for the first letter, one each for the others, and a token that ends the turn.
    assert TokenEnds([folder]).ends([*_ids("\u00c5ng"), 256], "\u00c5ng") == [0, 1, 2, 3, 3]


def test_a_text_that_was_cut_within_its_last_token_is_taken_as_far_as_it_goes(folder: Path) -> None:
    assert TokenEnds([folder]).ends(_ids("abc"), "ab") == [1, 2, 2]


def test_a_letter_that_was_never_finished_ends_nowhere(folder: Path) -> None:
    assert TokenEnds([folder]).ends(_ids("a\u00c5")[:2], "a\ufffd") == [1, 1]


def test_a_text_that_the_tokens_do_not_say_has_no_ends(folder: Path) -> None:
    assert TokenEnds([folder]).ends(_ids("abc"), "xyz") is None
    assert TokenEnds([folder]).ends(_ids("ab"), "abc") is None


def test_without_a_tokenizer_there_are_none_until_the_run_has_one(tmp_path: Path) -> None:
    ends = TokenEnds([tmp_path / "checkpoints" / "sft", tmp_path / "checkpoints" / "final"])
    assert ends.ends([0], "a") is None
    write_tokenizer(tmp_path)
    assert ends.ends(_ids("ab"), "ab") == [1, 2]


@given(text=st.text(max_size=30))
def test_every_token_ends_where_the_next_begins_and_the_last_at_the_end(folder: Path, text: str) -> None:
    ends = TokenEnds([folder]).ends(_ids(text), text)
    assert ends is not None
    assert ends == sorted(ends)
    assert (ends or [0])[-1] == len(text)
    assert len(set(ends) - {0}) == len(text)
