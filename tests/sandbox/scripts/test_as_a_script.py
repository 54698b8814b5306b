"""A script finds what it would find as `python script.py` on a machine of its own."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("leave", "status"),
    [
        ("exit()", 0),
        ("quit()", 0),
        ("exit(3)", 3),
        ("quit(4)", 4),
        ("exit('no')", 1),
        ("raise SystemExit", 0),
    ],
)
async def test_this_leaves_at_once_past_any_except_exception(run, leave, status):
    result = await run(f"try:\n    print('a')\n    {leave}\nexcept Exception:\n    print('b')\nprint('c')")
    assert (result.exit_code, result.stdout) == (status, "a\n")
    assert result.stderr == ("no\n" if "no" in leave else "")


@pytest.mark.parametrize("name", ["copyright", "credits", "license", "help", "exit", "quit"])
async def test_this_built_in_name_is_there(run, name):
    assert (await run(f"assert {name} and repr({name})\nprint('there')")).stdout == "there\n"


async def test_a_script_knows_its_own_file(run):
    code = (
        "import os, sys\nfrom pathlib import Path\nassert Path(__file__).parent == Path.cwd()\n"
        "print(open(__file__).read() == Path(sys.argv[0]).read_text(), os.listdir('.'))"
    )
    assert (await run(code)).stdout == "True ['script.py']\n"
    assert (await run("import os\nprint(os.listdir('.'))")).stdout == "[]\n"


async def test_the_main_module_is_as_that_of_a_file(run):
    names = ["__annotations__", "__builtins__", "__cached__", "__doc__", "__file__", "__loader__", "__name__"]
    result = await run("print(sorted(globals()))\nx: int = 1\nprint(__annotations__, __name__, __doc__)")
    assert result.stdout == f"{[*names, '__package__', '__spec__']}\n{{'x': <class 'int'>}} __main__ None\n"


async def test_a_hook_for_uncaught_errors_is_called(run):
    result = await run("import sys\nsys.excepthook = lambda kind, error, _: print('caught', error)\n1 / 0")
    assert (result.termination, result.stdout, result.stderr) == ("error", "caught division by zero\n", "")
    failing = await run("import sys\nsys.excepthook = lambda *_: 1 / 0\nraise KeyError(7)")
    assert failing.stderr.endswith("KeyError: 7\n")


async def test_streams_are_named_and_made_as_those_of_the_interpreter(run):
    code = "import sys\nprint([(s.name, s.mode, s.encoding) for s in (sys.stdin, sys.stdout, sys.stderr)])"
    expected = [("<stdin>", "r", "utf-8"), ("<stdout>", "w", "utf-8"), ("<stderr>", "w", "utf-8")]
    assert (await run(code)).stdout == f"{expected}\n"


async def test_shared_memory_without_a_file_is_there_and_counted(run):
    code = """
import mmap, time
view = mmap.mmap(-1, 8192)
view[:2] = b"ab"
print(view[:3], len(view), type(view).__name__, repr(view)[:10])
views = [mmap.mmap(-1, 1 << 22) for _ in range(64)]
time.sleep(2)
"""
    result = await run(code)
    assert result.stdout == "b'ab\\x00' 8192 mmap <mmap.mmap\n"
    # 256 MiB are more than the scratch folder has.
    assert "No space left" in result.stderr or result.termination == "killed"


WITH_PROCESSES = {
    "spawned": """
import multiprocessing
def square(x): return x * x
if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(square, [1, 2, 3]) == [1, 4, 9]
""",
    "fork_server": """
import multiprocessing
def square(x): return x * x
if __name__ == "__main__":
    with multiprocessing.get_context("forkserver").Pool(1) as pool:
        assert pool.map(square, [1, 2, 3]) == [1, 4, 9]
""",
    "shell": "import os, subprocess\nassert os.system('test -d . && echo x | grep -q x') == 0\n"
    "assert subprocess.check_output('echo a b | wc -w', shell=True).strip() == b'2'",
    "program": "import subprocess\nopen('f', 'w').close()\nassert subprocess.check_output(['ls']) == b'f\\n'",
    "shared_map": "import mmap, os\nm = mmap.mmap(-1, 4096)\nif os.fork() == 0:\n    m[0] = 7\n    os._exit(0)\n"
    "os.wait()\nassert m[0] == 7",
}


@pytest.mark.parametrize("code", WITH_PROCESSES.values(), ids=WITH_PROCESSES.keys())
async def test_this_is_there_where_processes_are(run, has_namespaces, code):
    if not has_namespaces:
        pytest.skip("without namespaces there are no processes")
    result = await run(f"{code}\nif __name__ == '__main__': print('done')", timeout_s=20)
    assert (result.termination, result.stdout) == ("ok", "done\n"), result.stderr


async def test_accounts_and_places_of_a_root_of_its_own(run, has_namespaces):
    if not has_namespaces:
        pytest.skip("without namespaces there is no root of its own")
    code = """
import grp, os, pwd
open("/tmp/a", "w").write("x")
open("/mnt/data/b", "w").write("y")
print(grp.getgrgid(0).gr_name, pwd.getpwuid(0).pw_name, pwd.getpwuid(os.getuid()).pw_name, os.listdir("."))
"""
    assert (await run(code)).stdout == "root root script ['b']\n"


async def test_tracebacks_name_libraries_as_they_are_imported(run):
    code = (
        "import json, traceback\ntry:\n    json.loads('{')\nexcept ValueError:\n    traceback.print_exc()\n"
        "json.loads('[')"
    )
    stderr = (await run(code)).stderr
    assert stderr.count('  File "json/__init__.py", line ') == 2
    assert "/lib/python" not in stderr
    assert "numpy/" in (await run("import numpy\nnumpy.linalg.inv(numpy.zeros((2, 2)))")).stderr


@pytest.mark.parametrize(
    "code",
    [
        "import scipy.optimize as o\nprint(round(o.brentq(lambda x: x - 2, 0, 5)))",
        "import pandas as pd\nprint(pd.DataFrame({'a': [1, 1]}).a.sum())",
        "import networkx as nx\nprint(nx.shortest_path_length(nx.path_graph(3), 0, 2))",
        "import z3\nx = z3.Int('x')\ns = z3.Solver()\ns.add(x > 1, x < 3)\ns.check()\nprint(s.model()[x])",
        "import more_itertools\nprint(more_itertools.ilen([5, 6]))",
        "from lxml import etree\nprint(len(etree.fromstring('<a><b/><b/></a>')))",
        "from bs4 import BeautifulSoup\nprint(BeautifulSoup('<p>2</p>', 'html.parser').p.text)",
        "from PIL import Image\nprint(Image.new('RGB', (2, 1)).size[0])",
    ],
    ids=["scipy", "pandas", "networkx", "z3", "more_itertools", "lxml", "bs4", "pillow"],
)
async def test_this_library_works(run, code):
    result = await run(code, timeout_s=30)
    assert (result.termination, result.stdout) == ("ok", "2\n"), result.stderr


async def test_a_linear_program_is_solved_where_processes_are(run, has_namespaces):
    code = (
        "import pulp\np = pulp.LpProblem('p', pulp.LpMaximize)\nx = pulp.LpVariable('x', 0, 2)\np += x\n"
        "p.solve(pulp.PULP_CBC_CMD(msg=0))\nprint(round(x.value()))"
    )
    result = await run(code, timeout_s=30)
    assert result.stdout == ("2\n" if has_namespaces else "")
