"""Which modules a worker has imported beforehand, and which worker suits a script: the one that knows its imports.

A process that holds more is dearer to fork, so a script goes to the smallest profile that has all it imports. The
look at its source only chooses a worker: a script whose imports are not warm runs all the same and pays for them.
"""

import importlib.util
from functools import cache

BARE, MATHS, SCIENCE = "bare", "maths", "science"
_STANDARD_LIBRARY = (
    *("collections", "copy", "datetime", "decimal", "fractions", "functools", "heapq", "itertools", "json"),
    *("math", "re", "statistics", "string", "time", "typing"),
)
PROFILES: dict[str, tuple[str, ...]] = {
    BARE: (),
    MATHS: (*_STANDARD_LIBRARY, "numpy", "sympy"),
    SCIENCE: (*_STANDARD_LIBRARY, "numpy", "sympy", "scipy", "pandas", "matplotlib", "networkx"),
}
"""Modules imported beforehand."""
_NAMES: dict[str, tuple[str, ...]] = {
    # The dearest first: what asks for it has no use for a smaller one.
    SCIENCE: ("scipy", "pandas", "matplotlib", "networkx"),
    MATHS: ("numpy", "sympy", "mpmath"),
}


def profile_of(code: str) -> str:
    """The smallest profile that holds what `code` names, be it in an import or anywhere else.

    A look for the names finds every way to import them, and costs microseconds; one too many costs a millisecond.
    """
    for profile, names in _NAMES.items():
        if any(name in code and _is_installed(name) for name in names):
            return profile
    return BARE


def modules_of(profile: str) -> tuple[str, ...]:
    """What a worker of this profile imports beforehand, as far as it is installed."""
    return tuple(name for name in PROFILES[profile] if _is_installed(name))


@cache
def _is_installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None
