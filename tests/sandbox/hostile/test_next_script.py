"""Programs that leave something for the next one on the same worker, and programs that look for it."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

# What the first script does, and what the next one would print if it had reached it.
POISONS = {
    "a_builtin_replaced": (
        "import builtins\nbuiltins.print = lambda *_: None",
        "print.__class__ is not type(len)",
    ),
    "a_builtin_added": ("import builtins\nbuiltins.leaked = 1", "'leaked' in dir(__builtins__)"),
    "len_lies": ("import builtins\nbuiltins.len = lambda _: 7", "len([]) != 0"),
    "a_constant": ("import math\nmath.pi = 3", "__import__('math').pi == 3"),
    "a_function": ("import json\njson.loads = None", "__import__('json').loads is None"),
    "a_module_removed": (
        "import sys\nsys.modules['numpy'] = None",
        "__import__('sys').modules.get('numpy', 1) is None",
    ),
    "a_module_added": ("import sys\nsys.modules['left'] = sys", "'left' in __import__('sys').modules"),
    "an_import_hook": ("import sys\nsys.meta_path.clear()", "not __import__('sys').meta_path"),
    "a_path": ("import sys\nsys.path.insert(0, '/left')", "'/left' in __import__('sys').path"),
    "the_environment": ("import os\nos.environ['LEFT'] = '1'", "'LEFT' in __import__('os').environ"),
    "the_folder": ("import os\nos.chdir('/')", "__import__('os').getcwd() == '/'"),
    "a_file": ("open('left', 'w')", "__import__('os').path.exists('left')"),
    "a_temporary_file": (
        "import os, tempfile\nopen(tempfile.gettempdir() + '/left', 'w')",
        "__import__('os').path.exists(__import__('tempfile').gettempdir() + '/left')",
    ),
    "the_mask_of_new_files": ("import os\nos.umask(0o777)", "__import__('os').umask(0) == 0o777"),
    "a_limit": (
        "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (9, 9))",
        "__import__('resource').getrlimit(7) == (9, 9)",
    ),
    "a_signal_handler": (
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "__import__('signal').getsignal(15) == 1",
    ),
    "a_blocked_signal": (
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])",
        "bool(__import__('signal').pthread_sigmask(0, []))",
    ),
    "an_alarm": ("import signal\nsignal.alarm(1)", "__import__('signal').alarm(0) > 0"),
    "the_recursion_limit": (
        "import sys\nsys.setrecursionlimit(99)",
        "__import__('sys').getrecursionlimit() == 99",
    ),
    "the_trace_function": ("import sys\nsys.settrace(print)", "__import__('sys').gettrace() is not None"),
    "an_exit_handler": (
        "import atexit\natexit.register(print, 'left')",
        "__import__('atexit')._ncallbacks() > 0",
    ),
    "garbage_collection": ("import gc\ngc.disable()", "not __import__('gc').isenabled()"),
    "the_random_state": (
        "import random\nrandom.seed(1)",
        "__import__('random').random() == 0.13436424411240122",
    ),
    "the_decimal_context": (
        "import decimal\ndecimal.getcontext().prec = 3",
        "__import__('decimal').getcontext().prec == 3",
    ),
    "numpy_settings": (
        "import numpy\nnumpy.set_printoptions(precision=1)",
        "__import__('numpy').get_printoptions()['precision'] == 1",
    ),
    "a_sympy_symbol": ("import sympy\nsympy.left = 1", "hasattr(__import__('sympy'), 'left')"),
    "the_digits_limit": (
        "import sys\nsys.set_int_max_str_digits(0)",
        "__import__('sys').get_int_max_str_digits() == 0",
    ),
    "the_default_encoding_of_output": (
        "import sys\nsys.stdout.reconfigure(encoding='utf-16')",
        "__import__('sys').stdout.encoding != 'utf-8'",
    ),
    "a_shared_attribute_of_a_type": (
        "import collections\ncollections.OrderedDict.left = 1",
        "hasattr(__import__('collections').OrderedDict, 'left')",
    ),
    "memory_of_a_constant": (
        "import ctypes\nctypes.memset(id(1000) + 24, 0, 1)\nimport sys\nsys.intern('left-by-the-first')",
        "int('1000') != 1000",
    ),
    "the_small_integers": ("import ctypes\nctypes.memset(id(7) + 24, 8, 1)", "3 + 4 == 8"),
}


@pytest.mark.parametrize(("poison", "reached"), POISONS.values(), ids=POISONS.keys())
async def test_the_next_script_does_not_find(run, pool, poison, reached):
    for _ in range(pool.config.num_workers):
        await run(poison, timeout_s=2)
    for _ in range(pool.config.num_workers):
        assert (await run(f"import sys\nsys.stdout.write(str({reached}))")).stdout == "False"


PLANTED = "PLANTED-0123456789abcdef0123456789abcdef"
# Each prints what it finds of the needle, which is written as a pattern so that a script does not find itself.
SEARCHES = {
    "objects": """
for thing in gc.get_objects():
    values = thing.values() if isinstance(thing, dict) else thing if isinstance(thing, (list, tuple, set)) else ()
    found += [v for v in list(values) if isinstance(v, str) and needle.search(v.encode("utf-8", "ignore"))]
""",
    "frames": """
frame = sys._getframe()
while frame:
    for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
        found += needle.findall(value.encode("utf-8", "ignore")) if isinstance(value, str) else []
    frame = frame.f_back
""",
    "modules": """
for module in list(sys.modules.values()):
    for value in list(vars(module).values()) if hasattr(module, "__dict__") else []:
        found += needle.findall(value.encode("utf-8", "ignore")) if isinstance(value, (str)) else []
""",
    "lines_of_tracebacks": """
import linecache
for entry in linecache.cache.values():
    found += needle.findall(repr(entry).encode())
""",
    "environment": "found += needle.findall(repr(dict(os.environ)).encode())",
    "command_line": """
try:
    found += needle.findall(open("/proc/self/cmdline", "rb").read() + open("/proc/self/environ", "rb").read())
except OSError:
    pass
""",
    "fresh_memory": """
block = bytearray(32 << 20)
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
for size in (1 << n for n in range(5, 18)):
    for _ in range(200):
        found += needle.findall(ctypes.string_at(libc.malloc(size), size))
found += needle.findall(block)
""",
    "files": """
for folder, _, names in os.walk(".."):
    for name in names:
        found += needle.findall(open(os.path.join(folder, name), "rb").read())
""",
}
LOOK = """
import ctypes, gc, os, re, sys
needle, found = re.compile(rb"PLANTED-[0-9a-f]{{32}}"), []
{search}
print(found)
"""


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES.keys())
async def test_a_secret_of_an_earlier_request_is_not_among(run, pool, search):
    for _ in range(pool.config.num_workers):
        planted = await run(
            f"secret = {PLANTED!r}\nopen('file', 'w').write(secret)\nraise ValueError(secret)"
        )
        assert PLANTED in planted.stderr
    result = await run(LOOK.format(search=search), memory_mib=256)
    assert (result.termination, result.stdout) == ("ok", "[]\n"), result.stderr


async def test_the_searches_can_find_what_is_there(run):
    held = "held = [''.join(['PLANTED', '-', 'f' * 32])]\n"
    result = await run(held + LOOK.format(search=SEARCHES["objects"]))
    assert f"'PLANTED-{'f' * 32}'" in result.stdout, result.stderr


async def test_the_environment_of_a_script_names_only_what_it_needs(run, monkeypatch):
    monkeypatch.setenv("HOST_TOKEN", "host-token")
    names = set((await run("import os\nprint(*os.environ)")).stdout.split())
    assert not names & {"HOST_TOKEN", "USER", "LOGNAME", "PYTHONPATH", "SSH_AUTH_SOCK", "RAY_AUTH_TOKEN_PATH"}
    assert len(names) < 20


async def test_what_the_c_library_takes_for_the_environment_is_the_same(run):
    code = """
import ctypes, os
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
names, i = [], 0
while environ[i]:
    names.append(environ[i].partition(b"=")[0].decode())
    i += 1
print(sorted(names) == sorted(os.environ))
"""
    assert (await run(code)).stdout == "True\n"
