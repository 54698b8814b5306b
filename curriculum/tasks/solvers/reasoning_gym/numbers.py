"""Numbers: bases, primes, fractions, dice, decimals, dates."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled, found

_SPELLED_BASES = {"binary": 2, "octal": 8, "decimal": 10, "hexadecimal": 16}

_BASE = """
digits = "0123456789abcdefghijklmnopqrstuvwxyz"
n = int("$NUMBER", $OLD)
out = ""
while n:
    n, rest = divmod(n, $NEW)
    out = digits[rest] + out
print(out or "0")
"""


def base_conversion(question: str) -> Solution:
    """By repeated division."""
    match = re.search(
        r"convert the (?:base-)?(\w+) number ([0-9a-z]+) to (?:base-)?(\w+)",
        question.replace("(", "").replace(")", ""),
    )
    if match is None:
        raise WrongWordingError(question)
    old, new = (int(base) if base.isdigit() else _SPELLED_BASES.get(base, 0) for base in (match[1], match[3]))
    if not old or not new:
        raise WrongWordingError(question)
    script = filled(_BASE, NUMBER=match[2], OLD=old, NEW=new)
    return Solution(
        step=Step(
            remark=f"Read the number in base {old}, then divide by {new} again and again.", script=script
        ),
        remarks=(
            "int reads any base up to 36; the remainders are the new digits.",
            "Divide and keep the remainders.",
        ),
        slips=(
            Slip(
                script=script.replace(f'int("{match[2]}", {old})', f'"{match[2]}"'),
                remedy="The number must be read with int.",
            ),
        ),
        check=Step(
            remark="Both spellings must be the same number.",
            script=f'print(int(ANSWER, {new}) == int("{match[2]}", {old}))',
        ),
    )


_PRIMES = """
low, high = $LOW, $HIGH
is_prime = [True] * (high + 1)
is_prime[:2] = [False] * 2
for n in range(2, int(high**0.5) + 1):
    if is_prime[n]:
        for multiple in range(n * n, high + 1, n):
            is_prime[multiple] = False
print(sum(is_prime[low:high + 1]))
"""


def count_primes(question: str) -> Solution:
    """The sieve of Eratosthenes."""
    match = re.search(r"between (\d+) and (\d+) \(inclusive\)", question)
    if match is None:
        raise WrongWordingError(question)
    script = filled(_PRIMES, LOW=match[1], HIGH=match[2])
    check = (
        f"def prime(n):\n    return n > 1 and all(n % d for d in range(2, int(n**0.5) + 1))\n\n"
        f"print(int(ANSWER) == sum(prime(n) for n in range({match[1]}, {match[2]} + 1)))"
    )
    return Solution(
        step=Step(remark="Sieve the numbers and count the primes in the range.", script=script),
        remarks=("A sieve is quick and exact.",),
        slips=(
            Slip(
                script=script.replace("int(high**0.5) + 1", "high**0.5"), remedy="range needs whole numbers."
            ),
        ),
        check=Step(remark="I count again by trial division.", script=check),
    )


def fraction_simplification(question: str) -> Solution:
    """By the greatest common divisor, in the notation of the question."""
    match = re.search(r"fraction (\$?\\?[a-z]*\{?)(\d+)(\}?/\{?|\}\{)(\d+)(\}?\$?) to its", question)
    if match is None:
        raise WrongWordingError(question)
    start, top, middle, bottom, end = match.groups()
    script = (
        f"from math import gcd\n\na, b = {top}, {bottom}\nd = gcd(a, b)\n"
        f'print("{_escaped(start)}" + str(a // d) + "{middle}" + str(b // d) + "{end}")'
    )
    check = (
        "import re\nfrom math import gcd\n\na, b = map(int, re.findall(r'\\d+', ANSWER))\n"
        f"print(a * {bottom} == b * {top} and gcd(a, b) == 1)"
    )
    return Solution(
        step=Step(remark="Divide both by their greatest common divisor.", script=script),
        remarks=("gcd gives what can be cancelled.",),
        slips=(Slip(script=script.split("\n", 2)[2], remedy="gcd must be imported from math."),),
        check=Step(remark="The fractions must be equal and nothing left to cancel.", script=check),
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\")


_DICE = """
from fractions import Fraction

dice = $DICE
ways = {0: 1}
for sides in dice:
    new = {}
    for total, count in ways.items():
        for roll in range(1, sides + 1):
            new[total + roll] = new.get(total + roll, 0) + count
    ways = new
good = sum(count for total, count in ways.items() if total >= $LEAST)
print(Fraction(good, sum(ways.values())))
"""


def dice(question: str) -> Solution:
    """Counts the ways to every total."""
    rolled = [(int(n), int(sides)) for n, sides in re.findall(r"(\d+)d(\d+)", question.partition(".")[0])]
    sides = [value for n, value in rolled for _ in range(n)]
    least = found(r"rolling (\d+) or higher", question)
    script = filled(_DICE, DICE=sides, LEAST=least)
    check = (
        f"from fractions import Fraction\nfrom itertools import product\n\ndice = {sides}\n"
        "good = total = 0\nfor roll in product(*[range(1, n + 1) for n in dice]):\n"
        f"    total += 1\n    good += sum(roll) >= {least}\nprint(Fraction(ANSWER) == Fraction(good, total))"
    )
    return Solution(
        step=Step(remark="Count the ways to reach every total, die by die.", script=script),
        remarks=("All rolls are equally likely, so I count them.",),
        slips=(Slip(script=script.split("\n", 2)[2], remedy="Fraction must be imported."),),
        check=Step(remark="I go through all rolls one by one.", script=check),
    )


def decimal_chain_sum(question: str) -> Solution:
    """Decimal keeps all digits."""
    terms = found(r"problem: (.+?)\s*=\s*$", question)
    exact = re.sub(r"\d+(?:\.\d+)?", lambda number: f'D("{number[0]}")', terms)
    script = f"from decimal import Decimal as D\n\nprint({exact})"
    check = (
        "from fractions import Fraction as F\n\n"
        f"print(F(ANSWER) == {re.sub(r'[0-9]+(?:[.][0-9]+)?', lambda n: f'F({n[0]!r})', terms)})"
    )
    return Solution(
        step=Step(remark="Decimals keep every digit.", script=script),
        remarks=("I add up with Decimal, so nothing is rounded.", "No binary fractions here: Decimal."),
        slips=(
            Slip(script=f"print({exact})", remedy="Decimal must be imported."),
            Slip(
                script=script.replace("import Decimal as D", "import decimal as D"),
                remedy="The class is called Decimal.",
            ),
        ),
        check=Step(remark="I check with exact fractions.", script=check),
    )


def decimal_arithmetic(question: str) -> Solution:
    """Rounded half up to the significant digits asked for."""
    digits = int(found(r"maximum of (\d+) significant", question))
    expression = found(r"\n(.+?) = \?", question)
    exact = re.sub(r"\d+(?:\.\d+)?", lambda number: f'D("{number[0]}")', expression)
    script = (
        "from decimal import Decimal as D, ROUND_HALF_UP, getcontext, localcontext\n\n"
        "getcontext().prec = 50\n"
        f"value = {exact}\n"
        f"with localcontext(prec={digits}, rounding=ROUND_HALF_UP):\n    value = +value\n"
        'print(f"{value.normalize():f}")'
    )
    check = (
        "from fractions import Fraction as F\n\n"
        f"exact = {re.sub(r'[0-9]+(?:[.][0-9]+)?', lambda n: f'F({n[0]!r})', expression)}\n"
        f"print(abs(F(ANSWER) - exact) <= abs(exact) * F(1, 10**{digits - 1}))"
    )
    return Solution(
        step=Step(
            remark=f"Compute with many digits, then round to {digits} significant ones.", script=script
        ),
        remarks=("Decimal with a long precision, rounded at the end.",),
        slips=(
            Slip(
                script=script.replace("localcontext\n", "\n").replace(", localcontext", ""),
                remedy="localcontext must be imported as well.",
            ),
        ),
        check=Step(remark="I compare with the exact fraction.", script=check),
    )


def bitwise_arithmetic(question: str) -> Solution:
    """Python's whole numbers have any depth."""
    expression = question.strip().rsplit("\n", 1)[-1]
    if not re.fullmatch(r"[-+*<>&|^~() 0-9a-fx]+", expression):
        raise WrongWordingError(question)
    script = f"print(hex({expression}))"
    return Solution(
        step=Step(
            remark="Python computes with whole numbers of any depth; hex writes the result.", script=script
        ),
        remarks=("hex gives a minus sign for negative values, as asked.", "I let Python evaluate it."),
        slips=(
            Slip(script=f"print(hexa({expression}))", remedy="The function is called hex."),
            Slip(script=f'print(hex("{expression}"))', remedy="hex needs the number, not the text."),
        ),
        check=Step(
            remark="I read the answer back and compare.", script=f"print(int(ANSWER, 16) == {expression})"
        ),
    )


def leg_counting(question: str) -> Solution:
    """Legs by animal, from general knowledge."""
    told = re.findall(r"(\d+) ([a-z ]+?)s?(?=[,?])", question.partition("if you have ")[2])
    animals = [(count, name if name in _LEGS else f"{name}s") for count, name in told]
    unknown = {name for _, name in animals} - _LEGS.keys()
    if not animals or unknown:
        raise WrongWordingError(question)
    legs = {name: _LEGS[name] for _, name in animals}
    counts = {name: int(count) for count, name in animals}
    script = f"legs = {legs}\ncounts = {counts}\nprint(sum(legs[x] * n for x, n in counts.items()))"
    check = f"print(int(ANSWER) == {' + '.join(f'{count} * {_LEGS[name]}' for count, name in animals)})"
    return Solution(
        step=Step(
            remark="Insects have six legs, spiders eight, crabs and lobsters ten, birds and people two.",
            script=script,
        ),
        remarks=("Legs per animal times their number.", "I list the legs of each animal and add up."),
        slips=(
            Slip(
                script=script.replace("counts.items()", "counts"), remedy="Name and number come from items()."
            ),
        ),
        check=Step(remark="I write the sum out.", script=check),
    )


_LEGS = {
    **dict.fromkeys(["snake", "sea slug", "jellyfish", "flatworm", "leech"], 0),
    **dict.fromkeys(["human", "chicken", "bird", "duck"], 2),
    **dict.fromkeys(
        ["dog", "cat", "cow", "horse", "lion", "elephant", "giraffe", "tiger", "deer", "sheep"], 4
    ),
    **dict.fromkeys(["insect", "ant", "butterfly", "beetle", "bee", "wasp", "grasshopper", "cricket"], 6),
    **dict.fromkeys(["cockroach", "praying mantis", "firefly"], 6),
    **dict.fromkeys(["spider", "scorpion"], 8),
    **dict.fromkeys(["crab", "lobster", "shrimp"], 10),
    "starfish": 5,
    "woodlouse": 14,
}


SOLVERS: dict[str, Solver] = {
    "base_conversion": base_conversion,
    "bitwise_arithmetic": bitwise_arithmetic,
    "count_primes": count_primes,
    "decimal_arithmetic": decimal_arithmetic,
    "decimal_chain_sum": decimal_chain_sum,
    "dice": dice,
    "fraction_simplification": fraction_simplification,
    "leg_counting": leg_counting,
}
