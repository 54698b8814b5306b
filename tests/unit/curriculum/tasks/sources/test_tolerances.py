"""How near is near enough follows the digits that a question asks for."""

from typing import Any

import pytest

from curriculum.task import Task
from curriculum.tasks.checkers import check
from curriculum.tasks.sources.reasoning_gym.items import draft

ANGLE = {"task_type": "angle_measure", "angle_ABC_degrees": 22.619864948040426}
ORTHOCENTRE = {"task_type": "orthocenter", "ortho": ("-13/3", "-20/3")}
RADIUS = {"task_type": "incircle_radius", "incircle_radius_approx": 1.2346789}


def _task(family: str, answer: str, facts: dict[str, Any], question: str = "?") -> Task:
    item = {"question": question, "answer": answer, "metadata": facts}
    return draft(family, {}, item).task("reasoning_gym", family, 0, "train")


@pytest.mark.parametrize(
    "answer",
    ["22.620", "22.62", "22.62\u00b0", "22.6199", "22.61986494804", "22.62 degrees", r"22.620^\circ"],
)
def test_an_angle_is_right_to_three_decimals_or_as_the_reference_has_it(answer: str) -> None:
    assert check(_task("advanced_geometry", "22.62\u00b0", ANGLE), answer)


@pytest.mark.parametrize("answer", ["22.621", "22.619", "22.624", "22.615", "22.6", "22.63", "23"])
def test_an_angle_off_by_a_thousandth_is_wrong(answer: str) -> None:
    assert not check(_task("advanced_geometry", "22.62\u00b0", ANGLE), answer)


def test_coordinates_and_radii_are_right_to_three_decimals() -> None:
    centre = _task("advanced_geometry", "(-4.333, -6.667)", ORTHOCENTRE)
    for answer in ("(-4.333, -6.667)", "(-4.3333, -6.6667)", "[-4.333 -6.667]", "(-13/3, -20/3)"):
        assert check(centre, answer), answer
    for answer in ("(-4.334, -6.667)", "(-4.33, -6.67)", "(-4.338, -6.667)", "(-6.667, -4.333)", "-4.333"):
        assert not check(centre, answer), answer
    radius = _task("advanced_geometry", "1.235", RADIUS)
    assert check(radius, "1.235")
    assert check(radius, "1.2347")
    assert not check(radius, "1.234")
    assert not check(radius, "1.239")


def test_decimals_are_right_to_twelve_digits_of_the_exact_value_or_of_the_reference() -> None:
    question = "Please solve this problem ... \n1.783/(8.702/1.749+4.424-9.399)*8.451 = ?"
    task = _task("decimal_arithmetic", "36350.5722655", {}, question)
    # The exact value is 36350.571885517..., since the reference rounds each step.
    for answer in ("36350.5722655", "36350.5718855", "36350.57188551724"):
        assert check(task, answer), answer
    for answer in ("36350.572", "36350.5722665", "36350.5718865", "36350.5720", "1.783/2"):
        assert not check(task, answer), answer


def test_powers_are_right_to_three_significant_digits() -> None:
    task = _task("power_function", "1.494821649318089e-15", {})
    for answer in (
        "1.49e-15",
        "1.495e-15",
        "1.4948216e-15",
        r"1.49 \times 10^{-15}",
        "1.49 * 10^-15",
        "0.00149e-12",
    ):
        assert check(task, answer), answer
    for answer in ("1.50e-15", "1.48e-15", "1.5e-15", "1.49e-14", "-1.49e-15", "1.49", "0"):
        assert not check(task, answer), answer


def test_averages_are_right_to_two_decimals() -> None:
    task = _task("pool_matrix", "0.3333333333333333 2.5\n1.0 4.125", {})
    assert check(task, "0.33 2.5\n1 4.13")
    assert check(task, "[[0.33, 2.50], [1.00, 4.12]]")
    for wrong in ("0.34 2.5\n1 4.13", "0.3 2.5\n1 4.1", "0.32 2.5\n1 4.13", "0.33 2.5\n1 4.14"):
        assert not check(task, wrong), wrong


def test_roots_are_right_to_the_fourth_decimal_cut_or_rounded() -> None:
    task = _task("polynomial_equations", "-0.5896, 0.0", {}, "Find p")
    for answer in ("-0.5896, 0", "-0.5895, 0.0", "0, -0.58955", "p = -0.5896, p = 0"):
        assert check(task, answer), answer
    for answer in ("-0.5898, 0", "-0.589, 0", "-0.59, 0", "-0.5896", "-0.5896, 0, 0"):
        assert not check(task, answer), answer


def test_complex_numbers_are_read_as_python_prints_them() -> None:
    task = _task("complex_arithmetic", "-58.0 + 6.0i", {"result": (-58, 6)})
    for answer in ("(-58+6j)", "-58+6i", "-58.0 + 6.0j", "-57.999999999999999+6j", "-58 + 6*i", "[-58+6j]"):
        assert check(task, answer), answer
    for answer in ("-58+6", "58+6i", "-58-6i", "-58.004+6j", "6i", "-58", "nan+6j", "6j-58+0", "-58 6i"):
        assert not check(task, answer), answer
    assert check(_task("complex_arithmetic", "-10.00i", {"result": (0, -10)}), "-10j")
    assert check(_task("complex_arithmetic", "-10.00i", {"result": (0, -10)}), "(-0-10j)")
    assert check(_task("complex_arithmetic", "2.0 - 1.0i", {"result": (2, -1)}), "2 - i")


def test_durations_are_read_as_python_prints_them_and_in_the_unit_asked_for() -> None:
    days = _task("time_intervals", "48 days", {}, "How long was the flight? Answer in D days.")
    for answer in ("48", "48 days", "48 days, 0:00:00", "48 day"):
        assert check(days, answer), answer
    for answer in ("49", "48 hours", "48 days, 1:00:00", "48 or 49", "48:00"):
        assert not check(days, answer), answer
    both = _task("time_intervals", "32 days, 16:37", {}, "Give your answer in D days, HH:MM.")
    for answer in ("32 days, 16:37", "32 days, 16:37:00", "32 days 16:37"):
        assert check(both, answer), answer
    for answer in ("32 days, 16:37:01", "32 days", "16:37", "32, 16:37", "32 days, 16:38"):
        assert not check(both, answer), answer
    clock = _task("time_intervals", "08:24:58", {}, "Answer in HH:MM:SS.")
    assert check(clock, "8:24:58")
    assert not check(clock, "8:24")
