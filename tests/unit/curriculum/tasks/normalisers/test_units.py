import pytest

from curriculum.tasks.normalisers.units import has_other_unit, without_asked_unit

TANK = "A pipe adds 505 litres a minute. How many litres are in the tank after 6 hours?"
DIAGONAL = "A rectangle is 5 cm wide. How many centimetres long is its diagonal?"
COST = "Tarts cost $87 per dozen. How much was the total cost?"
ANGLE = "Two angles are 43.0\u00b0 and 58.0\u00b0. What is the measure of the remaining one (in degrees)?"


@pytest.mark.parametrize(
    ("text", "question", "number"),
    [
        ("500 litres", TANK, "500"),
        ("1,500 litres", TANK, "1,500"),
        ("5 cm", DIAGONAL, "5"),
        ("5 centimeters", DIAGONAL, "5"),
        (r"5\text{ cm}", DIAGONAL, "5"),
        (r"5\ \mathrm{cm}", DIAGONAL, "5"),
        (r"141^\circ", ANGLE, "141"),
        ("$1781", COST, "1781"),
        ("-$5", COST, "-5"),
        ("1781 dollars", COST, "1781"),
        ("141 degrees", ANGLE, "141"),
        ("141\u00b0", ANGLE, "141"),
        ("24 slices", "How many slices of mango did they eat?", "24"),
        ("24 slices of mango", "How many slices of mango did they eat?", "24"),
        ("2 times", "How many times does Tuesday occur?", "2"),
        ("46 days", "Give your answer in D days.", "46"),
    ],
)
def test_the_unit_that_is_asked_for_may_stand_there(text: str, question: str, number: str) -> None:
    assert without_asked_unit(text, question) == number
    assert not has_other_unit(text, question)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("500 hours", TANK),
        ("500 minutes", TANK),
        ("5 m", DIAGONAL),
        (r"\sqrt{349} m", DIAGONAL),
        (r"\sqrt{349}\text{ m}", DIAGONAL),
        (r"16\pi inches", DIAGONAL),
        (r"5\text{ m}", DIAGONAL),
        ("5 m^2", DIAGONAL),
        ("5 inches", DIAGONAL),
        ("8 hours", "How many minutes are 8 hours?"),
        ("12 km", "How many miles is it?"),
        ("46 hours", "Give your answer in D days."),
    ],
)
def test_another_unit_of_measure_is_another_answer(text: str, question: str) -> None:
    assert without_asked_unit(text, question) is None
    assert has_other_unit(text, question)


@pytest.mark.parametrize(
    "text", ["500", "500 or 600 litres", "500 litres or 600", "litres", "500 litres maybe", "x litres"]
)
def test_nothing_but_a_number_and_its_unit_is_one(text: str) -> None:
    assert without_asked_unit(text, TANK) is None


@pytest.mark.parametrize(
    "text", [r"\sqrt{349} cm", r"16\pi\text{ cm}", "3m", "5 units", "Monday", "5", "x + y"]
)
def test_the_units_asked_for_and_what_is_no_unit_are_no_other_unit(text: str) -> None:
    assert not has_other_unit(text, DIAGONAL)
