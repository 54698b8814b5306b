"""The project's own files, for the rule tests."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("driver", "actors", "curriculum", "sandbox_service")


def python_files(*folders: str) -> list[Path]:
    """Python files of these top-level folders, relative to the checkout."""
    return sorted(p.relative_to(ROOT) for folder in folders for p in (ROOT / folder).rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


def imported(node: ast.AST) -> list[str]:
    """Dotted names that an absolute import statement names; nothing for any other node."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        # A relative import stays within its own package.
        return [] if node.level else [node.module or ""]
    return []


def all_imports(path: Path) -> set[str]:
    """Top-level packages that a file imports anywhere, inside functions too."""
    return {name.split(".")[0] for node in ast.walk(tree(path)) for name in imported(node)}


def imported_below(path: Path, package: str) -> set[str]:
    """Names right below a package that a file imports: `b` for `from package import b` and `import package.b.c`."""
    dotted = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and not node.level:
            dotted |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            dotted |= {alias.name for alias in node.names}
    return {
        name.removeprefix(f"{package}.").split(".")[0] for name in dotted if name.startswith(f"{package}.")
    }


def imports_at_module_level(path: Path) -> set[str]:
    """Top-level packages that importing a file imports."""
    return {name.split(".")[0] for node in _run_on_import(tree(path)) for name in imported(node)}


def _run_on_import(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _run_on_import(child)


def tracked_text_files() -> list[Path]:
    """Files that git holds or would hold, as far as they are text; skips the test where there is no git."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    paths = (ROOT / line for line in done.stdout.splitlines())
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()]
