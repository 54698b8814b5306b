"""Algebra and calculus with sympy, and geometry by coordinates."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, found


def intermediate_integration(question: str) -> Solution:
    """Sympy integrates; the check differentiates."""
    integrand = found(r": \u222b (.+?) d\w+\n", question)
    name = found(r" d(\w+)\n", question)
    return _integral(integrand, name)


def _integral(integrand: str, name: str) -> Solution:
    script = (
        f'from sympy import *\n\n{name} = symbols("{name}")\nprint(integrate({integrand}, {name}), "+ C")'
    )
    check = (
        f'from sympy import *\n\n{name} = symbols("{name}")\n'
        'answer = ANSWER.replace("+ C", "")\n'
        f'left = diff(sympify(answer, locals={{"{name}": {name}}}), {name}) - ({integrand})\n'
        f"values = [left.subs({name}, v).evalf() for v in (Rational(1, 3), Rational(5, 7), Rational(9, 8))]\n"
        "print(all(abs(v) < 1e-6 for v in values))"
    )
    return Solution(
        step=Step(remark="sympy finds the antiderivative.", script=script),
        remarks=("I let sympy integrate and add the constant.",),
        slips=(
            Slip(
                script=script.replace(f'{name} = symbols("{name}")\n', "").replace(
                    "from sympy import *", "from sympy import integrate, sin, cos, exp, log, sqrt"
                ),
                remedy=f"{name} must be a symbol first.",
            ),
        ),
        check=Step(remark="I differentiate the answer: the integrand must come back.", script=check),
    )


_TRIANGLE = r"A=\((-?\d+), (-?\d+)\), B=\((-?\d+), (-?\d+)\), (?:and )?C=\((-?\d+), (-?\d+)\)"


def advanced_geometry(question: str) -> Solution:
    """By coordinates, rounded as asked."""
    match = re.search(_TRIANGLE, question)
    if match is None:
        raise WrongWordingError(question)
    ax, ay, bx, by, cx, cy = match.groups()
    data = f"A, B, C = ({ax}, {ay}), ({bx}, {by}), ({cx}, {cy})\n"
    if "of angle ABC" in question or "angle at B in degrees" in question:
        script = (
            f"from math import acos, degrees, hypot\n\n{data}"
            "u = (A[0] - B[0], A[1] - B[1])\nv = (C[0] - B[0], C[1] - B[1])\n"
            "cosine = (u[0] * v[0] + u[1] * v[1]) / (hypot(*u) * hypot(*v))\n"
            'print(f"{degrees(acos(cosine)):.3f}\u00b0")'
        )
        check = (
            f"from cmath import phase\nfrom math import degrees\n\n{data}"
            "a, b, c = complex(*A), complex(*B), complex(*C)\n"
            'angle = abs(degrees(phase((a - b) / (c - b))))\nprint(abs(angle - float(ANSWER.rstrip("\u00b0"))) < 0.001)'
        )
        remark = "The angle at B is that between BA and BC: use the dot product."
    elif "orthocenter" in question:
        script = (
            f"from sympy import Point, Triangle\n\n{data}t = Triangle(Point(A), Point(B), Point(C))\n"
            "h = t.orthocenter\nprint((round(float(h.x), 3), round(float(h.y), 3)))"
        )
        check = (
            f"import ast\n\n{data}x, y = ast.literal_eval(ANSWER)\n"
            "one = (x - A[0]) * (B[0] - C[0]) + (y - A[1]) * (B[1] - C[1])\n"
            "two = (x - B[0]) * (A[0] - C[0]) + (y - B[1]) * (A[1] - C[1])\nprint(abs(one) < 0.1 and abs(two) < 0.1)"
        )
        remark = "sympy's triangle has its orthocenter."
    elif "incircle" in question:
        script = (
            f"from math import dist\n\n{data}a, b, c = dist(B, C), dist(A, C), dist(A, B)\n"
            "area = abs((B[0] - A[0]) * (C[1] - A[1]) - (C[0] - A[0]) * (B[1] - A[1])) / 2\n"
            "print(round(2 * area / (a + b + c), 3))"
        )
        check = (
            f"from math import dist\n\n{data}a, b, c = dist(B, C), dist(A, C), dist(A, B)\ns = (a + b + c) / 2\n"
            "print(abs(((s - a) * (s - b) * (s - c) / s) ** 0.5 - float(ANSWER)) < 0.001)"
        )
        remark = "The radius of the incircle is twice the area over the perimeter."
    else:
        raise WrongWordingError(question)
    return Solution(
        step=Step(remark=remark, script=script),
        remarks=("I compute it with coordinates.",),
        slips=(Slip(script=script.split("\n", 2)[2], remedy="The functions must be imported first."),),
        check=Step(remark="I check it by another formula.", script=check),
    )


SOLVERS: dict[str, Solver] = {
    "advanced_geometry": advanced_geometry,
    "intermediate_integration": intermediate_integration,
}
