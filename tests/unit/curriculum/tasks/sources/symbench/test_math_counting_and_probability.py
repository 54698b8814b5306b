"""Each template's answer is proved by going through all cases."""

import itertools
import math
import random
from collections.abc import Callable
from fractions import Fraction

import pytest

from curriculum.tasks.normalisers.formulas import reading
from curriculum.tasks.sources.symbench.math_counting_and_probability import _TEMPLATES, FAMILY


def share(cases: list[bool]) -> Fraction:
    return Fraction(sum(cases), len(cases))


def committees(women: int, men: int, from_women: int, from_men: int) -> Fraction:
    pairs = itertools.product(
        itertools.combinations(range(women), from_women), itertools.combinations(range(men), from_men)
    )
    return Fraction(sum(1 for _ in pairs))


def arrangements(tiles: str) -> Fraction:
    def count(left: tuple[tuple[str, int], ...]) -> int:
        if left not in known:
            after = [tuple((t, n - (t == tile)) for t, n in left) for tile, num in left if num]
            known[left] = sum(map(count, after)) if after else 1
        return known[left]

    known: dict[tuple[tuple[str, int], ...], int] = {}
    return Fraction(count(tuple((tile, tiles.count(tile)) for tile in sorted(set(tiles)))))


def digit_strings(length: int, lowest: int, parity: int) -> Fraction:
    digits = range(lowest, 10)
    return Fraction(sum(choice[-1] % 2 == parity for choice in itertools.permutations(digits, length)))


def marbles(red: int, blue: int, drawn: int, wanted: int) -> Fraction:
    bag = "r" * red + "b" * blue
    return share([draw.count("r") == wanted for draw in itertools.combinations(bag, drawn)])


def spins(flips: int, least: int, sides: int) -> Fraction:
    return share([spin.count(0) >= least for spin in itertools.product(range(sides), repeat=flips)])


def multiples(last: int, a: int, b: int) -> Fraction:
    return Fraction(sum((n % a == 0) != (n % b == 0) for n in range(1, last + 1)))


def handed_out(total: int, people: int, least: int) -> Fraction:
    ways = itertools.product(range(least, total + 1), repeat=people - 1)
    return Fraction(sum(total - sum(way) >= least for way in ways))


def dice_sum(dice: int, sides: int, total: int) -> Fraction:
    return share([sum(roll) == total for roll in itertools.product(range(1, sides + 1), repeat=dice)])


def paths(width: int, height: int, x: int, y: int) -> Fraction:
    ways = {(0, 0): 1}
    for at in itertools.product(range(width + 1), range(height + 1)):
        if at != (0, 0):
            ways[at] = (
                0 if at == (x, y) else ways.get((at[0] - 1, at[1]), 0) + ways.get((at[0], at[1] - 1), 0)
            )
    return Fraction(ways[width, height])


def seatings(people: int) -> Fraction:
    rings = ((0, *order) for order in itertools.permutations(range(1, people)))
    return Fraction(sum((ring.index(1)) not in (1, people - 1) for ring in rings))


def right_places(letters: int, right: int) -> Fraction:
    orders = itertools.permutations(range(letters))
    return share([sum(place == n for n, place in enumerate(order)) == right for order in orders])


def coefficient(a: int, b: int, exponent: int, power: int) -> Fraction:
    terms = {0: 1}
    for _ in range(exponent):
        longer: dict[int, int] = {}
        for degree, value in terms.items():
            longer[degree + 2] = longer.get(degree + 2, 0) + a * value
            longer[degree] = longer.get(degree, 0) + b * value
        terms = longer
    return Fraction(terms[power])


def products(last: int, prime: int, drawn: int) -> Fraction:
    return share([math.prod(some) % prime == 0 for some in itertools.combinations(range(1, last + 1), drawn)])


PROOFS: dict[str, Callable[..., Fraction]] = {
    "committee": committees,
    "word_arrangements": arrangements,
    "digit_strings": digit_strings,
    "expected_winnings": lambda top, bottom, win, loss: Fraction(
        sum([win] * top + [-loss] * (bottom - top)), bottom
    ),
    "drawn_colours": marbles,
    "coin_flips": spins,
    "multiples": multiples,
    "bounded_solutions": handed_out,
    "dice_sum": dice_sum,
    "lattice_paths": paths,
    "round_table": seatings,
    "fixed_points": right_places,
    "power_coefficient": coefficient,
    "even_product": products,
}


@pytest.mark.parametrize("tier", _TEMPLATES)
def test_answers_are_what_going_through_all_cases_finds(tier: int) -> None:
    proved = set()
    for seed in range(30):
        item = FAMILY.generate(random.Random(seed), tier=tier, size=8)
        assert item.answer
        assert reading(item.answer).value == PROOFS[item.facts["template"]](**item.facts["values"]), item
        proved.add(item.facts["template"])
    assert proved == {template.__name__ for template in _TEMPLATES[tier]}


@pytest.mark.parametrize(
    "answer", ["7/33", r"\dfrac{7}{33}", r"$\frac{7}{33}$", "14/66", r"P = \frac7{33}", r"\tfrac{7}{33}."]
)
def test_spellings_of_the_right_answer_are_right(answer: str) -> None:
    assert FAMILY.is_right({"answer": r"\frac{7}{33}"}, answer)


@pytest.mark.parametrize(
    "answer", ["0.2121", "33/7", "7/34", "-7/33", "26/33", "7/33 or 26/33", "7, 33", "7", r"\frac{7}{33"]
)
def test_near_misses_and_roundings_are_wrong(answer: str) -> None:
    assert not FAMILY.is_right({"answer": r"\frac{7}{33}"}, answer)


@pytest.mark.parametrize("answer", [r"\binom{17}{8}", "17!/(8!9!)", "24309+1", "2*12155", "C(17,8)"])
def test_a_count_left_unevaluated_is_no_answer(answer: str) -> None:
    assert FAMILY.is_right({"answer": "24310"}, "24,310")
    assert not FAMILY.is_right({"answer": "24310"}, answer)


def test_stand_ins_say_so_and_settings_change_them() -> None:
    facts = [FAMILY.generate(random.Random(1), tier=tier).facts for tier in (1, 4)]
    assert all(one["stand_in"] is True for one in facts)
    assert facts[0] != facts[1]
    for setting in ("tier", "size"):
        with pytest.raises(ValueError, match=setting):
            FAMILY.generate(random.Random(1), **{setting: 0})


def test_published_rows_are_read() -> None:
    item = FAMILY.from_published({"problem": "Chance of heads?", "solution": r"Half: $\boxed{.5}$."})
    assert item.answer == ".5"
    assert FAMILY.is_right({"answer": item.answer}, r"\frac12")
