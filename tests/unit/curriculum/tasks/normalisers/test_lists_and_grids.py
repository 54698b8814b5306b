import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.tasks.normalisers import cell_rows, integers, items, numbers, pairs, words


@pytest.mark.parametrize(
    "text", ["1, 2, 3", "[1, 2, 3]", "(1 2 3)", "1;2;3", "1\n2\n3", '["1", "2", "3"]', "{1,2,3}."]
)
def test_spellings_of_a_list(text: str) -> None:
    assert items(text) == ["1", "2", "3"]
    assert integers(text) == [1, 2, 3]
    assert numbers(text) == [1, 2, 3]


@pytest.mark.parametrize("text", ["", "[]", "1,,2", "1,2,", "[1, [2]]", "[1, 2", "1, 2]"])
def test_what_is_no_flat_list_is_refused(text: str) -> None:
    assert items(text) is None


def test_lists_of_numbers_hold_nothing_else() -> None:
    assert integers("1, 2.5") is None
    assert numbers("1, x") is None
    assert words("Pear, APPLE") == ["pear", "apple"]


@pytest.mark.parametrize(
    "text", ["ab\ncd", "a,b\nc,d", "a b\nc d", "[[a, b], [c, d]]", "[a,b],[c,d]", '[["a","b"],["c","d"]]']
)
def test_spellings_of_a_grid(text: str) -> None:
    assert cell_rows(text) == [["a", "b"], ["c", "d"]]


def test_a_flat_list_is_cut_into_rows_where_their_width_is_known() -> None:
    assert cell_rows("1,2,3,4,5,6", 3) == [["1", "2", "3"], ["4", "5", "6"]]
    assert cell_rows("1,2,3,4,5", 3) is None


@pytest.mark.parametrize("text", ["", "ab\nc", "[[1,2],[3]]", "[[1,2]", "[[[1]]]", "[1,2] and [3,4]"])
def test_what_is_no_grid_is_refused(text: str) -> None:
    assert cell_rows(text) is None


@pytest.mark.parametrize(
    "text", ["0 3, 1 0", "(0, 3), (1, 0)", "[[0, 3], [1, 0]]", "0 3\n1 0", "[(0,3),(1,0)]"]
)
def test_spellings_of_positions(text: str) -> None:
    assert pairs(text) == [(0, 3), (1, 0)]


def test_one_position_and_none() -> None:
    assert pairs("3, 4") == pairs("[3, 4]") == pairs("(3,4)") == pairs("3 4") == [(3, 4)]
    assert pairs("1 2 3") is None
    assert pairs("a b") is None


@given(text=st.one_of(st.text(), st.text("[](),; 0123456789\n\"'")))
def test_any_text_is_read_or_refused(text: str) -> None:
    for reading in (items, integers, numbers, cell_rows, pairs, words):
        reading(text)


@given(rows=st.lists(st.lists(st.integers(-99, 99), min_size=3, max_size=3), min_size=2, max_size=5))
def test_grids_come_back_from_every_spelling(rows: list[list[int]]) -> None:
    cells = [[str(value) for value in row] for row in rows]
    assert cell_rows(str(rows)) == cells
    assert cell_rows("\n".join(", ".join(row) for row in cells)) == cells
    assert cell_rows(", ".join(value for row in cells for value in row), 3) == cells
