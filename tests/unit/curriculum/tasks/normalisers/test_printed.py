import json
import pprint
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.tasks.normalisers.printed import flat, literal, nested, without_constructors

WORDS = st.text("abcXYZ019_", min_size=1, max_size=6)
NESTED = st.lists(st.lists(WORDS, min_size=1, max_size=4), min_size=2, max_size=4)


@given(rows=NESTED)
def test_nested_lists_come_back_from_every_printer(rows: list[list[str]]) -> None:
    for text in (
        repr(rows),
        json.dumps(rows, indent=1),
        pprint.pformat(rows, width=8),
        repr(tuple(map(tuple, rows))),
    ):
        assert nested(text) == rows


@given(
    text=st.text(
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\\", include_characters="\n"),
        max_size=40,
    )
)
def test_texts_come_back_from_repr_and_json(text: str) -> None:
    assert literal(json.dumps(text)) == text
    if text.replace("\n", "").isprintable():
        assert literal(repr(text)) == text


def test_a_long_text_comes_back_from_pprint() -> None:
    text = "one of these authors " * 12
    assert literal(pprint.pformat(text)) == text


@pytest.mark.parametrize(
    "text", ["abc", "'a' 'b'", "'a', 'b'", "'a", r"'\theta'", r"'x \ne 5'", r"'\frac{1}{2}'", "('a', 'b')"]
)
def test_what_is_no_printed_text_is_none(text: str) -> None:
    assert literal(text) is None


def test_numpy_prints_lists_without_commas() -> None:
    assert nested(str(np.array([["a", "b"], ["c", "d"]]))) == [["a", "b"], ["c", "d"]]
    assert flat(str(np.arange(60))) == [str(n) for n in range(60)]


@pytest.mark.parametrize(
    "text", ["[1, 2", "1, 2]", "[1, , 2]", "[a [b], c]", "[[1], 2] 3, 4", "[" * 9 + "]" * 9, "(]"]
)
def test_what_is_no_list_is_none(text: str) -> None:
    assert nested(text) is None


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.int64(7), "7"),
        (np.float64(1.5), "1.5"),
        (np.True_, "True"),
        (np.array([1, 2]), "[1, 2]"),
        (np.array(["(", ")"]), "['(', ')']"),
        ([np.int64(7), np.str_("a")], "[7, 'a']"),
        ([np.array([1, 2]), np.array([3, 4])], "[[1, 2], [3, 4]]"),
    ],
)
def test_constructors_of_numpy_are_left_out(value: Any, plain: str) -> None:
    assert without_constructors(repr(value)) == plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Fraction(3, 4)", "3/4"),
        ("Decimal('0.50')", "0.50"),
        ("deque([1, 2], maxlen=5)", "[1, 2]"),
        ("frozenset({1, 2})", "{1, 2}"),
        ("Matrix([[1, 2], [3, 4]])", "[[1, 2], [3, 4]]"),
        ("dict_values([1, 2])", "[1, 2]"),
        ("print(7)", "print(7)"),
        ("open('x')", "open('x')"),
        ("f(x)", "f(x)"),
    ],
)
def test_other_constructors_are_left_out_and_calls_are_not(text: str, plain: str) -> None:
    assert without_constructors(text) == plain


@given(text=st.one_of(st.text(), st.text("[](){},; '\"\\narray=01ab")))
def test_any_text_is_read_or_refused(text: str) -> None:
    nested(text)
    flat(text)
    literal(text)
    assert isinstance(without_constructors(text), str)
