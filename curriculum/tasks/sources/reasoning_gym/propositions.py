"""propositional_logic, asked so that it must be read: the strongest conclusion about two of the variables.

The package asks for any conclusion. A disjunction of two variables then follows from three in four of its items,
the premises joined by "and" from all, and anything from the quarter whose premises contradict each other. Here the
premises are consistent, and the answer must say all that they say about two variables and nothing about the others
(logicians call it forgetting the others, or the uniform interpolant). It always depends on both variables, and the
premises about these two alone never give it: copying cannot be right.

A formula is a truth table: an integer whose bit w is the formula's value in world w, where bit i of w is the value
of variable i.
"""

import itertools
import re
from collections.abc import Sequence
from typing import Any

_NOT, _AND, _OR, _IMPLIES, _IFF = "\u00ac\u2227\u2228\u2192\u2194"
_OTHER_SIGNS = {
    **{"<->": _IFF, "<=>": _IFF, "->": _IMPLIES, "=>": _IMPLIES, "/\\": _AND, "\\/": _OR},
    **{"&&": _AND, "||": _OR, "&": _AND, "|": _OR, "~": _NOT, "!": _NOT},
}
_SIGN = re.compile(rf"\s*([A-Z()]|[{_NOT}{_AND}{_OR}{_IMPLIES}{_IFF}])")
_LONGEST = 300
_LOOSEST_FIRST = (_IFF, _IMPLIES, _OR, _AND)
_ASKED = "What can we conclude from the above statements?"
_STRONGEST = """
Which is the strongest conclusion about {0} and {1} alone? Give one formula in which no other variable occurs. It must
follow from the premises, and every other conclusion about {0} and {1} alone must follow from it."""

# The tables of two variables that depend on both, rarest first; of the common ones one item in so many is kept.
_RAREST_FIRST = (0b0110, 0b0111, 0b1101, 0b1011, 0b1001, 0b1110, 0b0001, 0b0010, 0b0100, 0b1000)
_ONE_IN = {0b1000: 6, 0b0100: 3, 0b0010: 3, 0b0001: 2}


def posed(item: dict[str, Any]) -> dict[str, Any] | None:
    """The package's item with our question; None where no two of its variables make one.

    Its metadata gets `about`, the two variables, and our reference as `example_answer`. Of several pairs the one
    with the rarest answer is taken, and of the commonest answers only some items, so that no answer is a good guess.
    """
    meta = item["metadata"]
    fitting = [pair for pair in itertools.combinations(meta["variables"], 2) if _is_asked_for(meta, pair)]
    if not fitting:
        return None
    about = min(fitting, key=lambda pair: _RAREST_FIRST.index(_strongest(meta["premises"], pair)))
    if meta["source_index"] % _ONE_IN.get(_strongest(meta["premises"], about), 1):
        return None
    return {
        **item,
        "question": item["question"].replace(_ASKED, _STRONGEST.format(*about)),
        "metadata": {**meta, "about": list(about), "example_answer": _reference(meta["premises"], about)},
    }


def _is_asked_for(meta: dict[str, Any], about: Sequence[str]) -> bool:
    strongest = _strongest(meta["premises"], about)
    about_these = [p for p in meta["premises"] if set(re.findall("[A-Z]", p)) <= set(about)]
    return strongest in _RAREST_FIRST and strongest != _strongest(about_these, about)


def concludes(item: dict[str, Any], answer: str) -> bool:
    """Whether an answer is the strongest conclusion about the two variables, in any equal form.

    Raises:
        ValueError: The answer is no formula about them.
    """
    meta = item["metadata"]
    return truth_table(answer, meta["about"]) == _strongest(meta["premises"], meta["about"])


def truth_table(formula: str, variables: Sequence[str]) -> int:
    """The formula's value in each of the 2^n worlds of n variables.

    Not binds closest, then and, or, implies (from the right), iff.

    Raises:
        ValueError: It is no formula of these variables, or longer than 300 characters.
    """
    if len(formula) > _LONGEST:
        raise ValueError(f"a formula of {len(formula)} characters is longer than {_LONGEST}")
    for spelled, sign in _OTHER_SIGNS.items():
        formula = formula.replace(spelled, sign)
    signs, end = [], 0
    while match := _SIGN.match(formula, end):
        signs.append(match[1])
        end = match.end()
    if formula[end:].strip():
        raise ValueError(f"{formula[end:][:20]!r} is no part of a formula")
    reader = _Reader(signs, variables)
    value = reader.read(0)
    if reader.signs:
        raise ValueError(f"{reader.signs[0]!r} stands where the formula should end")
    return value


class _Reader:
    """Reads signs from the front; each method gives the truth table of what it took."""

    def __init__(self, signs: list[str], variables: Sequence[str]) -> None:
        self.signs = signs
        num_worlds = 1 << len(variables)
        self._all: int = (1 << num_worlds) - 1
        self._tables = {
            name: sum(1 << world for world in range(num_worlds) if world >> i & 1)
            for i, name in enumerate(variables)
        }

    def read(self, level: int) -> int:
        """A formula whose loosest sign is that of a level, or binds closer."""
        if level == len(_LOOSEST_FIRST):
            return self._close()
        value = self.read(level + 1)
        sign = _LOOSEST_FIRST[level]
        while self.signs and self.signs[0] == sign:
            self.signs.pop(0)
            right = self.read(level if sign == _IMPLIES else level + 1)
            value = self._joined(value, sign, right)
        return value

    def _close(self) -> int:
        if not self.signs:
            raise ValueError("the formula ends too early")
        sign = self.signs.pop(0)
        if sign == _NOT:
            return self._all ^ self._close()
        if sign != "(":
            if sign not in self._tables:
                raise ValueError(f"{sign!r} is none of the variables {', '.join(self._tables)}")
            return self._tables[sign]
        value = self.read(0)
        if not self.signs or self.signs.pop(0) != ")":
            raise ValueError("a bracket is not closed")
        return value

    def _joined(self, left: int, sign: str, right: int) -> int:
        if sign == _AND:
            return left & right
        if sign == _OR:
            return left | right
        return (self._all ^ left) | right if sign == _IMPLIES else self._all ^ left ^ right


def _strongest(premises: Sequence[str], about: Sequence[str]) -> int:
    """Truth table over the variables `about`: true where some world of the premises has these values."""
    others = sorted({name for p in premises for name in re.findall("[A-Z]", p)} - set(about))
    variables = [*about, *others]
    holds = 2**2 ** len(variables) - 1
    for premise in premises:
        holds &= truth_table(premise, variables)
    num_worlds = 1 << len(about)
    return sum(
        1 << world
        for world in range(num_worlds)
        if any(holds >> (world + num_worlds * rest) & 1 for rest in range(2 ** len(others)))
    )


def _reference(premises: Sequence[str], about: Sequence[str]) -> str:
    """The shortest formula of two literals with the table of the strongest conclusion."""
    strongest = _strongest(premises, about)
    literals = [(name, f"{_NOT}{name}") for name in about]
    forms = (
        f"({one} {sign} {other})" for sign in _LOOSEST_FIRST for one in literals[0] for other in literals[1]
    )
    return min((form for form in forms if truth_table(form, about) == strongest), key=len)
