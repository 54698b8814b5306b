"""Grids of one-character cells are read in every usual spelling, symbols included."""

import pytest

from curriculum.tasks.sources.symbench.parts.character_grids import character_rows
from tests.support.cpu_time import least_cpu_s


@pytest.mark.parametrize(
    "text",
    ["a,b,c,d,e,f", "a b c d e f", "abcdef", "abc\ndef", "a b c\nd e f", "[[a, b, c], [d, e, f]]", "(a,b,c)\n(d,e,f)",
     '["a","b","c","d","e","f"]', "[['a','b','c'],['d','e','f']]", "`abc\ndef`", " abc\n def ."],
)  # fmt: skip
def test_rows_are_found_in_every_usual_spelling(text: str) -> None:
    assert character_rows(text, ["uvw", "xyz"]) == ["abc", "def"]


@pytest.mark.parametrize(
    "text",
    ["", "abcde", "abcdefg", "a,b,c,d,e", "ab\ncd\nef", "[[a,b],[c,d],[e,f]]", "[[a,b,c],[d,e]]", "abc def ghi",
     "ab,c,d,e,f,g", "a,b,c,d,e,f or a,b,c,d,e,f", "x" * 30_000],
)  # fmt: skip
def test_grids_of_another_shape_are_refused(text: str) -> None:
    assert character_rows(text, ["uvw", "xyz"]) is None


@pytest.mark.parametrize(
    "text", ["*,*,$,*", "**\n$*", "**$*", "[[*,*],[$,*]]", "['*', '*', '$', '*']", "*,*,$,*."]
)
def test_symbols_that_elsewhere_wrap_an_answer_are_cells_where_the_grid_has_them(text: str) -> None:
    assert character_rows(text, ["**", "$$"]) == ["**", "$*"]


def test_symbols_that_the_grid_does_not_have_still_wrap_an_answer() -> None:
    assert character_rows("**a,b,c,d**", ["uv", "wx"]) == ["ab", "cd"]


def test_stand_ins_for_symbols_are_not_taken_for_them() -> None:
    assert character_rows("\ue000,a,b,c", ["*a", "bc"]) is None


@pytest.mark.parametrize(
    "text", ["[" * 20_000, "(" * 9_999 + ")" * 9_999, "a,\n" * 6_000, ". " * 9_999, "$" * 20_000]
)
def test_long_junk_is_refused_at_once(text: str) -> None:
    assert character_rows(text, ["ab", "cd"]) is None
    assert least_cpu_s(lambda: character_rows(text, ["ab", "cd"])) < 5


@pytest.mark.parametrize("first", list("*$`=|-.~&_<>#!%"))
def test_a_grid_may_begin_and_end_with_any_sign(first: str) -> None:
    rows = [f"{first}a", f"b{first}"]
    for text in (
        f"{first},a,b,{first}",
        f"{first} a\nb {first}",
        str([list(row) for row in rows]),
        "".join(rows),
    ):
        assert character_rows(text, rows) == rows, text
