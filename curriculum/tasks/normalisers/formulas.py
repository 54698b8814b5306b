r"""Values of formulas in LaTeX or plain spelling: read by a parser of our own, never run as code.

Whole numbers and fractions stay exact; roots, pi and functions are computed to 100 digits. Letters get fixed numbers,
so that two formulas in letters can be compared at a few points. Work is bounded whatever the text: its length, the
depth of its brackets, and the size of each intermediate value (`9^{9^{9}}` is refused, not computed).
"""

import random
import re
from collections import Counter
from fractions import Fraction
from typing import NamedTuple

from curriculum.tasks.normalisers import bounded_values as bounded
from curriculum.tasks.normalisers.bounded_values import Value

MAX_LENGTH = 300
_MAX_DEPTH = 24

_TOKEN = re.compile(
    r"(?P<mixed>[0-9]{1,9}\s+[0-9]{1,9}/[0-9]{1,9}(?![0-9.]))"
    r"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:\\overline\{[0-9]{1,9}\}|[eE][-+]?[0-9]{1,3}(?![0-9]))?)"
    r"|(?P<command>\\[A-Za-z]+)|(?P<name>[A-Za-z]+)|(?P<sign>\*\*|[-+*/^!(){}\[\]|_,])|(?P<space>\s+)"
)
_CLOSING = {"(": ")", "[": "]", "{": "}", "|": "|"}
_TIMES = frozenset({"*", r"\cdot", r"\times"})
_OVER = frozenset({"/", r"\div"})
_BINOMIALS = frozenset({"binom", "binomial", "comb"})
_FUNCTIONS = _BINOMIALS | frozenset(
    {"frac", "sqrt", "factorial", "abs", "ln", "log", "exp"}
    | {"sin", "cos", "tan", "sec", "csc", "cot", "arcsin", "arccos", "arctan", "asin", "acos", "atan"}
    | {"sinh", "cosh", "tanh"}
)
_LETTERS = frozenset(
    {"alpha", "beta", "gamma", "delta", "epsilon", "theta", "lambda", "mu", "nu", "rho", "sigma", "tau"}
    | {"phi", "varphi", "omega", "psi"}
)


class Reading(NamedTuple):
    """What a formula says at one choice of numbers for its letters."""

    value: Value
    operations: Counter[str]
    """How many of each kind it asks for: add, multiply, divide, power, root, factorial, binomial, function."""
    letters: frozenset[str]


def reading(text: str, point: int = 0) -> Reading:
    """The formula's value, its letters replaced by the numbers of that point.

    Raises:
        ValueError: If the text is no formula, or one beyond the bounds.
        ArithmeticError: If it has no value, such as 1/0.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError(f"formula of {len(text)} characters, more than {MAX_LENGTH}")
    reader = _Reader(_tokens(text), point)
    value = reader.sum()
    if reader.peek():
        raise ValueError(f"unexpected {reader.peek()!r} in a formula")
    return Reading(value, reader.operations, frozenset(reader.letters))


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"{text[position]!r} is not allowed in a formula")
        position = match.end()
        if match["name"]:
            tokens += _names(match["name"])
        elif not match["space"]:
            tokens.append(match[0])
    return tokens


def _names(run: str) -> list[str]:
    if run in _FUNCTIONS or run == "pi":
        return ["\\" + run]
    if len(run) > 3:
        raise ValueError(f"{run!r} is neither a function nor a product of letters")
    return list(run)


class _Reader:
    """Recursive descent; every method consumes tokens from the front and returns a value."""

    def __init__(self, tokens: list[str], point: int) -> None:
        self.operations: Counter[str] = Counter()
        self.letters: set[str] = set()
        self._tokens = tokens[::-1]
        self._point = point
        self._depth = 0

    def peek(self) -> str:
        return self._tokens[-1] if self._tokens else ""

    def sum(self) -> Value:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ValueError(f"a formula with more than {_MAX_DEPTH} levels of brackets")
        total = self._product()
        while self.peek() in ("+", "-"):
            sign = 1 if self._take() == "+" else -1
            total = bounded.plus(total, bounded.times(Fraction(sign), self._product()))
            self.operations["add"] += 1
        self._depth -= 1
        return total

    def _take(self, expected: str = "") -> str:
        token = self._tokens.pop() if self._tokens else ""
        if not token or (expected and token != expected):
            raise ValueError(f"expected {expected or 'more'!r} in a formula, got {token!r}")
        return token

    def _product(self) -> Value:
        value = self._signed()
        while True:
            if self.peek() in _TIMES:
                self._take()
                factor = self._signed()
            elif self.peek() in _OVER:
                self._take()
                value = self._quotient(value, self._signed())
                continue
            elif self._starts_factor():
                factor = self._power()
            else:
                return value
            self.operations["multiply"] += 1
            value = bounded.times(value, factor)

    def _starts_factor(self) -> bool:
        """Whether the next token multiplies what stands before it; a number never does: `5 6` is no product."""
        token = self.peek()
        return token in ("(", "[", "{") or (
            (token[:1] == "\\" or token.isalpha()) and token not in _TIMES | _OVER
        )

    def _signed(self) -> Value:
        negative = False
        while self.peek() in ("+", "-"):
            negative ^= self._take() == "-"
        return bounded.times(Fraction(-1), self._power()) if negative else self._power()

    def _power(self) -> Value:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ValueError(f"a formula with more than {_MAX_DEPTH} levels of powers")
        value = self._atom()
        while self.peek() == "!":
            self._take()
            value = self._factorial(value)
        if self.peek() in ("^", "**"):
            self._take()
            self.operations["power"] += 1
            value = bounded.power(value, self._signed())
        self._depth -= 1
        return value

    def _atom(self) -> Value:
        token = self._take()
        if token[0].isdigit() or token[0] == ".":
            return self._mixed(token)
        if token in _CLOSING:
            inner = self.sum()
            self._take(_CLOSING[token])
            return abs(inner) if token == "|" else inner
        if token == r"\pi":
            return bounded.PI
        if token in ("e", "i"):
            return bounded.E if token == "e" else bounded.IMAGINARY_UNIT
        if token[1:] in _FUNCTIONS:
            return self._function(token[1:])
        if token.isalpha() or token[1:] in _LETTERS:
            return self._letter(token)
        raise ValueError(f"{token!r} is not allowed in a formula")

    def _mixed(self, token: str) -> Fraction:
        r"""A number, or a whole number with a fraction after it, as in `2 1/3` or `2\frac13`."""
        whole, _, rest = token.partition(" ")
        if rest:
            top, bottom = rest.strip().split("/")
            return int(whole) + Fraction(int(top), int(bottom))
        value = _decimal(token)
        if token.isdigit() and self.peek() == r"\frac":
            following = "".join(self._tokens[-2:-9:-1])
            if re.match(r"(?:\{[0-9]+\}|[0-9])(?:\{[0-9]+\}|[0-9]+)", following):
                before = self.operations.copy()
                self._take()
                value += self._function("frac")
                self.operations = before
        return value

    def _letter(self, token: str) -> Fraction:
        if self.peek() == "_":
            self._take()
            braced = self.peek() == "{"
            token += "_" + self._take("{" if braced else "")
            while braced and token[-1] != "}":
                token += self._take()
        self.letters.add(token)
        numbers = random.Random(f"{token}/{self._point}")
        return Fraction(numbers.randint(101, 997), numbers.randint(211, 499)) * numbers.choice((1, 1, -1))

    def _argument(self) -> Value:
        """What a LaTeX command applies to: a group, or one digit or letter."""
        token = self.peek()
        if token.isdigit() and len(token) > 1:
            self._tokens[-1] = token[1:]
            return Fraction(int(token[0]))
        return self._atom()

    def _function(self, name: str) -> Value:
        special = {"frac": self._fraction, "sqrt": self._square_root, "factorial": self._factorial_of}
        if name in special:
            return special[name]()
        if name in _BINOMIALS:
            self.operations["binomial"] += 1
            return bounded.binomial(*self._two_arguments())
        self.operations["function"] += 1
        base, exponent = None, None
        if name == "log" and self.peek() == "_":
            self._take()
            base = self._argument()
        if self.peek() == "^":
            self._take()
            exponent = self._argument()
        value = bounded.applied(name, self._power(), base)
        return value if exponent is None else bounded.power(value, exponent)

    def _fraction(self) -> Value:
        return self._quotient(self._argument(), self._argument())

    def _square_root(self) -> Value:
        self.operations["root"] += 1
        index = self._atom() if self.peek() == "[" else Fraction(2)
        return bounded.root(self._argument(), index)

    def _factorial_of(self) -> Value:
        return self._factorial(self._atom())

    def _two_arguments(self) -> tuple[Value, Value]:
        if self.peek() != "(":
            return self._argument(), self._argument()
        self._take()
        top = self.sum()
        self._take(",")
        bottom = self.sum()
        self._take(")")
        return top, bottom

    def _quotient(self, top: Value, bottom: Value) -> Value:
        self.operations["divide"] += 1
        return bounded.over(top, bottom)

    def _factorial(self, value: Value) -> Fraction:
        self.operations["factorial"] += 1
        return bounded.factorial(value)


def _decimal(token: str) -> Fraction:
    plain, _, repeated = token.removesuffix("}").partition(r"\overline{")
    value = Fraction(plain.removesuffix(".") if plain != "." else "0")
    if repeated:
        decimals = len(plain.partition(".")[2])
        value += Fraction(int(repeated), (10 ** len(repeated) - 1) * 10**decimals)
    return value
