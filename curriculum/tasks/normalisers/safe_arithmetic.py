"""Exact value of an arithmetic expression written by a model: its syntax tree is walked, nothing is run."""

import ast
import operator
import re
from collections.abc import Callable
from fractions import Fraction

_MAX_LENGTH = 300
"""Characters; enough for some thirty numbers."""
_OPERATORS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def expression_value(text: str, *, max_length: int = _MAX_LENGTH) -> tuple[Fraction, tuple[int, ...]]:
    """Value of an expression of whole numbers, + - * / and brackets, with the numbers it uses in order.

    Args:
        text: The expression.
        max_length: Characters; a longer text is refused.

    Raises:
        ValueError: If it holds anything else, or is longer or nested deeper than any honest answer.
        ZeroDivisionError: If it divides by zero.
    """
    if len(text) > max_length:
        raise ValueError(f"expression of {len(text)} characters, more than {max_length}")
    numbers: list[int] = []
    try:
        value = _value(ast.parse(text.strip(), mode="eval").body, numbers)
    except (SyntaxError, MemoryError, RecursionError) as error:
        raise ValueError(f"not an expression: {error}") from error
    return value, tuple(numbers)


def decimal_value(text: str) -> Fraction | None:
    """Exact value of an expression of decimal numbers, such as `1.5*(2.25-0.1)`; None if it is none."""
    # Each decimal becomes a quotient of whole numbers, in brackets of its own.
    quotients = re.sub(
        r"([0-9]+)\.([0-9]+)", lambda m: f"({int(m[1] + m[2])}/1{'0' * len(m[2])})", text.strip()
    )
    try:
        return expression_value(quotients, max_length=4 * _MAX_LENGTH)[0]
    except (ValueError, ZeroDivisionError):
        return None


def _value(node: ast.expr, numbers: list[int]) -> Fraction:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        numbers.append(node.value)
        return Fraction(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, numbers)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _value(node.left, numbers), _value(node.right, numbers)
        return _OPERATORS[type(node.op)](left, right)
    raise ValueError(f"{type(node).__name__} is not allowed in an arithmetic answer")
