"""Each template's answer is proved by coordinates or by adding up thin slices."""

import cmath
import json
import math
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from source_files import ROOT

from curriculum.tasks.normalisers.formulas import reading
from curriculum.tasks.sources.symbench.math_geometry import _TEMPLATES, FAMILY
from curriculum.tasks.sources.symbench.parts.math_answers import boxed, fraction_text, root_text

PUBLISHED = ROOT.parent / "shared" / "data" / "symbench"


def slices(width: Callable[[float], float], height: float, count: int = 20_000) -> float:
    return sum(width((n + 0.5) * height / count) for n in range(count)) * height / count


def shoelace(points: list[complex]) -> float:
    return (
        abs(sum((a.conjugate() * b).imag for a, b in zip(points, [*points[1:], points[0]], strict=True))) / 2
    )


def corners(a: float, b: float, c: float) -> list[complex]:
    x = (c * c + b * b - a * a) / (2 * c)
    return [0, complex(c), complex(x, math.sqrt(b * b - x * x))]


def circumcentre(one: complex, other: complex, third: complex) -> complex:
    u, v = other - one, third - one
    return one + (abs(u) ** 2 * v - abs(v) ** 2 * u) / (u.conjugate() * v - u * v.conjugate())


def foot(point: complex, one: complex, other: complex) -> complex:
    along = other - one
    return one + along * ((point - one) * along.conjugate()).real / abs(along) ** 2


PROOFS: dict[str, Callable[..., float]] = {
    "third_angle": lambda first, second: 180 - (first + second),
    "rectangle_diagonal": lambda a, b: abs(complex(a, b)),
    "circle_area": lambda d: slices(lambda x: 2 * math.sqrt(x * (d - x)), d),
    "trapezoid_area": lambda a, b, h: slices(lambda y: a + (b - a) * y / h, h),
    "equilateral_area": lambda perimeter: shoelace(corners(perimeter / 3, perimeter / 3, perimeter / 3)),
    "cone_volume": lambda r, h: slices(lambda y: math.pi * (r * y / h) ** 2, h),
    "cylinder_surface": lambda r, h: 2 * math.pi * r * h + 2 * slices(lambda x: 2 * math.pi * x, r),
    "triangle_on_grid": lambda points: shoelace([complex(*point) for point in points]),
    "box_diagonal": lambda a, b, c: math.dist((0, 0, 0), (a, b, c)),
    "sector_perimeter": lambda r, angle: 2 * r + slices(lambda _: r, math.radians(angle)),
    "hypotenuse_altitude": lambda a, b: abs(foot(0, complex(a), complex(0, b))),
    "hexagon_area": lambda width: shoelace(
        [cmath.rect(width / math.sqrt(3), math.pi / 3 * n) for n in range(6)]
    ),
    "square_minus_circle": lambda diagonal: diagonal**2 / 2 - math.pi * (diagonal / math.sqrt(2) / 2) ** 2,
    "chord_length": lambda radius, distance: 2 * radius * math.sin(math.acos(distance / radius)),
    "triangle_area": lambda a, b, c: shoelace(corners(a, b, c)),
    "circumradius": lambda a, b, c: abs(circumcentre(*corners(a, b, c))),
    "distance_to_line": lambda point, one, other: abs(
        complex(*point) - foot(complex(*point), complex(*one), complex(*other))
    ),
    "frustum_volume": lambda large, small, h: slices(
        lambda y: math.pi * (small + (large - small) * y / h) ** 2, h
    ),
}


@pytest.mark.parametrize("tier", _TEMPLATES)
def test_answers_are_what_an_independent_computation_finds(tier: int) -> None:
    proved = set()
    for seed in range(60):
        item = FAMILY.generate(random.Random(seed), tier=tier, max_length=25)
        template, values = item.facts["template"], item.facts["values"]
        if template == "quarter_turn":
            about = complex(values["a"], values["b"])
            turned = about + 1j * (complex(values["x"], values["y"]) - about)
            assert item.answer == f"({turned.real:.0f}, {turned.imag:.0f})"
        else:
            assert item.answer
            assert float(reading(item.answer).value) == pytest.approx(PROOFS[template](**values), rel=1e-5)
        proved.add(template)
    assert proved == {template.__name__ for template in _TEMPLATES[tier]}


@pytest.mark.parametrize(
    "answer",
    [
        r"\dfrac{3\sqrt{2}}{2}",
        "3*sqrt(2)/2",
        r"\frac{3}{\sqrt{2}}",
        r"$\frac{3}{2}\sqrt{2}$",
        r"1.5\sqrt2 \text{ cm}",
    ],
)
def test_spellings_of_the_right_answer_are_right(answer: str) -> None:
    assert FAMILY.is_right({"answer": r"\frac{3\sqrt{2}}{2}"}, answer)


@pytest.mark.parametrize(
    "answer",
    ["2.1213", r"\frac{2\sqrt{3}}{2}", r"\frac{3\sqrt{2}}{3}", r"-\frac{3\sqrt{2}}{2}", r"3\sqrt{2}", ""],
)
def test_near_misses_and_roundings_are_wrong(answer: str) -> None:
    assert not FAMILY.is_right({"answer": r"\frac{3\sqrt{2}}{2}"}, answer)


def test_work_left_to_be_done_is_no_answer() -> None:
    assert not FAMILY.is_right({"answer": "17"}, "8 + 9")
    assert not FAMILY.is_right({"answer": "1000"}, "10^3")
    assert FAMILY.is_right({"answer": "16+8\\pi"}, "8(\\pi+2)")


def test_exact_values_are_written_in_lowest_terms() -> None:
    assert root_text(Fraction(9, 2)) == r"\frac{3\sqrt{2}}{2}"  # 3/sqrt 2
    assert root_text(Fraction(72)) == r"6\sqrt{2}"
    assert root_text(Fraction(49, 4)) == r"\frac{7}{2}"
    assert root_text(Fraction(2 * 1009**2)) == r"1009\sqrt{2}"
    assert fraction_text(Fraction(-1, 12), r"\pi") == r"-\frac{\pi}{12}"


def test_published_answer_is_what_the_solution_boxes_last() -> None:
    assert (
        boxed(r"so \boxed{1} is wrong and \boxed{\frac{1}{2}} right. [asy] draw(); [/asy]") == r"\frac{1}{2}"
    )
    row = {"problem": "Half of one?", "solution": r"It is $\boxed{\frac{1}{2}}$."}
    assert FAMILY.is_right({"answer": FAMILY.from_published(row).answer}, "0.5")
    for solution in ("no box", r"\boxed{\frac{1}{2}"):
        with pytest.raises(ValueError, match="boxed"):
            FAMILY.from_published({"problem": "?", "solution": solution})


def test_stand_ins_say_so_and_settings_change_them() -> None:
    facts = [FAMILY.generate(random.Random(1), tier=tier).facts for tier in (1, 4)]
    assert all(one["stand_in"] is True for one in facts)
    assert facts[0] != facts[1]
    for setting in ("tier", "max_length"):
        with pytest.raises(ValueError, match=setting):
            FAMILY.generate(random.Random(1), **{setting: 0})


def rows_of(name: str) -> list[dict[str, Any]]:
    file = PUBLISHED / f"{name}.jsonl"
    return (
        [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.is_file() else []
    )


@pytest.mark.parametrize("name", ["math_geometry", "math_counting_and_probability"])
def test_published_answers_pass_in_other_spellings_and_fail_when_changed(name: str) -> None:
    for row in rows_of(name):
        gold = FAMILY.from_published(row).answer or ""
        plain = gold.replace(r"\dfrac", r"\frac").replace(r"\!", "").replace(r"\$", "")
        spellings = [
            gold,
            f"${plain}$",
            rf"\boxed{{{gold}}}",
            rf"\({gold}\)",
            f" {gold} .",
            f"x = {gold}",
            f"**{plain}**",
        ]
        spellings += [
            plain.replace(r"\frac", r"\dfrac"),
            plain.replace(r"\pi", "\u03c0"),
            plain.replace("{", "{ "),
        ]
        spellings += (
            [f"({plain})", f"{plain} "] if "," not in plain or "(" in plain else [plain.replace(",", "")]
        )
        assert [text for text in spellings if not FAMILY.is_right({"answer": gold}, text)] == []
        wrong = [
            f"{gold} or {gold}",
            f"{gold}1",
            f"1+{gold}",
            f"2({gold})",
            f"{gold}, {gold}",
            f"{gold} maybe",
            gold[:-1],
        ]
        assert [text for text in wrong if text and FAMILY.is_right({"answer": gold}, text)] == []
