"""Word problems: the numbers are read in their order, and each kind of problem has its formula.

A published problem of another kind is not read: `WrongWordingError`.
"""

import re
from typing import NamedTuple

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled


class Formula(NamedTuple):
    """How a kind of problem is told and worked out."""

    told_by: str
    """Words that only this kind has."""
    names: str
    """Names of its numbers in the order of the text; `_` is not used."""
    compute: str
    """Lines that set `x`."""
    remark: str


_EXACT = "from fractions import Fraction as F\n\n"

_GSM = (
    Formula(
        "apples, of which birds eat",
        "trees each lost price",
        "x = trees * (each - lost) * price",
        "Apples sold times the price.",
    ),
    Formula(
        "cents an hour for the first",
        "wage regular weeks hours",
        "extra = hours - regular\nx = weeks * (wage * regular + F(3, 2) * wage * extra)",
        "Overtime is paid one and a half times.",
    ),
    Formula(
        "A fund holds",
        "start paid_in paid_out years",
        "x = start + years * (paid_in - paid_out)",
        "Every year the fund changes by the difference.",
    ),
    Formula(
        "How many screws are left over",
        "screws given box",
        "x = (screws - given) % box",
        "What is left over is a remainder.",
    ),
    Formula(
        "percent off the price of all of them",
        "price count percent fee",
        "x = F(price * count * (100 - percent), 100) + fee",
        "Take the discount off, then add the fee.",
    ),
    Formula(
        "guess how many seeds",
        "first percent less",
        "second = first * F(100 + percent, 100)\nthird = first - less\nx = (first + second + third) / 3",
        "Work out the three guesses and their average.",
    ),
    Formula(
        "grams of gold in the ratio",
        "total a b c",
        "x = F(total * (c - a), a + b + c)",
        "One part is the total over the sum of the ratio.",
    ),
    Formula(
        "A tank holds",
        "litres inflow leak hours",
        "x = litres + 60 * hours * (inflow - leak)",
        "Minutes times what stays in.",
    ),
    Formula(
        "How many inhabitants do the four towns",
        "p times more percent",
        "q = p * times\nr = q + more\ns = r * F(100 - percent, 100)\nx = (p + q + r + s) / 4",
        "Work out the towns one after the other.",
    ),
    Formula(
        "A probe flies",
        "first fast second slow",
        "time = F(first, fast) + F(second, slow)\nx = (first + second) / time",
        "Average speed is the whole way over the whole time.",
    ),
    Formula(
        "juice that is",
        "one strong two weak spilt",
        "fruit = F(one * strong + two * weak, 100)\nx = fruit * (spilt - 1) / spilt",
        "Fruit in the mixture, less what is spilt.",
    ),
    Formula(
        "tonnes of sand are moved",
        "load truck fuel drivers wage",
        "trips = -(-load // truck)\nx = trips * (fuel + drivers * wage)",
        "Trips are rounded up; each has its cost.",
    ),
)
_COUNTING = (
    Formula(
        "can a committee of",
        "women men a b",
        "x = comb(women, a) * comb(men, b)",
        "Choose from both groups and multiply.",
    ),
    Formula(
        "have no digit below",
        "digits lowest",
        "low, high = 10 ** (digits - 1), 10 ** digits\n"
        "allowed = set(map(str, range(lowest, 10)))\n"
        "x = sum(n % 2 == PARITY and len(set(str(n))) == digits and set(str(n)) <= allowed for n in range(low, high))",
        "Count the numbers by trying all of them.",
    ),
    Formula(
        "expected value, in dollars",
        "top bottom win loss",
        "x = F(top, bottom) * win - (1 - F(top, bottom)) * loss",
        "Weigh gain and loss by their probabilities.",
    ),
    Formula(
        "marbles",
        "red blue drawn wanted",
        "x = F(comb(red, wanted) * comb(blue, drawn - wanted), comb(red + blue, drawn))",
        "Good draws over all draws.",
    ),
    Formula(
        "A spinner has",
        "sides spins least",
        "p = F(1, sides)\n"
        "x = sum(comb(spins, k) * p ** k * (1 - p) ** (spins - k) for k in range(least, spins + 1))",
        "Add up the binomial probabilities.",
    ),
    Formula(
        "divisible by exactly one of",
        "first last a b",
        "x = sum((n % a == 0) != (n % b == 0) for n in range(first, last + 1))",
        "Count directly.",
    ),
    Formula(
        "identical coins be handed out",
        "coins children least",
        "free = coins - children * least\nx = comb(free + children - 1, children - 1)",
        "Stars and bars after everybody has the least.",
    ),
    Formula(
        "fair dice",
        "dice one sides total",
        "from itertools import product\n"
        "rolls = list(product(range(one, sides + 1), repeat=dice))\n"
        "x = F(sum(sum(roll) == total for roll in rolls), len(rolls))",
        "Go through all rolls.",
    ),
    Formula(
        "A path on a grid goes",
        "_ _ width height _ a b",
        "x = comb(width + height, width) - comb(a + b, a) * comb(width - a + height - b, width - a)",
        "All paths less those through the point.",
    ),
    Formula(
        "sit down at a round table",
        "_ people",
        "x = factorial(people - 1) - 2 * factorial(people - 2)",
        "All circular seatings less those with the two together.",
    ),
    Formula(
        "end up where they belong",
        "n _ right",
        "m = n - right\n"
        "wrong = sum((-1) ** k * factorial(m) // factorial(k) for k in range(m + 1))\n"
        "x = F(comb(n, right) * wrong, factorial(n))",
        "Choose the right ones; the rest is a derangement.",
    ),
    Formula(
        "their product is divisible by",
        "drawn first last prime",
        "good = last - last // prime\nx = 1 - F(comb(good, drawn), comb(last, drawn))",
        "The product is no multiple if none of the numbers is.",
    ),
)
_GEOMETRY = (
    Formula("Two angles of a triangle", "a b", "x = 180 - a - b", "The angles add up to 180 degrees."),
    Formula("long is its diagonal", "a b", "x = sqrt(a**2 + b**2)", "Pythagoras."),
    Formula("A circle has a diameter of", "d", "x = pi * Rational(d, 2)**2", "The area is pi r^2."),
    Formula(
        "sides of a trapezoid",
        "a b h",
        "x = Rational(a + b, 2) * h",
        "Mean of the parallel sides times the height.",
    ),
    Formula(
        "An equilateral triangle has a perimeter",
        "p",
        "x = sqrt(3) / 4 * Rational(p, 3)**2",
        "The area is sqrt(3)/4 times the side squared.",
    ),
    Formula(
        "cone has a base of radius", "r h", "x = pi * r**2 * Rational(h, 3)", "A third of base times height."
    ),
    Formula(
        "A closed right circular cylinder", "r h", "x = 2 * pi * r * (r + h)", "Two ends and the mantle."
    ),
    Formula(
        "A triangle has its corners at",
        "a b c d e f",
        "x = Rational(abs((c - a) * (f - b) - (e - a) * (d - b)), 2)",
        "Half the cross product.",
    ),
    Formula("A rectangular box measures", "a b c", "x = sqrt(a**2 + b**2 + c**2)", "Pythagoras in space."),
    Formula(
        "counterclockwise about the point",
        "x0 y0 _ a b",
        "x = (a - (y0 - b), b + (x0 - a))",
        "A quarter turn takes (u, v) to (-v, u).",
    ),
    Formula(
        "A sector of a circle of radius",
        "r angle",
        "x = 2 * r + pi * Rational(angle * r, 180)",
        "Two radii and the arc.",
    ),
    Formula(
        "The legs of a right triangle",
        "a b",
        "x = a * b / sqrt(a**2 + b**2)",
        "Twice the area over the hypotenuse.",
    ),
    Formula(
        "Opposite sides of a regular hexagon",
        "w",
        "x = sqrt(3) / 2 * Integer(w)**2",
        "Six triangles of height w/2.",
    ),
    Formula(
        "outside its inscribed circle",
        "d",
        "side2 = Rational(d**2, 2)\nx = side2 - pi * side2 / 4",
        "Square less circle.",
    ),
    Formula(
        "A chord of a circle of radius",
        "r d",
        "x = 2 * sqrt(r**2 - d**2)",
        "Half the chord is a leg beside the distance.",
    ),
    Formula(
        "What is its area?",
        "a b c",
        "s = Rational(a + b + c, 2)\nx = sqrt(s * (s - a) * (s - b) * (s - c))",
        "Heron's formula.",
    ),
    Formula(
        "passes through the three corners",
        "a b c",
        "s = Rational(a + b + c, 2)\nx = a * b * c / (4 * sqrt(s * (s - a) * (s - b) * (s - c)))",
        "R = abc / (4 area).",
    ),
    Formula(
        "A line passes through the points",
        "a b c d x0 y0",
        "x = abs((c - a) * (y0 - b) - (d - b) * (x0 - a)) / sqrt((c - a)**2 + (d - b)**2)",
        "Cross product over length.",
    ),
    Formula(
        "A right circular cone is cut",
        "h r s",
        "x = pi * Rational(h * (r**2 + r * s + s**2), 3)",
        "The volume of a frustum.",
    ),
)


_TILES = """
from math import factorial

tiles = "$LETTERS"
x = factorial(len(tiles))
for letter in set(tiles):
    x //= factorial(tiles.count(letter))
print(x)
"""
_POWER = """
from sympy import expand, symbols

x = symbols("x")
power = expand(($TERM)**$N)
print(power.coeff(x, $EXPONENT))
"""
_POWER_CHECK = """
from math import comb

k = $EXPONENT // 2
print(int(ANSWER) == comb($N, k) * $A**k * ($B)**($N - k))
"""


def _worked_out(question: str, formulas: tuple[Formula, ...], head: str, ending: str) -> Solution:
    text = question.partition("\n\n")[0]
    formula = next((formula for formula in formulas if formula.told_by in text), None)
    if formula is None:
        raise WrongWordingError(question)
    numbers = re.findall(r"(?<![\w.])-?\d+", text)
    names = formula.names.split()
    if len(numbers) < len(names):
        raise WrongWordingError(question)
    used = [(name, value) for name, value in zip(names, numbers, strict=False) if name != "_"]
    data = "\n".join(f"{name} = {value}" for name, value in used)
    compute = formula.compute.replace("PARITY", "1" if ", and are odd?" in text else "0")
    script = f"{head}{data}\n{compute}\n{ending}"
    return Solution(
        step=Step(remark=formula.remark, script=script),
        remarks=("I note the numbers and compute.", f"{formula.remark} I let Python do the arithmetic."),
        slips=(
            Slip(
                script=script.replace(f"{used[0][0]} = ", f"{used[0][0]}: "),
                remedy=f"{used[0][0]} was never set: it needs = .",
            ),
            Slip(script=script.replace("print(", "pritn("), remedy="It is spelled print."),
        ),
        explore=Step(
            remark="First I note what is given.",
            script=data + "\n" + "\n".join(f'print("{n} =", {n})' for n, _ in used),
        ),
    )


def gsm_hard(question: str) -> Solution:
    """Exact fractions; rounded to two decimals where the result is not whole."""
    ending = "x = F(x)\nprint(x if x.denominator == 1 else round(float(x), 2))"
    return _worked_out(question, _GSM, _EXACT, ending)


def math_counting_and_probability(question: str) -> Solution:
    """Formulas, or all cases where they are few."""
    head = "from fractions import Fraction as F\nfrom math import comb, factorial\n\n"
    tiles = re.search(r"look alike: ([A-Z, ]+)\?", question)
    power = re.search(
        r"coefficient of \$x\^\{(\d+)\}\$ .+? \$\((\d*)x\^2 ([+-]) (\d+)\)\^\{(\d+)\}\$", question
    )
    if tiles is not None:
        letters = tiles[1].replace(", ", "")
        script = filled(_TILES, LETTERS=letters)
        return Solution(
            step=Step(remark="All orders, divided by the orders of equal tiles.", script=script),
            slips=(Slip(script=script.split("\n", 2)[2], remedy="factorial must be imported from math."),),
        )
    if power is not None:
        exponent, a, sign, b, n = power.groups()
        script = filled(_POWER, TERM=f"{a or 1} * x**2 {sign} {b}", N=n, EXPONENT=exponent)
        check = filled(_POWER_CHECK, A=a or 1, B=f"{sign}{b}", N=n, EXPONENT=exponent)
        return Solution(
            step=Step(remark="Expand the power and read the coefficient.", script=script),
            slips=(
                Slip(script=script.replace('x = symbols("x")\n', ""), remedy="x must be a symbol first."),
            ),
            check=Step(remark="The binomial theorem gives it directly.", script=check),
        )
    return _worked_out(question, _COUNTING, head, "print(x)")


def math_geometry(question: str) -> Solution:
    """Exact roots and pi by sympy."""
    return _worked_out(question, _GEOMETRY, "from sympy import Integer, Rational, pi, sqrt\n\n", "print(x)")


SOLVERS: dict[str, Solver] = {
    "gsm_hard": gsm_hard,
    "math_counting_and_probability": math_counting_and_probability,
    "math_geometry": math_geometry,
}
