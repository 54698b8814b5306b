"""Whether a script tests a value: read from its syntax tree, never run. Pure.

A script *holds* a value in a literal that equals it: text or a structure anywhere; a bare number only where a name is
bound to it once, or as a side of a comparison that is asserted, printed or branched on outside of any loop or function,
since small numbers stand in scripts for many reasons. What is computed from a held value is *derived* from it. The
script *tests* the value if something held or derived is compared or asserted, or if something derived by an operation
or a call is printed (the value put into the equation).
"""

import ast
from collections import Counter
from collections.abc import Iterator

_MOST_CHARS = 20_000
_MOST_ROUNDS = 20
_FORMATTING = frozenset({"print", "str", "repr", "format", "int", "float"})
_OPERATIONS = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Call)
_SCOPES = (
    ast.FunctionDef,
    ast.Lambda,
    ast.For,
    ast.While,
    ast.ListComp,
    ast.SetComp,
    ast.GeneratorExp,
    ast.DictComp,
)
Canonical = float | str | tuple["Canonical", ...]


def has_test_of(script: str, value: str) -> bool:
    """Whether `script` holds `value` (an answer's text) and tests it; False for what is no Python."""
    wanted = canonical(value)
    if len(script) > _MOST_CHARS or wanted == "":
        return False
    try:
        tree = ast.parse(script)
        return _Reading(tree, wanted).has_test()
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def canonical(value: object) -> Canonical:
    """A value in a form that its spellings share: numbers as floats, sequences as tuples, text without odd spaces."""
    if isinstance(value, str):
        text = " ".join(value.split())
        try:
            read = ast.literal_eval(text)
        except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
            return text.casefold()
        # Text that is a literal of text is left as it is: `'a'` is not `a`.
        return text.casefold() if isinstance(read, str) else canonical(read)
    if isinstance(value, list | tuple):
        return tuple(canonical(part) for part in value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return str(value)
    return " ".join(str(value).split()).casefold()


class _Reading:
    """One script, read for one value."""

    def __init__(self, tree: ast.Module, wanted: Canonical) -> None:
        self._nodes = list(ast.walk(tree))
        self._literals = {id(n) for n in self._nodes if isinstance(n, ast.expr) and _equals(n, wanted)}
        is_number = isinstance(wanted, float)
        bare = (
            {id(n) for n in self._nodes if id(n) in self._literals and not _is_text(n)}
            if is_number
            else set()
        )
        self._held = self._literals - bare
        self._names = _bound_once(self._nodes, bare)
        self._derived: set[str] = set()
        self._asked = bare & {id(side) for node in tree.body for side in _sides_asked(node)}
        self._spread()

    def has_test(self) -> bool:
        """Whether something held or derived is compared, asserted, or printed after an operation."""
        if self._asked:
            return True
        for node in self._nodes:
            if isinstance(node, ast.Compare | ast.Assert) and self._touches(node):
                return True
            if any(self._is_derived(part) for part in _printed(node)):
                return True
        return False

    def _touches(self, node: ast.AST) -> bool:
        return any(
            id(part) in self._held
            or (isinstance(part, ast.Name) and (part.id in self._names or part.id in self._derived))
            for part in ast.walk(node)
        )

    def _is_derived(self, node: ast.AST) -> bool:
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and part.id in self._derived:
                return True
            is_formatting = isinstance(part, ast.Call) and _name_of(part.func) in _FORMATTING
            is_operation = isinstance(part, _OPERATIONS) and not is_formatting
            if is_operation and id(part) not in self._literals and self._touches(part):
                return True
        return False

    def _spread(self) -> None:
        """Names that are computed from held ones, until no more are found."""
        functions = {n.name: n for n in self._nodes if isinstance(n, ast.FunctionDef)}
        flows = [flow for node in self._nodes for flow in _flows(node, functions)]
        for _ in range(_MOST_ROUNDS if self._held or self._names else 0):
            before = len(self._names) + len(self._derived)
            for target, source in flows:
                if self._touches(source):
                    is_same = isinstance(source, ast.Name) or id(source) in self._held
                    (self._names if is_same else self._derived).add(target)
            if before == len(self._names) + len(self._derived):
                return


def _printed(node: ast.AST) -> list[ast.expr]:
    return node.args if isinstance(node, ast.Call) and _name_of(node.func) == "print" else []


def _equals(node: ast.expr, wanted: Canonical) -> bool:
    if not isinstance(node, ast.Constant | ast.UnaryOp | ast.List | ast.Tuple | ast.Dict | ast.Set):
        return False
    try:
        return canonical(ast.literal_eval(node)) == wanted
    except (ValueError, TypeError, RecursionError, MemoryError):
        return False


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _bound_once(nodes: list[ast.AST], literals: set[int]) -> set[str]:
    """Names that are bound to one of `literals` and never again."""
    bindings = Counter(n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return {
        target.id
        for node in nodes
        if isinstance(node, ast.Assign) and id(node.value) in literals
        for target in node.targets
        if isinstance(target, ast.Name) and bindings[target.id] == 1
    }


def _sides_asked(statement: ast.stmt) -> Iterator[ast.expr]:
    """Sides of comparisons that a statement of the script itself asserts, prints or branches on."""
    if isinstance(statement, ast.Assert | ast.If):
        roots: list[ast.AST] = [statement.test]
    else:
        roots = list(_printed(statement.value)) if isinstance(statement, ast.Expr) else []
    while roots:
        node = roots.pop()
        if isinstance(node, ast.Compare):
            yield from (node.left, *node.comparators)
        roots += [child for child in ast.iter_child_nodes(node) if not isinstance(child, _SCOPES)]


def _flows(node: ast.AST, functions: dict[str, ast.FunctionDef]) -> Iterator[tuple[str, ast.expr]]:
    """(name, expression) wherever a node gives a name its value, or adds to it."""
    if isinstance(node, ast.Assign):
        yield from ((name, node.value) for target in node.targets for name in _stored(target))
    elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value is not None:
        yield from ((name, node.value) for name in _stored(node.target))
    elif isinstance(node, ast.For | ast.comprehension):
        yield from ((name, node.iter) for name in _stored(node.target))
    elif isinstance(node, ast.Call):
        called = functions.get(_name_of(node.func))
        taken = [argument.arg for argument in called.args.args] if called else []
        yield from zip(taken, node.args, strict=False)
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            yield from ((node.func.value.id, argument) for argument in node.args)


def _stored(target: ast.expr) -> list[str]:
    """Names that a target binds or changes; those of its indices are only read."""
    if isinstance(target, ast.Subscript | ast.Attribute):
        return _stored(target.value) if not isinstance(target.value, ast.Name) else [target.value.id]
    if isinstance(target, ast.Tuple | ast.List):
        return [name for part in target.elts for name in _stored(part)]
    if isinstance(target, ast.Starred):
        return _stored(target.value)
    return [target.id] if isinstance(target, ast.Name) else []


def _name_of(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else ""
