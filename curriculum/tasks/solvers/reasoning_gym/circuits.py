"""Logic as text: drawn circuits, and conclusions about some of the variables."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled, found

_GATES = {
    "&": "int({0})",
    "\u2191": "int(not ({0}))",
    "\u2295": "({1}) % 2",
    "+": "int({2})",
    "\u2193": "int(not ({2}))",
}
"""AND, NAND, XOR, OR, NOR over the inputs: joined by `and`, by `+`, by `or`."""


def _gate(symbol: str, inputs: list[str]) -> str:
    if len(inputs) == 1 or not symbol:
        return f"int({inputs[0]})"
    added = " + ".join(f"({part})" if part.startswith("not") else part for part in inputs)
    return _GATES[symbol].format(" and ".join(inputs), added, " or ".join(inputs))


def circuit_logic(question: str) -> Solution:
    """Wires are followed by their columns; each gate becomes a line of code."""
    diagram = found(r"logic circuit\.\n\n(.+?)\n\n\n?Legend", question, re.DOTALL).split("\n")
    values = dict(re.findall(r"^  (\w+) = ([01])$", question, re.MULTILINE))
    columns = {line.index("\u2510"): line.partition(":")[0] for line in diagram if re.match(r"\w+: ", line)}
    terms: list[tuple[str, list[str]]] = []
    is_open = False
    for line in diagram[len(columns) :]:
        branch = next((n for n, sign in enumerate(line) if sign in "\u251c\u2514" and n in columns), None)
        if branch is None:
            is_open = False
            continue
        rest = re.match(r"[^>&\u2191\u2295]*(>o)?[\u2500\u2502]*(?:([&\u2191\u2295])\2)?", line[branch + 1 :])
        literal = ("not " if rest and rest[1] else "") + columns[branch]
        if not is_open:
            terms.append(("", []))
        terms[-1] = (terms[-1][0] or (rest[2] or "" if rest else ""), [*terms[-1][1], literal])
        is_open = True
    if not terms or not values or set(columns.values()) - values.keys():
        raise WrongWordingError(question)
    end = re.search(r"(\S)\1\u2500+ OUT", "\n".join(diagram))
    lines = [f"{name} = {value}" for name, value in values.items()]
    lines += [f"t{number} = {_gate(symbol, inputs)}" for number, (symbol, inputs) in enumerate(terms, 1)]
    final = end[1] if end and end[1] in _GATES and len(terms) > 1 else ""
    lines.append(f"print({_gate(final, [f't{number}' for number in range(1, len(terms) + 1)])})")
    script = "\n".join(lines)
    return Solution(
        step=Step(
            remark="Follow the wires: each gate becomes one line, the last gate joins them.", script=script
        ),
        remarks=("I read the inputs of every gate off the diagram.", ">o negates an input."),
        slips=(
            Slip(
                script=script.replace("print(int(", "print(integer(").replace("print((", "print(xor(("),
                remedy="There is no such function: plain Python operators do it.",
            ),
        )
        if final
        else (Slip(script=script.replace("print(", "pritn("), remedy="It is spelled print."),),
        explore=Step(remark="First I list the inputs.", script=f"inputs = {values}\nprint(inputs)"),
    )


_CONCLUSION = """
from itertools import product

variables = $VARIABLES
kept = $KEPT
cases = set()
for values in product([True, False], repeat=len(variables)):
    v = dict(zip(variables, values))
    if all([
$PREMISES
    ]):
        cases.add(tuple(v[x] for x in kept))
parts = []
for case in sorted(cases, reverse=True):
    parts.append("(" + " \\u2227 ".join(x if true else "\\u00ac" + x for x, true in zip(kept, case)) + ")")
print(" \\u2228 ".join(parts))
"""
_OPERATORS = {"\u2228": "or", "\u2227": "and", "\u2194": "=="}


def propositional_logic(question: str) -> Solution:
    """Truth table: what the remaining variables can be, case by case."""
    premises = re.findall(r"^\.?\d+\. (.+)$", question, re.MULTILINE)
    kept = found(r"conclusion about ([A-Z](?:(?:, | and )[A-Z])*) alone", question)
    if not premises:
        raise WrongWordingError(question)
    variables = sorted(set(re.findall(r"[A-Z]", " ".join(premises))))
    lines = "\n".join(f"        {_python(premise, question)}," for premise in premises)
    names = re.findall(r"[A-Z]", kept)
    values = {"VARIABLES": variables, "KEPT": names, "PREMISES": lines}
    script = filled(_CONCLUSION, **values)
    return Solution(
        step=Step(
            remark="Make the truth table of the premises and keep what the asked variables can be together.",
            script=script,
        ),
        remarks=("The strongest conclusion says exactly which cases are left.",),
        slips=(Slip(script=script.split("\n", 2)[2], remedy="product must be imported from itertools."),),
    )


def _python(formula: str, question: str) -> str:
    """A formula with all its brackets as Python over `v`."""
    tokens = re.findall(r"[A-Z]|[()\u00ac\u2227\u2228\u2192\u2194]", formula)

    def part() -> str:
        token = tokens.pop(0)
        if token == "\u00ac":
            return f"(not {part()})"
        if token != "(":
            return f"v[{token!r}]"
        left = part()
        sign = tokens.pop(0)
        if sign == ")":
            return left
        right = part()
        if not tokens or tokens.pop(0) != ")":
            raise WrongWordingError(question)
        return f"(not {left} or {right})" if sign == "\u2192" else f"({left} {_OPERATORS[sign]} {right})"

    try:
        text = part()
    except (IndexError, KeyError):
        raise WrongWordingError(question) from None
    if tokens:
        raise WrongWordingError(question)
    return text


SOLVERS: dict[str, Solver] = {"circuit_logic": circuit_logic, "propositional_logic": propositional_logic}
