"""New operator: operators with made-up definitions, and an expression of them to work out.

The published text does not say which of two operators in a row comes first, and in those items (20 of 40) the stored
answer leaves one operator out, so that no order gives it. Here the order is stated; a published item is right in either
order.
"""

import random
import re
from fractions import Fraction
from typing import Any, Literal, TypedDict

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers import number
from curriculum.tasks.normalisers.agreement import is_same_but_for_floats
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

_SYMBOLS = ("~", "&", "@", "#", "%")
_DRAWS = 100
_MAX_VALUE = 1_000_000
_MAX_DENOMINATOR = 200
_TOLERANCE = Fraction(1, 2000)
"""Of values that are not whole: three decimal places."""

_TOKEN = re.compile(r"[0-9]+|\S")
_PUBLISHED_EXPRESSION = re.compile(r"^Calculate (.+)\.$", re.MULTILINE)
_SUM = re.compile(r"(\d+)\*a\+(\d+)\*b")
_PRODUCT = re.compile(r"(\d+)\*a\*b")


class Operator(TypedDict):
    """`sum` is p*a + q*b, `product` is p*a*b, `quotient` is (p*a + q*b)/b."""

    kind: Literal["sum", "product", "quotient"]
    p: int
    q: int


class NewOperator:
    """Expressions of operators with definitions of their own."""

    name = "new_operator"
    capability: Capability = "math"
    levels: tuple[dict[str, Any], ...] = (
        {"num_operators": 1, "num_operands": 3, "max_number": 10, "lowest_factor": 1},
        {"num_operators": 3, "num_operands": 4, "max_number": 10, "lowest_factor": 1},
        {"num_operators": 3, "num_operands": 5, "max_number": 12, "lowest_factor": -5},
        {"num_operators": 4, "num_operands": 7, "max_number": 12, "lowest_factor": -5},
        {"num_operators": 5, "num_operands": 10, "max_number": 15, "lowest_factor": -5},
    )

    def generate(
        self,
        rng: random.Random,
        *,
        num_operators: int,
        num_operands: int,
        max_number: int,
        lowest_factor: int,
    ) -> Item:
        """An item with random definitions and a random expression.

        Args:
            rng: Source of all randomness.
            num_operators: Operators defined.
            num_operands: Numbers in the expression.
            max_number: The greatest of them is at most this.
            lowest_factor: Factors in the definitions go from this to 5, without 0.
        """
        require_between("num_operators", num_operators, 1, len(_SYMBOLS))
        require_between("num_operands", num_operands, 2, 20)
        require_between("max_number", max_number, 2, 100)
        require_between("lowest_factor", lowest_factor, -5, 4)
        symbols = rng.sample(_SYMBOLS, num_operators)
        for draw in range(_DRAWS):
            # Sums of positive numbers always have a value: the last draw ends the search.
            is_last = draw == _DRAWS - 1
            operators = {symbol: _random_operator(rng, 1 if is_last else lowest_factor) for symbol in symbols}
            if is_last:
                operators = {symbol: Operator(kind="sum", p=1, q=2) for symbol in symbols}
            expression = _random_expression(rng, symbols, num_operands, max_number)
            if is_last or _is_handy(expression, operators):
                break
        return _item(_question(expression, operators), expression, operators, is_order_stated=True)

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the text is the value: exactly if it is whole, else as a fraction or to three decimal places."""
        found = number(answer)
        orders = (True,) if facts["is_order_stated"] else (True, False)
        values = [value_of(facts["expression"], facts["operators"], from_left=order) for order in orders]
        return found is not None and any(
            is_same_but_for_floats(found, value)
            or (value.denominator > 1 and abs(found - value) <= _TOLERANCE)
            for value in values
        )

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file."""
        definitions = row["solution"]["operator_definitions"]
        match = _PUBLISHED_EXPRESSION.search(row["question"])
        if match is None:
            raise ValueError("the published question has no expression to calculate")
        operators = {symbol: _published_operator(text) for symbol, text in definitions.items()}
        return _item(row["question"], match[1], operators, is_order_stated=False)


def value_of(expression: str, operators: dict[str, Operator], *, from_left: bool) -> Fraction:
    """Value of an expression; outside brackets the operators are applied from the left, or else from the right.

    Raises:
        ZeroDivisionError: If it divides by zero.
    """
    open_groups: list[list[Any]] = [[]]
    for token in _TOKEN.findall(expression):
        if token == "(":
            open_groups.append([])
        elif token == ")":
            group = open_groups.pop()
            open_groups[-1].append(_group_value(group, operators, from_left))
        else:
            open_groups[-1].append(Fraction(token) if token.isdigit() else token)
    return _group_value(open_groups[0], operators, from_left)


def _group_value(parts: list[Any], operators: dict[str, Operator], from_left: bool) -> Fraction:
    values: list[Fraction] = parts[0::2]
    symbols: list[str] = parts[1::2]
    while symbols:
        place = 0 if from_left else len(symbols) - 1
        values[place : place + 2] = [_applied(operators[symbols.pop(place)], *values[place : place + 2])]
    return values[0]


def _applied(operator: Operator, a: Fraction, b: Fraction) -> Fraction:
    p, q = operator["p"], operator["q"]
    if operator["kind"] == "product":
        return p * a * b
    return p * a + q * b if operator["kind"] == "sum" else (p * a + q * b) / b


def _published_operator(definition: str) -> Operator:
    total, product = _SUM.fullmatch(definition), _PRODUCT.fullmatch(definition)
    if total:
        return Operator(kind="sum", p=int(total[1]), q=int(total[2]))
    if product:
        return Operator(kind="product", p=int(product[1]), q=0)
    if definition != "(a + b)/b":
        raise ValueError(f"unknown kind of definition: {definition!r}")
    return Operator(kind="quotient", p=1, q=1)


def _random_operator(rng: random.Random, lowest_factor: int) -> Operator:
    factors = [factor for factor in range(lowest_factor, 6) if factor]
    kinds: tuple[Literal["sum", "product", "quotient"], ...] = ("sum", "sum", "product", "quotient")
    return Operator(kind=rng.choice(kinds), p=rng.choice(factors), q=rng.choice(factors))


def _random_expression(rng: random.Random, symbols: list[str], num_operands: int, max_number: int) -> str:
    if num_operands == 1:
        return str(rng.randint(1, max_number))
    num_left = rng.randint(1, num_operands - 1)
    left = _random_expression(rng, symbols, num_left, max_number)
    right = _random_expression(rng, symbols, num_operands - num_left, max_number)
    # To the left of an operator, brackets change nothing: now and then they are left out.
    left = left if num_left == 1 or rng.random() < 0.6 else f"({left})"
    right = right if num_operands - num_left == 1 else f"({right})"
    return f"{left} {rng.choice(symbols)} {right}"


def _is_handy(expression: str, operators: dict[str, Operator]) -> bool:
    """Whether there is a value, and one that can be written down."""
    try:
        value = value_of(expression, operators, from_left=True)
    except ZeroDivisionError:
        return False
    return abs(value) <= _MAX_VALUE and value.denominator <= _MAX_DENOMINATOR


def _item(question: str, expression: str, operators: dict[str, Operator], *, is_order_stated: bool) -> Item:
    return Item(
        question=question,
        answer=str(value_of(expression, operators, from_left=True)),
        facts={"expression": expression, "operators": operators, "is_order_stated": is_order_stated},
    )


def _definition(operator: Operator) -> str:
    if operator["kind"] == "product":
        return f"{operator['p']}*a*b"
    total = f"{operator['p']}*a {'+' if operator['q'] > 0 else '-'} {abs(operator['q'])}*b"
    return total if operator["kind"] == "sum" else f"({total}) / b"


def _question(expression: str, operators: dict[str, Operator]) -> str:
    lines = "\n".join(f"a {symbol} b = {_definition(operator)}" for symbol, operator in operators.items())
    return f"""Some operators are defined for this task, where a is the value to the left of the operator and b the \
value to its right, and + - * / mean what they always do:

{lines}

Work out this expression:

{expression}

What is in brackets is worked out first. Apart from that all operators have the same rank and are applied strictly \
from left to right: of two operators in a row the left one comes first, and its value is the a of the right one.

Answer with the exact value, a whole number or a fraction in the form p/q, as <<<value>>>. If the value is not whole, \
a decimal number with at least three decimal places will do as well."""


FAMILY = NewOperator()
