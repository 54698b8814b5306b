"""Programs that want more memory than there is for them."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIBC = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.malloc.restype = libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
MIB = 1 << 20
"""
BOMBS = {
    "one_block": "x = bytearray(4 << 30)",
    "many_blocks": "x = [bytearray(1 << 20) for _ in range(10_000)]",
    "growth_of_a_list": "x = [0]\nwhile True:\n    x += x",
    "growth_of_a_dict": "x = {}\nwhile True:\n    x[len(x)] = bytes(100_000)",
    "growth_of_a_string": "x = 'x'\nwhile True:\n    x += x",
    "a_long_range": "list(range(10**10))",
    "a_large_power": "x = 1 << (1 << 33)",
    "numpy": "import numpy\nnumpy.ones(1 << 30)",
    "a_product_of_numpy": "import numpy\nx = numpy.ones(50_000)\nnumpy.outer(x, x)",
    "a_zlib_bomb": """
import zlib
squeezer = zlib.compressobj(1)
packed = b"".join(squeezer.compress(bytes(1 << 22)) for _ in range(60)) + squeezer.flush()
zlib.decompress(packed)
""",
    "a_bz2_bomb": """
import bz2
packed = bz2.compress(bytes(1 << 22)) * 60
bz2.decompress(packed)
""",
    "an_lzma_bomb": """
import lzma
packed = lzma.compress(bytes(1 << 23), preset=0) * 50
lzma.decompress(packed)
""",
    "a_format_width": "'%10000000000d' % 1",
    "repetition": "('x' * 10**10)",
    "itertools": "import itertools\nlist(itertools.product(range(1000), repeat=3))",
    "a_queue": "import collections\nx = collections.deque()\nwhile True:\n    x.append(bytes(1 << 20))",
    "a_file_in_memory": "import io\nx = io.BytesIO()\nwhile True:\n    x.write(bytes(1 << 20))",
}


@pytest.mark.parametrize("code", BOMBS.values(), ids=BOMBS.keys())
async def test_this_bomb_runs_out_of_memory(run, code):
    result = await run(code, memory_mib=128)
    assert (result.termination, result.message) == ("memory", "asked for more than 128 MiB"), result.stderr


async def test_malloc_past_python_is_refused(run):
    code = LIBC + "blocks = 0\nwhile libc.malloc(MIB):\n    blocks += 1\nprint(blocks)"
    assert 64 < int((await run(code, memory_mib=128)).stdout) <= 160


async def test_mappings_past_python_are_refused(run):
    code = LIBC + "n = 0\nwhile libc.mmap(None, MIB, 3, 0x22, -1, 0) != 2**64 - 1:\n    n += 1\nprint(n)"
    assert 64 < int((await run(code, memory_mib=128)).stdout) <= 160


async def test_memory_without_reservation_is_refused_too(run):
    code = LIBC + "print(libc.mmap(None, 4 << 30, 3, 0x4022, -1, 0) == 2**64 - 1)"
    assert (await run(code, memory_mib=128)).stdout == "True\n"


async def test_shared_pages_cannot_be_left_behind_by_unmapping_all_but_one(run):
    code = (
        LIBC
        + """
page = libc.mmap(None, 64 * MIB, 3, 0x21, -1, 0)
assert page != 2**64 - 1, ctypes.get_errno()
ctypes.memset(page, 1, 64 * MIB)
libc.munmap(page + 4096, 64 * MIB - 4096)
"""
    )
    assert "AssertionError: 1\n" in (await run(code, memory_mib=128)).stderr


async def test_the_zero_device_cannot_be_mapped_for_shared_memory(run):
    result = await run("import mmap, os\nmmap.mmap(os.open('/dev/zero', os.O_RDWR), 4096)")
    assert "PermissionError" in result.stderr or "FileNotFoundError" in result.stderr


async def test_memory_cannot_be_locked(run):
    code = LIBC + "libc.mlockall(1)\nprint(ctypes.get_errno())"
    assert (await run(code)).stdout == "1\n"


async def test_a_large_stack_does_not_get_around_the_limit(run):
    code = """
import threading
threading.stack_size(1 << 30)
threading.Thread(target=print).start()
"""
    assert "can't start new thread" in (await run(code, memory_mib=128)).stderr


async def test_a_huge_number_is_not_printed_in_digits(run):
    result = await run("print(10 ** 5000)")
    assert "Exceeds the limit (4300 digits)" in result.stderr


async def test_deeply_nested_brackets_are_an_error(run):
    result = await run("eval('(' * 100_000 + ')' * 100_000)")
    assert result.termination in ("error", "memory")
    assert "SyntaxError" in result.stderr or "MemoryError" in result.stderr


async def test_deeply_nested_json_is_an_error(run):
    result = await run("import json\njson.loads('[' * 10**6)")
    assert (result.termination, "RecursionError" in result.stderr) == ("error", True)


async def test_children_cannot_share_out_what_one_may_not_take(run, has_namespaces):
    code = """
import os, time
for _ in range(6):
    if os.fork() == 0:
        break
x = bytearray(40 << 20)
time.sleep(2)
"""
    result = await run(code, memory_mib=96)
    assert result.termination == ("memory" if has_namespaces else "error")


async def test_a_failed_bomb_can_be_caught_and_survived(run):
    code = "try:\n    bytearray(4 << 30)\nexcept MemoryError:\n    print('too much')"
    result = await run(code, memory_mib=128)
    assert (result.termination, result.stdout) == ("ok", "too much\n")


async def test_a_crash_leaves_no_core_file_of_the_memory(run):
    code = "import os, resource\nprint(resource.getrlimit(resource.RLIMIT_CORE))\nos.abort()"
    result = await run(code)
    assert (result.message, result.stdout) == ("killed by SIGABRT", "(0, 0)\n")


async def test_a_crashing_child_leaves_no_core_file_either(run, has_namespaces):
    code = (
        "import os\npid = os.fork()\nif pid == 0:\n    os.abort()\nos.waitpid(pid, 0)\nprint(os.listdir('.'))"
    )
    assert (await run(code)).stdout == ("[]\n" if has_namespaces else "")
