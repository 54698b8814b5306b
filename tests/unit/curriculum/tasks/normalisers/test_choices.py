import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.tasks.normalisers import boolean, brackets, moves, option, validity, yes_no

TEXTS = {"A": "the red ball", "B": "a pear", "C": "A"}


@pytest.mark.parametrize(
    "text", ["B", "b", "(B)", "(b).", "B)", "B.", "option B", "(B) a pear", "B. A  pear", "a pear", "**B**"]
)
def test_spellings_of_an_option(text: str) -> None:
    assert option(text, TEXTS) == "B"


@pytest.mark.parametrize(
    "text", ["", "D", "(B) the red ball", "A or B", "(A) (B)", "AB", "B a", "pear", "BB"]
)
def test_what_names_no_option_or_two_is_refused(text: str) -> None:
    assert option(text, TEXTS) is None


def test_a_text_that_is_a_letter_counts_as_that_text() -> None:
    assert option("a", TEXTS) == "C"


def test_yes_no_true_false_valid_invalid() -> None:
    assert [yes_no(t) for t in ("Yes", " no.", "YES", "y", "yes and no", "")] == [
        True,
        False,
        True,
        None,
        None,
        None,
    ]
    assert [boolean(t) for t in ("True", "FALSE.", "1", "yes")] == [True, False, None, None]
    assert [validity(t) for t in ("Valid", "invalid", "not valid")] == [True, False, None]


def test_brackets_and_moves() -> None:
    assert brackets("] ) }") == brackets('"])}"') == "])}"
    assert brackets("] x") is None
    assert moves("UDLR") == moves("up, down, left, right") == moves('["U", "D", "L", "R"]') == "udlr"
    assert moves("up, jump") is None


@given(text=st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for reading in (yes_no, boolean, validity, brackets, moves, option):
        reading(text)
    option(text, TEXTS)
