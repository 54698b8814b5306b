import sys
import sysconfig

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_service.output import CappedOutput, without_host_folders


def fed(limit: int, *chunks: bytes) -> CappedOutput:
    output = CappedOutput(limit)
    for chunk in chunks:
        output.feed(chunk)
    return output


def test_output_within_the_limit_is_kept_whole():
    assert fed(8, b"abcd", b"efgh").text() == "abcdefgh"


def test_longer_output_keeps_three_quarters_from_the_head_and_one_from_the_tail():
    output = fed(8, b"abcdefgh", b"ijkl")
    assert output.text() == "abcdef\n[... 4 bytes cut ...]\nkl"
    assert output.num_bytes == 12


def test_bytes_that_are_no_utf_8_are_replaced_and_nul_is_kept():
    assert fed(100, b"a\xff\0b").text() == "a\ufffd\0b"


def test_a_character_split_between_two_chunks_is_one_character():
    euro = "\u20ac".encode()
    assert fed(100, euro[:1], euro[1:]).text() == "\u20ac"


@given(st.lists(st.binary(max_size=40)), st.integers(4, 64))
def test_how_output_is_chunked_makes_no_difference(chunks: list[bytes], limit: int):
    whole = b"".join(chunks)
    assert fed(limit, *chunks).text() == fed(limit, whole).text()


@given(st.lists(st.binary(max_size=200), max_size=50), st.integers(4, 64))
def test_memory_stays_bounded(chunks: list[bytes], limit: int):
    output = fed(limit, *chunks)
    assert output.num_bytes == sum(map(len, chunks))
    assert len(output._head) + len(output._tail) <= limit + limit // 4


LIBRARY = sysconfig.get_path("stdlib")
INSTALLED = next(path for path in sys.path if path.endswith("site-packages"))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f'  File "{INSTALLED}/numpy/linalg.py", line 3, in f\n', '  File "numpy/linalg.py", line 3, in f\n'),
        (f'  File "{LIBRARY}/json/decoder.py", line 3, in f\n', '  File "json/decoder.py", line 3, in f\n'),
        (f'  | File "{LIBRARY}/a.py", line 3\n', '  | File "a.py", line 3\n'),
        (f"{INSTALLED}/pandas/core.py:7: FutureWarning: x\n", "pandas/core.py:7: FutureWarning: x\n"),
        (f"{INSTALLED}/pandas/core.py\n", f"{INSTALLED}/pandas/core.py\n"),
        (f'open("{LIBRARY}/a.py")\n', f'open("{LIBRARY}/a.py")\n'),
        ('  File "<script>", line 1, in <module>\n', '  File "<script>", line 1, in <module>\n'),
        ('  File "/scratch/run/work/a.py", line 1\n', '  File "/scratch/run/work/a.py", line 1\n'),
    ],
)
def test_a_library_s_file_is_named_as_it_is_imported(said: str, shown: str) -> None:
    assert without_host_folders(f"before\n{said}after\n") == f"before\n{shown}after\n"
