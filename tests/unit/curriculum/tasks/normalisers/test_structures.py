"""Equations, inequalities and intervals in other but equal forms."""

import pytest

from curriculum.tasks.normalisers.latex import is_as_finished, same_formula
from curriculum.tasks.normalisers.structures import relation


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2x-3y+5=0", "4x-6y+10=0"),
        ("2x - 3y = -5", "4x-6y+10=0"),
        (r"y = \frac{2x+5}{3}", "4x-6y+10=0"),
        ("x^2 + y^2 = 4", r"\frac{x^2}{4} + \frac{y^2}{4} = 1"),
        ("(x-1)^2 + (y+2)^2 = 9", "x^2 - 2x + y^2 + 4y - 4 = 0"),
        ("2x-3y<6", "4x-6y<12"),
        ("-2x+3y>-6", "4x-6y<12"),
        ("0<x<7.5", "(0,7.5)"),
        ("7.5 > x > 0", "(0, 7.5)"),
        (r"0 < t \le \frac{15}{2}", "(0,7.5]"),
        (r"x \geq 5", r"[5, \infty)"),
        (r"5 \le x", r"[5, \infty)"),
        ("x < -2", r"(-\infty, -2)"),
        ("x < 2 or x > 3", r"(-\infty, 2) \cup (3, \infty)"),
        (r"x\in(0,7.5)", "0<x<7.5"),
        (r"x \ne 3y", r"3y - x \ne 0"),
    ],
)
def test_equations_and_intervals_in_other_forms_are_the_same(one: str, other: str) -> None:
    assert same_formula(one, other)
    assert same_formula(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2x-3y+6=0", "4x-6y+10=0"),
        ("2x-3y=5", "4x-6y+10=0"),
        ("y=x", "y^2=x^2"),
        ("x=0", "y=0"),
        ("0=0", "x=0"),
        ("-2x+3y<-6", "4x-6y<12"),
        ("2x-3y>6", "4x-6y<12"),
        (r"2x-3y \le 6", "4x-6y<12"),
        (r"0 < x \le 7.5", "(0,7.5)"),
        ("0<x<7.5", "[0,7.5]"),
        ("0<x<7.5", "(0,7)"),
        ("0<y<7.5", "0<x<7.5"),
        ("x < 2 or x > 3", r"(-\infty, 2) \cup (4, \infty)"),
        ("x < 2 or x > 3", r"(-\infty, 2)"),
        ("x > 5", "5"),
        ("x = 1 or x = 2", "1, 2"),
        ("1<2<3", "(1,3)"),
    ],
)
def test_other_equations_and_intervals_are_not_the_same(one: str, other: str) -> None:
    assert not same_formula(one, other)
    assert not same_formula(other, one)


def test_an_equation_is_worked_out_as_far_as_the_right_one() -> None:
    assert same_formula("2x = 10", "x = 5")
    assert not is_as_finished("2x = 10", "x = 5")
    assert is_as_finished("2x-3y=-5", "4x-6y+10=0")


@pytest.mark.parametrize(
    ("text", "brackets", "ends"),
    [
        ("0<x<1", "()", ("0", "1")),
        (r"1 \ge x > 0", "(]", ("0", "1")),
        ("x<1", "()", (r"-\infty", "1")),
        (r"x\ge 1", "[)", ("1", r"\infty")),
    ],
)
def test_inequalities_of_one_letter_are_an_interval(text: str, brackets: str, ends: tuple[str, str]) -> None:
    claim = relation(text)
    assert claim is not None
    interval = claim.interval()
    assert interval is not None
    assert (interval.kind, interval.parts) == (brackets, ends)


@pytest.mark.parametrize("text", ["x=1", "0<x+1<2", "0<x>1", "1<2<3", "a<b<c<d", "2x<1"])
def test_other_claims_are_none(text: str) -> None:
    claim = relation(text)
    assert claim is not None
    assert claim.interval() is None
