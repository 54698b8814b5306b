"""Imports what scripts need and uses each module once, in the supervisor, so that no script's process has to."""

import importlib
import os
from types import ModuleType

_FIRST_USE = {
    # First use fills caches and imports lazily; done once here instead of once per script.
    "numpy": "import numpy, numpy.linalg, numpy.random; numpy.linalg.solve(numpy.eye(2), numpy.ones(2))",
    "sympy": "import sympy; x = sympy.Symbol('x'); sympy.solve(x**2 - 3*x + 2); str(sympy.simplify(x*x/x))",
    "scipy": "import scipy.optimize, scipy.linalg, scipy.stats; scipy.optimize.brentq(lambda x: x - 1, 0, 3)",
    "pandas": "import pandas; str(pandas.DataFrame({'a': [1, 2]}).sum())",
    "networkx": "import networkx; networkx.shortest_path(networkx.path_graph(3), 0, 2)",
    "matplotlib": "import io, matplotlib.pyplot as p; p.plot([1, 2]); p.savefig(io.BytesIO()); p.close('all')",
}


def warm_up(modules: tuple[str, ...]) -> None:
    """Import `modules` and use them once. Leaves no file behind."""
    if "matplotlib" not in modules:
        return _imported(modules)
    # Only here: it is of no use to most workers, and every module makes a process dearer to fork.
    import tempfile

    # Matplotlib writes a list of the machine's fonts, by default into somebody's home.
    with tempfile.TemporaryDirectory(prefix="sandbox-fonts-") as folder:
        os.environ.update(MPLBACKEND="Agg", MPLCONFIGDIR=folder)
        return _imported(modules)


def _imported(modules: tuple[str, ...]) -> None:
    for name in modules:
        importlib.import_module(name)
        exec(_FIRST_USE.get(name, ""), ModuleType("first_use").__dict__)
