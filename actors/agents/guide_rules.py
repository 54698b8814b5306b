"""What a guide says, read by rules, and how much a script computes."""

import ast
import re
from enum import StrEnum


class Advice(StrEnum):
    """What a guide wants next."""

    CODE = "code"
    TEXT = "text"
    DONE = "done"


_WORD = re.compile(r"\b(CODE|TEXT|DONE)\b")
_LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_BRANCHES = (ast.If, ast.IfExp, ast.Compare, ast.BoolOp)
_ARITHMETIC = (ast.BinOp, ast.AugAssign)
PLAIN_SCORE = 2
"""A script that scores less computes next to nothing: it prints what was worked out elsewhere."""


def advice_in(text: str) -> Advice | None:
    """The first of the words CODE, TEXT and DONE in capitals; None if there is none."""
    found = _WORD.search(text)
    return Advice(found[1].lower()) if found else None


def complexity(script: str) -> int:
    """How much a script computes: 3 for each loop or comprehension, 2 for each function or import, else 1.

    Branches, comparisons, arithmetic and calls other than `print` count 1 each. After the symbolic-computing check of
    CodeSteer (arXiv 2502.04350), with a syntax tree in place of a search for words. A script that is no Python scores
    0: its error will say more than a score.
    """
    try:
        tree = ast.parse(script)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0
    return sum(_score(node) for node in ast.walk(tree))


def _score(node: ast.AST) -> int:
    if isinstance(node, _LOOPS):
        return 3
    if isinstance(node, ast.FunctionDef | ast.Import | ast.ImportFrom):
        return 2
    if isinstance(node, ast.Call):
        return int(not (isinstance(node.func, ast.Name) and node.func.id == "print"))
    return int(isinstance(node, _BRANCHES + _ARITHMETIC))
