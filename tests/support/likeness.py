"""Three ways to see that two families ask the same: by their rules, by one program, by their wording."""

import ast
import collections
import itertools
import math
import operator
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from curriculum.task import Task
from curriculum.tasks.checkers import check
from curriculum.tasks.payloads import decode_payload, encode_payload

Families = Mapping[str, Sequence[Task]]
Pair = tuple[str, str]


def alike_by_rule(families: Families) -> dict[Pair, float]:
    """Pairs (judge, judged) and the share of the second's answers that the first's rule calls right.

    The rule gets the facts of the judged task, under whatever names they have there, without the reference answer:
    only rules that carry an answer out can say yes. An answer to the next task must be wrong.
    """
    found = {}
    for judge, judged in itertools.permutations(families, 2):
        rule = families[judge][0]
        rows = [(*_facts(task), task) for task in families[judged]]
        rows = [row for row in rows if row[1] is not None]
        right = wrong = 0
        if not any(
            check(_with_facts(rule, facts, task.question), str(answer)) for facts, answer, task in rows[:2]
        ):
            continue
        for (facts, answer, task), (_, other, _) in zip(rows, rows[1:] + rows[:1], strict=True):
            asked = _with_facts(rule, facts, task.question)
            right += check(asked, str(answer))
            wrong += other != answer and check(asked, str(other))
        if right > wrong:
            found[judge, judged] = right / len(rows)
    return found


_REFERENCES = frozenset({"solution"})  # facts that are the answer once more


def _facts(task: Task) -> tuple[dict[str, Any], str | None]:
    payload = decode_payload(task.payload)
    answer = payload.pop("answer", None)
    facts = (payload["metadata"] or {}) if task.source == "reasoning_gym" else payload
    return {name: value for name, value in facts.items() if name not in _REFERENCES}, answer


def _with_facts(rule: Task, facts: dict[str, Any], question: str) -> Task:
    payload: dict[str, Any] = {**facts, "answer": None}
    if rule.source == "reasoning_gym":
        own = decode_payload(rule.payload)
        payload = {**own, "answer": None, "metadata": facts, "question": question}
    return rule.model_copy(update={"payload": encode_payload(payload), "question": question})


_OPERATORS: dict[type[ast.operator], Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_SUM = re.compile(r"[-(]*\d[\d.\s()*/+-]*[+*/-][\d.\s()*/+-]*\d\)*")


def answers_by_evaluation(families: Families) -> dict[str, float]:
    """Share of each family's tasks that one program answers: evaluate the longest expression in the question."""
    shares = {}
    for name, tasks in families.items():
        shares[name] = sum(check(task, _evaluated(task.question)) for task in tasks) / len(tasks)
    return shares


def _evaluated(question: str) -> str | None:
    found = max(_SUM.findall(question.replace("\u00d7", "*")), key=len, default=None)
    try:
        value = None if found is None else _value(ast.parse(found.strip(), mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError):
        return None
    if value is None:
        return None
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.12g}"


def _value(node: ast.expr) -> Fraction:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return Fraction(str(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return Fraction(_OPERATORS[type(node.op)](_value(node.left), _value(node.right)))
    raise ValueError("no arithmetic of four operators")


_FEWEST_WORDS = 6  # fewer say nothing: `how many are there`


def alike_by_wording(families: Families) -> dict[Pair, float]:
    """Cosine of the words that at least six in ten questions of a family share, rare words counting more.

    What is said of the answer's form, which is ours and the same for many families, does not count.
    """
    fixed = {name: _fixed_words(tasks) for name, tasks in families.items()}
    in_families = collections.Counter(word for words in fixed.values() for word in words)
    weight = {word: math.log(len(families) / count) for word, count in in_families.items()}

    def length(words: set[str]) -> float:
        return math.sqrt(sum(weight[word] ** 2 for word in words))

    found = {}
    for one, other in itertools.combinations(sorted(fixed), 2):
        lengths = length(fixed[one]) * length(fixed[other])
        common = fixed[one] & fixed[other]
        if lengths and len(common) >= _FEWEST_WORDS:
            found[one, other] = sum(weight[word] ** 2 for word in common) / lengths
    return found


def _fixed_words(tasks: Sequence[Task]) -> set[str]:
    asked = [
        task.question.rpartition("\n\n")[0] if "<<<" in task.question else task.question for task in tasks
    ]
    counts = collections.Counter(w for text in asked for w in set(re.findall(r"[a-z]{2,}", text.casefold())))
    return {word for word, count in counts.items() if count >= 0.6 * len(tasks)}
