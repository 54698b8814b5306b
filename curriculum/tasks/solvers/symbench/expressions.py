"""Expressions that are looked for, and expressions that are worked out."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled, found

_ANY_ORDER = """
import random

random.seed(0)
numbers = $NUMBERS
target = $TARGET

def search(items):
    if len(items) == 1:
        return items[0][1] if abs(items[0][0] - target) < 1e-9 else None
    for i in range(len(items)):
        for j in range(len(items)):
            if i == j:
                continue
            (a, x), (b, y) = items[i], items[j]
            rest = [items[k] for k in range(len(items)) if k not in (i, j)]
            made = [(a - b, f"({x} - {y})")]
            if i < j:
                made += [(a + b, f"({x} + {y})"), (a * b, f"({x} * {y})")]
            if abs(b) > 1e-9:
                made.append((a / b, f"({x} / {y})"))
            for item in made:
                full = search(rest + [item])
                if full:
                    return full
    return None

while True:
    items = [(n, str(n)) for n in numbers]
    random.shuffle(items)
    # With many numbers, join some first: the search below is for five at most.
    while len(items) > 5:
        (a, x), (b, y) = items.pop(), items.pop()
        items.insert(0, random.choice([(a + b, f"({x} + {y})"), (a - b, f"({x} - {y})")]))
    full = search(items)
    if full:
        break
print(full[1:-1])
"""
_EVALUATED = """
import re
from fractions import Fraction

answer = ANSWER
used = [int(x) for x in re.findall(r"\\\\d+", answer)]
value = eval(re.sub(r"(\\\\d+)", r"Fraction(\\\\1)", answer))
print($SAME and value == $TARGET)
"""


def game24(question: str) -> Solution:
    """Joins two numbers at a time."""
    target = int(found(r"with the value (\d+)", question))
    numbers = [int(x) for x in found(r"no other number:\n\n([\d, ]+)\n", question).split(",")]
    script = filled(_ANY_ORDER, NUMBERS=numbers, TARGET=target)
    if len(numbers) <= 5:
        start = script.index("while True:")
        script = (
            script[:start].replace("import random\n\nrandom.seed(0)\n", "")
            + "print(search([(n, str(n)) for n in numbers])[1:-1])"
        )
    check = filled(_EVALUATED.replace("\\\\", "\\"), SAME=f"sorted(used) == {sorted(numbers)}", TARGET=target)
    return Solution(
        step=Step(
            remark="Join two of the numbers at a time by every operator until one value is left.",
            script=script,
        ),
        remarks=(
            "A recursive search over pairs of numbers.",
            "I try to combine two numbers, then two of what is left, and so on.",
        ),
        slips=(
            Slip(
                script=script.replace("if abs(b) > 1e-9:", "if True:").replace("[(a - b,", "[(a / (b - b),"),
                remedy="Division by zero must be left out.",
            ),
            Slip(
                script=script.replace("[(n, str(n)) for n in numbers]", "numbers"),
                remedy="Each item is a value with its text.",
            ),
        ),
        check=Step(remark="I evaluate the expression exactly and compare the numbers used.", script=check),
    )


_IN_ORDER = """
from fractions import Fraction

numbers = $NUMBERS
target = Fraction($TARGET)
n = len(numbers)
made = {(i, i + 1): {Fraction(x): str(x)} for i, x in enumerate(numbers)}
for size in range(2, n):
    for i in range(n - size + 1):
        values = made[i, i + size] = {}
        for k in range(i + 1, i + size):
            for a, x in made[i, k].items():
                for b, y in made[k, i + size].items():
                    values.setdefault(a + b, f"({x} + {y})")
                    values.setdefault(a - b, f"({x} - {y})")
                    values.setdefault(a * b, f"({x} * {y})")
                    if b:
                        values.setdefault(a / b, f"({x} / {y})")
                if len(values) > $MOST:
                    break
found = []
for k in range(1, n):
    right = made[k, n]
    for a, x in made[0, k].items():
        needs = [(target - a, "+"), (a - target, "-")]
        if a:
            needs += [(target / a, "*"), (a / target, "/")]
        found += [f"{x} {sign} {right[b]}" for b, sign in needs if b in right]
print(min(found, key=len))
"""
_IN_ORDER_SLOW = """
from itertools import product

numbers = $NUMBERS
for depth in range(100):
    for signs in product("+-*/", repeat=len(numbers) - 1):
        for brackets in product(["", "(", ")"], repeat=2 * len(numbers)):
            text = ""
            for i, number in enumerate(numbers):
                text += brackets[2 * i] + str(number) + brackets[2 * i + 1] + (signs + ("",))[i]
            try:
                if eval(text) == $TARGET:
                    print(text)
                    raise SystemExit
            except (SyntaxError, ZeroDivisionError, TypeError):
                pass
"""


def combinatorial_calculation(question: str) -> Solution:
    """Values of all stretches of the row, short ones first."""
    match = re.search(r"numbers in a row: ([\d ]+)\n", question)
    if match is None:
        raise WrongWordingError(question)
    numbers = [int(x) for x in match[1].split()]
    target = int(found(r"with the value (-?\d+):", question))
    script = filled(_IN_ORDER, NUMBERS=numbers, TARGET=target, MOST=4000)
    check = filled(_EVALUATED.replace("\\\\", "\\"), SAME=f"used == {numbers}", TARGET=target)
    return Solution(
        step=Step(remark="Compute all values of shorter stretches first and join neighbours.", script=script),
        remarks=("For every stretch of the row I keep its possible values with their expressions.",),
        slips=(
            Slip(
                script=script.replace("made[k, i + size].items()", "made[k].items()"),
                remedy="The stretches are keyed by both ends.",
            ),
            Slip(script=script.split("\n", 2)[2], remedy="Fraction must be imported."),
        ),
        slow=Slip(
            script=filled(_IN_ORDER_SLOW, NUMBERS=numbers, TARGET=target),
            remedy="Far too many ways to set brackets: build values of stretches instead.",
        )
        if len(numbers) >= 5
        else None,
        check=Step(
            remark="I evaluate the expression exactly; the numbers must stand in order.", script=check
        ),
    )


_NAMES = "fghkpquvw"


def new_operator(question: str) -> Solution:
    """A function per operator; the expression becomes nested calls."""
    definitions = re.findall(r"^a (\S) b = (.+)$", question, re.MULTILINE)
    expression = found(r"Work out this expression:\n\n(.+)\n", question)
    names = {symbol: _NAMES[n] for n, (symbol, _) in enumerate(definitions)}
    if not names:
        raise WrongWordingError(question)
    functions = "\n".join(f"def {names[symbol]}(a, b):\n    return {body}\n" for symbol, body in definitions)
    call = _nested(expression, names, question)
    head = "from fractions import Fraction as F"
    script = f"{head}\n\n{functions}\nprint({call})"
    symbols = dict(definitions)
    check = "\n".join(
        [
            "import re",
            "from fractions import Fraction",
            "",
            f"rules = {symbols}",
            f"text = {expression!r}",
            "while not re.fullmatch(r'-?\\d+(/\\d+)?', text):",
            "    inner = re.search(r'\\(([^()]*)\\)', text)",
            "    part = inner[1] if inner else text",
            "    tokens = part.split()",
            "    value = Fraction(tokens[0])",
            "    for sign, b in zip(tokens[1::2], tokens[2::2]):",
            "        value = Fraction(eval(rules[sign], {'a': value, 'b': Fraction(b)}))",
            "    text = text.replace(inner[0], str(value)) if inner else str(value)",
            "print(Fraction(ANSWER) == Fraction(text))",
        ]
    )
    return Solution(
        step=Step(
            remark="Define the operators as functions and nest the calls from left to right.", script=script
        ),
        remarks=(
            "Each operator becomes a function of a and b.",
            "I write the expression as function calls with fractions.",
        ),
        slips=(
            Slip(script=f"{functions}\nprint({call})", remedy="Fraction must be imported."),
            Slip(
                script=script.replace("F(", "Fraction("),
                remedy="Fraction was imported under the name F.",
            ),
        ),
        check=Step(remark="I work the brackets out one by one from the text.", script=check),
    )


def _nested(expression: str, names: dict[str, str], question: str) -> str:
    """`(7 @ 2) # 3` as `g(f(F(7), F(2)), F(3))`: operators apply from left to right."""
    stack: list[list[str]] = [[]]
    for token in re.findall(r"\d+|[()]|\S", expression):
        if token == "(":
            stack.append([])
        elif token == ")":
            (value,) = stack.pop()
            stack[-1].append(value)
        elif token.isdigit():
            stack[-1].append(f"F({token})")
        elif token in names:
            stack[-1].append(token)
        else:
            raise WrongWordingError(question)
        if len(stack[-1]) == 3:
            left, sign, right = stack[-1]
            stack[-1] = [f"{names[sign]}({left}, {right})"]
    return stack[0][0]


def number_multiply(question: str) -> Solution:
    """Python's whole numbers have no limit."""
    product = found(r"last digit:\n\n(.+)\n", question)
    script = f"print({product})"
    numbers = re.findall(r"-?\d+", product)
    divided = "".join(f" // {n}" if not n.startswith("-") else f" // ({n})" for n in numbers[:-1])
    check = "\n".join(
        [
            "answer = int(ANSWER)",
            f"whole = answer % ({numbers[0]}) == 0",
            f"print(whole and answer{divided} == {numbers[-1]})",
        ]
    )
    return Solution(
        step=Step(remark="Python multiplies whole numbers exactly.", script=script),
        remarks=("I let Python compute the product.", "No rounding happens with whole numbers."),
        slips=(
            Slip(script=f"pritn({product})", remedy="It is spelled print."),
            Slip(script=f"print({product}", remedy="The bracket must be closed."),
        ),
        check=Step(remark="I divide the factors out again.", script=check),
    )


SOLVERS: dict[str, Solver] = {
    "combinatorial_calculation": combinatorial_calculation,
    "game24": game24,
    "new_operator": new_operator,
    "number_multiply": number_multiply,
}
