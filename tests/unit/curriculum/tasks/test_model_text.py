import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.tasks.answers import extract_answer
from curriculum.tasks.model_text import STOP_TEXTS, complete_script, read_turn, words_only

# As models write them; each opens a script that the fence at its end closes.
OPENINGS = [
    "```python",
    "```py",
    "```Python",
    "```PYTHON",
    "```python3",
    "```py3",
    "```Python 3",
    "```python3.11",
    "``` python",
    "```python ",
    "```python.",
    "```python:",
    "```{python}",
    "```{.python .numberLines}",
    '```python title="a b.py"',
    "```python main.py",
    "```python {linenos=true}",
    "````python",
    "~~~python",
    "~~~~~~py",
    "Here is the code: ```python",
    "Use `math`: ```py",
    "**Code**```python3",
    "- ```python",
    "* ```py",
    "1. ```python",
    "   ```python",
    "\t```python",
    "  2)  ```python",
]
OTHERS = [
    "```",
    "```bash",
    "```pythonic",
    "```python-repl",
    "```pycon",
    "```pyx",
    "~~~",
    "``python",
    "Write ```python code",
]
LANGUAGES = ["python", "py", "Python", "python3", "PY3", "Python 3.12", "python."]

code_lines = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=12)


def _fence_of(opening: str) -> str:
    char = "~" if "~~~" in opening else "`"
    return char * opening.count(char) if char * 3 in opening and "`math`" not in opening else char * 3


def _closes(line: str) -> bool:
    bare = line.strip(" \t")
    return len(bare) >= 3 and set(bare) in ({"`"}, {"~"})


@st.composite
def scripts(draw: st.DrawFn) -> str:
    """A script that begins with a line of code; no line of it is a fence."""
    first = draw(st.sampled_from(["x = 1", "import math", "# note\nprint(1)", "s = '''", "print('<<<5>>>')"]))
    rest = [line for line in draw(st.lists(code_lines, max_size=5)) if not _closes(line)]
    return "".join(f"{line}\n" for line in [*first.split("\n"), *rest])


@st.composite
def fences(draw: st.DrawFn) -> tuple[str, str, str, str]:
    """Text before the fence, the fence with its language, the margin of what is in it, and the closing line."""
    char = draw(st.sampled_from("`~"))
    size = draw(st.integers(3, 6))
    before, margin = draw(
        st.sampled_from(
            [
                ("", ""),
                ("  ", "  "),
                ("\t", "\t"),
                ("- ", "  "),
                ("12. ", "    "),
                ("So: ", ""),
                ("So: ", "   "),
            ]
        )
    )
    blank, closing_blank = draw(st.sampled_from(["", " "])), draw(st.sampled_from(["", " ", "  ", "\t"]))
    opening = f"{char * size}{blank}{draw(st.sampled_from(LANGUAGES))}"
    return before, opening, margin, f"{margin}{char * (size + draw(st.integers(0, 2)))}{closing_blank}"


@given(
    scripts(), fences(), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "Words.\n", "```\nno\n```\n"])
)
def test_a_script_comes_back_byte_for_byte_from_any_fence_and_ends_the_turn(
    script: str, fence: tuple[str, str, str, str], end: str, before: str
) -> None:
    lead, opening, margin, closing = fence
    lines = [f"{margin}{line}" if line else "" for line in script.removesuffix("\n").split("\n")]
    turn = before + "".join(f"{line}{end}" for line in [lead + opening, *lines, closing])
    assert complete_script(turn) == script
    assert turn.endswith(STOP_TEXTS)
    # The model's turn ends nowhere before its script is complete.
    assert all(complete_script(turn[:size]) is None for size in range(len(turn) - len(closing) - len(end)))
    assert extract_answer(turn + "<<<6>>>") == "6"


@given(scripts(), fences(), st.integers(0, 200))
def test_a_turn_cut_inside_its_script_gives_no_answer(
    script: str, fence: tuple[str, str, str, str], size: int
) -> None:
    lead, opening, _, _ = fence
    turn = f"{lead}{opening}\n" + ("print('<<<42>>>')\n" + script)[:size]
    assert read_turn(turn).scripts == ()
    assert read_turn(turn).words == lead
    assert extract_answer(turn) is None
    assert extract_answer(f"<<<7>>> or\n{turn}") == "7"


@given(st.text(alphabet="`~py thon\n>-1.<5\r\t", max_size=80))
def test_words_hold_no_script_and_reading_them_again_changes_nothing(text: str) -> None:
    words = words_only(text)
    assert read_turn(words) == read_turn(text).__class__((), words)


def test_what_is_left_around_code_fenced_within_a_line_opens_nothing() -> None:
    assert words_only("``` ```py x``` python\n<<<6>>>") == "``` `...` python\n<<<6>>>"
    assert extract_answer("``` ```py x``` python\n<<<6>>>") == "6"


@pytest.mark.parametrize("opening", OPENINGS)
def test_an_opening_as_models_write_it_opens_a_script(opening: str) -> None:
    turn = f"Words\n{opening}\nprint(1)\n{_fence_of(opening)}\nand <<<6>>>"
    assert complete_script(turn) == "print(1)\n"
    assert extract_answer(turn) == "6"


@pytest.mark.parametrize("opening", OTHERS)
def test_what_opens_no_script_leaves_words(opening: str) -> None:
    turn = f"{opening}\nprint(1)\n```\n<<<6>>>"
    assert (complete_script(turn), words_only(turn)) == (None, turn)


def test_a_script_under_a_list_item_is_moved_to_the_left() -> None:
    turn = "1. First:\n\n   ```python\n   if 1:\n       print(1)\n\n   # end\n   ```\n"
    assert complete_script(turn) == "if 1:\n    print(1)\n\n# end\n"


def test_text_in_quotes_may_stand_further_left_than_the_code() -> None:
    turn = "- Run\n  ```python\n  s = '''\na\n b'''\n  print(s)\n  ```\n"
    assert complete_script(turn) == "s = '''\na\nb'''\nprint(s)\n"


def test_a_comment_further_left_than_the_code_moves_nothing_that_python_would_take() -> None:
    assert (
        complete_script("```python\n    # note\nif 1:\n    print(1)\n```")
        == "    # note\nif 1:\n    print(1)\n"
    )


def test_a_script_in_a_quotation_loses_its_marks() -> None:
    assert complete_script("> ```python\n> if 1:\n>     print(1)\n> ```\n") == "if 1:\n    print(1)\n"


def test_a_fence_is_closed_by_its_own_kind_and_at_least_its_own_length() -> None:
    assert complete_script("````python\ns = '''\n```\n'''\n````\n") == "s = '''\n```\n'''\n"
    assert complete_script("~~~python\n```\n~~~\n") == "```\n"
    assert complete_script("````python\nprint(1)\n```\n") is None


def test_code_fenced_within_a_line_is_neither_a_script_nor_words() -> None:
    turn = "I would run ```python print('<<<42>>>')``` here"
    assert read_turn(turn) == read_turn(turn).__class__((), "I would run `...` here")
    assert extract_answer(turn) is None
    assert extract_answer("It is ```<<<42>>>```") == "42"


def test_scripts_come_in_order_with_the_words_around_them() -> None:
    turn = "a\n```py\nx\n```\nb\n~~~python\ny\n~~~\nc\n```python\nz <<<1>>>"
    assert read_turn(turn).scripts == ("x\n", "y\n")
    assert read_turn(turn).words == "a\n\nb\n\nc\n"
