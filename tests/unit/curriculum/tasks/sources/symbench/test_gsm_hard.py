"""Each template's answer is proved by another way of counting."""

import random
from collections.abc import Callable
from fractions import Fraction

import pytest

from curriculum.tasks.sources.symbench.gsm_hard import FAMILY
from curriculum.tasks.sources.symbench.parts.word_problems import TEMPLATES


def saved(start: int, deposit: int, cost: int, years: int) -> Fraction:
    for _ in range(years):
        start = start + deposit - cost
    return Fraction(start)


def paid(wage: int, regular: int, extra: int, weeks: int) -> Fraction:
    hours = [wage * 2] * regular + [wage * 3] * extra
    return Fraction(sum(hours * weeks), 2)


def filled(litres: int, inflow: int, leak: int, hours: int) -> Fraction:
    for _ in range(hours * 60):
        litres += inflow - leak
    return Fraction(litres)


def travelled(first: int, second: int, fast: int, slow: int) -> Fraction:
    return 1 / (
        Fraction(first, first + second) / fast + Fraction(second, first + second) / slow
    )  # harmonic mean


def hauled(load: int, truck: int, cost: int, crew: int) -> Fraction:
    trips = 0
    while load > 0:
        load, trips = load - truck, trips + 1
    return Fraction(trips * cost + trips * crew * 45)


PROOFS: dict[str, Callable[..., Fraction]] = {
    "orchard": lambda trees, each, lost, price: Fraction(trees * each * price - trees * lost * price),
    "tank": filled,
    "packing": lambda items, box, given: Fraction((items - given) - (items - given) // box * box),
    "savings": saved,
    "discount": lambda price, count, percent, fee: (
        count * price - Fraction(count * price * percent, 100) + fee
    ),
    "shares": lambda total, a, b, c: Fraction(total, a + b + c) * c - Fraction(total, a + b + c) * a,
    "payroll": paid,
    "average": lambda first, percent, less: first + (Fraction(first * percent, 100) - less) / 3,
    "journey": travelled,
    "fleet": hauled,
    "chain": lambda base, times, more, percent: (
        (base * (1 + times) + (base * times + more) * (2 - Fraction(percent, 100))) / 4
    ),
    "mixture": lambda one, two, spilt, strong, weak: sum(
        Fraction(litres * percent, 100) - Fraction(litres * percent, 100 * spilt)
        for litres, percent in ((one, strong), (two, weak))
    ),
}


@pytest.mark.parametrize("num_steps", TEMPLATES)
def test_answers_are_what_another_way_of_counting_finds(num_steps: int) -> None:
    proved = set()
    for seed in range(40):
        item = FAMILY.generate(random.Random(seed), num_steps=num_steps, num_digits=5)
        assert Fraction(item.facts["target"]) == PROOFS[item.facts["template"]](**item.facts["values"]), item
        assert abs(Fraction(item.answer or "") - Fraction(item.facts["target"])) <= Fraction(1, 200)
        proved.add(item.facts["template"])
    assert proved == {template.__name__ for template in TEMPLATES[num_steps]}
    assert set(PROOFS) == {template.__name__ for some in TEMPLATES.values() for template in some}


WHOLE = FAMILY.from_published({"input": "How much is left?", "target": -9867630.0}).facts
SMALL = FAMILY.from_published({"input": "What fraction is left?", "target": 0.0016791648}).facts
ZERO = FAMILY.from_published({"input": "How many are left?", "target": 0.0}).facts


@pytest.mark.parametrize(
    "answer", ["-9867630", "-9,867,630", "-9867630.0", "-$9,867,630", "$-9867630$", "\u22129867630."]
)
def test_spellings_of_a_whole_number_are_right(answer: str) -> None:
    assert FAMILY.is_right(WHOLE, answer)


@pytest.mark.parametrize(
    "answer", ["9867630", "-9867631", "-9867000", "-9867630 or 0", "-98676300", "-9.87e6", "0", ""]
)
def test_a_whole_number_must_be_met_exactly(answer: str) -> None:
    assert not FAMILY.is_right(WHOLE, answer)


def test_what_is_not_whole_may_be_rounded_by_a_thousandth_of_itself() -> None:
    assert all(
        FAMILY.is_right(SMALL, answer) for answer in ("0.0016791648", "0.00167916", "1.67917e-3", "0.001679")
    )
    assert not any(
        FAMILY.is_right(SMALL, answer) for answer in ("0", "0.0017", "0.001", "0.01679", "1", "-0.00167916")
    )


def test_nothing_but_zero_is_near_zero() -> None:
    assert FAMILY.is_right(ZERO, "0.00")
    assert not any(FAMILY.is_right(ZERO, answer) for answer in ("0.0001", "1e-9", "1", "none"))


def test_own_items_that_are_not_whole_are_right_to_two_decimals() -> None:
    facts = {"target": "35250836/15", "tolerance": "1/100"}  # 2350055.7333...
    assert all(FAMILY.is_right(facts, answer) for answer in ("2350055.73", "2,350,055.733", "35250836/15"))
    assert not any(
        FAMILY.is_right(facts, answer) for answer in ("2350055", "2350056", "2350055.7", "2350055.75")
    )


def test_stand_ins_say_so_and_settings_change_them() -> None:
    item = FAMILY.generate(random.Random(1), num_steps=2, num_digits=12)
    assert item.facts["stand_in"] is True
    assert any(value >= 10**11 for value in item.facts["values"].values())
    for setting in ("num_steps", "num_digits"):
        with pytest.raises(ValueError, match=setting):
            FAMILY.generate(random.Random(1), **{setting: 0})
