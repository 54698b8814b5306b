"""Scripts for the sandbox's benchmarks, each with what it must print or how it must end."""

from typing import NamedTuple

from sandbox_service import ExecutionRequest, ExecutionResult, Termination

TRIVIAL = "print({n} + 1)"
NUMPY = "import numpy\nprint(int(numpy.arange({n} + 1).sum()))"
SYMPY = "import sympy\nx = sympy.Symbol('x')\nprint(sympy.solve(x - {n}))"
NUMERIC = "import numpy, sympy\nx = sympy.Symbol('x')\nprint(sympy.solve(x**2 - 3*x + 2), numpy.arange({n} + 1).sum())"
SCIENCE = """
import networkx, pandas, scipy.optimize
frame = pandas.DataFrame({{"a": [{n}, {n}, {n}]}})
root = scipy.optimize.brentq(lambda x: x - {n}, -1, {n} + 1)
print(frame.a.sum(), round(root), networkx.shortest_path_length(networkx.path_graph(3), 0, 2))
"""
ERROR = "print({n})\nraise ValueError({n})"
LONG_OUTPUT = "print('x' * 50_000)\nprint({n})"


class Workload(NamedTuple):
    """One script and what is expected of it."""

    code: str
    stdout: str
    termination: Termination = Termination.OK

    def request(self, execution_id: str) -> ExecutionRequest:
        """The request that runs it."""
        return ExecutionRequest(execution_id=execution_id, code=self.code, timeout_s=30)

    def is_met_by(self, result: ExecutionResult) -> bool:
        """Whether a result is the expected one."""
        return result.termination is self.termination and result.stdout == self.stdout


def trivial(n: int) -> Workload:
    """Computes nothing to speak of: what remains is the cost of running a script at all."""
    return Workload(TRIVIAL.format(n=n), f"{n + 1}\n")


def numeric(n: int) -> Workload:
    """Imports numpy and sympy and solves a quadratic."""
    return Workload(NUMERIC.format(n=n), f"[1, 2] {n * (n + 1) // 2}\n")


def mixed(n: int) -> Workload:
    """Of ten: four trivial, two with numpy, two with sympy, one that fails, one with 50 kB of output."""
    kind = n % 10
    if kind < 4:
        return trivial(n)
    if kind < 6:
        return Workload(NUMPY.format(n=n), f"{n * (n + 1) // 2}\n")
    if kind < 8:
        return Workload(SYMPY.format(n=n), f"[{n}]\n")
    if kind == 8:
        return Workload(ERROR.format(n=n), f"{n}\n", Termination.ERROR)
    return Workload(LONG_OUTPUT.format(n=n), "x" * 50_000 + f"\n{n}\n")


def science(n: int) -> Workload:
    """Imports pandas, scipy and networkx and asks each for something small."""
    return Workload(SCIENCE.format(n=n), f"{3 * n} {n} 2\n")


WORKLOADS = {"trivial": trivial, "numeric": numeric, "science": science, "mixed": mixed}

HOSTILE = (
    ("import os\nwhile True: os.fork()", None),
    ("import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(600)", None),
    ("while True: pass", Termination.TIMEOUT),
    ("import time\ntime.sleep(600)", Termination.TIMEOUT),
    ("x = bytearray(4 << 30)", Termination.MEMORY),
    (
        "import signal\nfor s in (1, 2, 15): signal.signal(s, signal.SIG_IGN)\nwhile True: pass",
        Termination.TIMEOUT,
    ),
    ("while True: print('y' * 100_000)", Termination.OUTPUT_LIMIT),
    ("import ctypes\nctypes.string_at(0)", Termination.KILLED),
    ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", Termination.KILLED),
    ("files = [open(f'f{i}', 'w') for i in range(10_000)]", Termination.ERROR),
    (
        "import threading, time\nfor _ in range(5000): threading.Thread(target=time.sleep, args=(60,)).start()",
        None,
    ),
    ("with open('big', 'wb') as file:\n    while True: file.write(b'x' * 1_000_000)", Termination.ERROR),
    ("import sys\nsys.setrecursionlimit(10**9)\ndef f(): f()\nf()", None),
    ("import socket\nsocket.socket()", Termination.ERROR),
    ("import os\nos.close(1)\nos.close(2)", None),
    ("import sys\nfor m in list(sys.modules): sys.modules[m] = None", None),
)
"""Programs that do harm or try to, with how they must end where only one end is right."""
