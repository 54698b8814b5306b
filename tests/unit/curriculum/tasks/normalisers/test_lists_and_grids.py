import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.tasks.normalisers import cell_rows, integers, items, lists, mapping, numbers, pairs, words


@pytest.mark.parametrize(
    "text", ["1, 2, 3", "[1, 2, 3]", "(1 2 3)", "1;2;3", "1\n2\n3", '["1", "2", "3"]', "{1,2,3}."]
)
def test_spellings_of_a_list(text: str) -> None:
    assert items(text) == ["1", "2", "3"]
    assert integers(text) == [1, 2, 3]
    assert numbers(text) == [1, 2, 3]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "7, 12, and 30",
            "7, 12 and 30",
            "7 12 30",
            "7;12;30",
            "7 -> 12 -> 30",
            "7 \u2192 12 \u2192 30",
            "7 | 12 | 30",
        ),
        *(
            "[7, 12, and 30]",
            "7, 12 & 30",
            "7,\n12,\n30",
            "7\n12\n30",
            "- 7\n- 12\n- 30",
            "1. 7\n2. 12\n3. 30",
        ),
        *("[np.int64(7), np.int64(12), np.int64(30)]", "array([ 7, 12, 30])", "[ 7 12 30]"),
        *("(7, 12, 30)", "{7, 12, 30}", "['7', '12', '30']", "deque([7, 12, 30])", "7\t12\t30", "7, 12\n30"),
    ],
)
def test_what_separates_and_prints_the_elements_of_a_list(text: str) -> None:
    assert integers(text) == numbers(text) == [7, 12, 30]


@pytest.mark.parametrize(
    "text",
    [
        "125, 216",
        "125,216",
        "125 216",
        "[125, 216]",
        "125;216",
        "125 and 216",
        "125, and 216",
        "125\n216",
        "[125 216]",
    ],
)
def test_three_digit_numbers_in_a_list_stay_apart(text: str) -> None:
    assert integers(text) == numbers(text) == [125, 216]
    assert pairs(text) == [(125, 216)]
    if "and" not in text:
        assert cell_rows(text, 2) == [["125", "216"]]


@pytest.mark.parametrize(
    "text", ["125216", "125.216", "1,234; 5,678", "7 or 12", "7, or 12", "7 and", "and 7"]
)
def test_a_list_of_numbers_is_not_read_into_what_may_be_another(text: str) -> None:
    assert integers(text) in (None, [125216])
    assert integers(text) != [125, 216]


def test_and_is_a_word_where_it_stands_among_words() -> None:
    assert words("ant and bee") == ["ant", "and", "bee"]
    assert words("ant, and, bee") == ["ant", "and", "bee"]
    assert words("ant, bee, and cow") == words("ant, bee and cow") == ["ant", "bee", "cow"]


@given(values=st.lists(st.integers(100, 999), min_size=2, max_size=6))
def test_numbers_come_back_from_every_separator(values: list[int]) -> None:
    texts = [str(value) for value in values]
    for separator in (", ", ",", " ", "; ", "\n", " -> ", "\t", " and ", " | "):
        assert integers(separator.join(texts)) == values
    assert integers(f"{', '.join(texts[:-1])}, and {texts[-1]}") == values


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


@pytest.mark.parametrize(
    "text",
    [
        *("[['a' 'b']\n ['c' 'd']]", "| a | b |\n| c | d |", "| a | b |\n|---|---|\n| c | d |", "a\tb\nc\td"),
        *("['a b', 'c d']", "['ab', 'cd']", "['a,b', 'c,d']", "Row 1: a, b\nRow 2: c, d", "- a b\n- c d"),
        *(
            "[a, b]\n[c, d]",
            "[a,b];[c,d]",
            "array([['a', 'b'],\n       ['c', 'd']], dtype='<U1')",
            "(a, b) -> (c, d)",
        ),
        *("'a b\\nc d'", '[\n  [\n    "a",\n    "b"\n  ],\n  [\n    "c",\n    "d"\n  ]\n]', "a\nb\nc\nd"),
        *(
            "+---+---+\n| a | b |\n+---+---+\n| c | d |\n+---+---+",
            "['a', 'b', 'c', 'd']",
            "```\na b\nc d\n```",
        ),
    ],
)
def test_printed_grids_and_tables(text: str) -> None:
    assert cell_rows(text, 2) == [["a", "b"], ["c", "d"]]


@pytest.mark.parametrize(
    "text",
    [
        *("0,3 1,0", "(0,3) and (1,0)", "0 3 and 1 0", "(0,3) -> (1,0)"),
        *(
            '["0 3", "1 0"]',
            "{(0, 3), (1, 0)}",
            "[[0 3]\n [1 0]]",
            "- 0 3\n- 1 0",
            "| 0 | 3 |\n| 1 | 0 |",
            "0\t3\n1\t0",
        ),
        *("[(np.int64(0), np.int64(3)), (np.int64(1), np.int64(0))]", "[0, 3], [1, 0]", "0, 3\n1, 0"),
    ],
)
def test_printed_positions(text: str) -> None:
    assert pairs(text) == [(0, 3), (1, 0)]


def test_rows_of_texts_of_any_length() -> None:
    rows = [["eat", "tea"], ["tan"], ["bat", "tab", "abt"]]
    for text in (
        str(rows),
        "eat, tea\ntan\nbat, tab, abt",
        "eat tea\ntan\nbat tab abt",
        "['eat tea', 'tan', 'bat tab abt']",
    ):
        assert lists(text) == rows
    assert lists("['eat', 'tea']") is None
    assert lists("[['eat'], ['tea', ['x']]]") is None


@pytest.mark.parametrize(
    "text",
    ["A=1, B=2", "{'A': 1, 'B': 2}", '{"A": "1", "B": "2"}', "A: 1\nB: 2", "A = 1 ; B = 2", "A=1 B=2", "['A=1', 'B=2']",
     "[('A', 1), ('B', 2)]", "A -> 1, B -> 2"],
)  # fmt: skip
def test_spellings_of_a_mapping(text: str) -> None:
    assert mapping(text) == {"A": "1", "B": "2"}


@pytest.mark.parametrize("text", ["", "A", "A=1, A=2", "A=1=2", "A=1, B", "A, B"])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    assert mapping(text) is None
