import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.episodes.scripts import clipped_middle, complete_script, observation_text, words_only
from sandbox_service import Termination
from tests.unit.actors.rollout_cases import execution_result

HEADER = "Code Execution Results:\n"


def test_a_complete_block_is_found_without_its_fences() -> None:
    assert complete_script("I compute.\n```python\na = 1\nprint(a)\n```\n") == "a = 1\nprint(a)\n"


def test_the_first_of_two_blocks_counts() -> None:
    assert complete_script("```python\nprint(1)\n```\nand\n```python\nprint(2)\n```\n") == "print(1)\n"


@pytest.mark.parametrize(
    "text",
    [
        "print(1)",
        "```python\nprint(1)\n",
        "```\nprint(1)\n```\n",
        "```bash\nls\n```\n",
        "use ```python here``` to",
        "",
    ],
)
def test_what_is_no_closed_python_block_is_no_script(text: str) -> None:
    assert complete_script(text) is None


def test_a_python_block_after_a_block_of_another_language_is_found() -> None:
    assert complete_script("```text\n5\n```\n```python\nprint(5)\n```") == "print(5)\n"


def test_backticks_inside_a_line_of_the_script_do_not_close_it() -> None:
    assert complete_script("```python\ns = '```'\nprint(s)\n```\n") == "s = '```'\nprint(s)\n"


def test_an_empty_block_is_a_script_of_no_lines() -> None:
    assert complete_script("```python\n```\n") == ""


def test_words_are_what_is_left_without_scripts() -> None:
    text = "First.\n```python\nprint('<<<5>>>')\n```\nThen <<<6>>>"
    assert words_only(text) == "First.\n\nThen <<<6>>>"


@given(st.lists(st.text(alphabet="abc <>()\n", max_size=20), min_size=1, max_size=3))
def test_no_complete_script_is_left_in_the_words(bodies: list[str]) -> None:
    text = "".join(f"```python\n{body}\n```\nword\n" for body in bodies)
    words = words_only(text)
    assert complete_script(words) is None
    assert words.count("word") == len(bodies)


def test_output_and_errors_are_shown_in_this_order() -> None:
    result = execution_result(Termination.ERROR, stdout="1\n", stderr="ValueError: no\n")
    assert observation_text(result, 500) == f"{HEADER}1\nValueError: no"


def test_a_silent_script_is_said_to_have_printed_nothing() -> None:
    assert observation_text(execution_result(), 500) == f"{HEADER}(the script printed nothing)"


@pytest.mark.parametrize(
    ("termination", "shown"),
    [
        (Termination.OK, "out"),
        (Termination.ERROR, "out"),
        (Termination.TIMEOUT, "out\nTimeoutExpired: the script was stopped after 5 seconds"),
        (Termination.MEMORY, "out\nMemoryError: the script needed more memory than it may use"),
        (Termination.OUTPUT_LIMIT, "out\nOutputLimit: the script printed too much and was stopped"),
        (Termination.KILLED, "out\nKilled: killed by SIGSEGV"),
    ],
)
def test_how_a_script_ended_follows_what_it_printed(termination: Termination, shown: str) -> None:
    message = "killed by SIGSEGV" if termination is Termination.KILLED else ""
    assert observation_text(execution_result(termination, "out\n", message=message), 500) == HEADER + shown


def test_every_ending_but_our_own_failure_can_be_shown() -> None:
    for termination in set(Termination) - {Termination.INFRASTRUCTURE}:
        assert observation_text(execution_result(termination), 500).startswith(HEADER)
    with pytest.raises(ValueError, match="g/0/0 failed on our side"):
        observation_text(execution_result(Termination.INFRASTRUCTURE, message="no worker"), 500)


def test_the_middle_of_a_long_text_is_cut_as_worked_out_by_hand() -> None:
    # Of 10 characters 6 may stay: 4 from the head, 2 from the tail, so 4 are cut.
    assert clipped_middle("0123456789", 6) == "0123\n[... 4 characters cut ...]\n89"
    assert clipped_middle("0123456789", 10) == "0123456789"


@given(st.text(max_size=60), st.integers(1, 60))
def test_a_cut_keeps_head_and_tail_and_counts_what_is_missing(text: str, max_chars: int) -> None:
    clipped = clipped_middle(text, max_chars)
    if len(text) <= max_chars:
        assert clipped == text
        return
    head, tail = text[: max_chars * 2 // 3], text[len(text) - max_chars // 3 :]
    assert clipped == f"{head}\n[... {len(text) - len(head) - len(tail)} characters cut ...]\n{tail}"


def test_a_cut_within_a_cut_counts_what_either_left_out() -> None:
    # 200,000 bytes printed: the sandbox keeps 49,152 and 16,384, the model is shown 200 and 100 of those.
    kept = "a" * 49_152 + "\n[... 134464 bytes cut ...]\n" + "b" * 16_384
    assert clipped_middle(kept, 300) == "a" * 200 + "\n[... 199700 characters cut ...]\n" + "b" * 100


@pytest.mark.parametrize("num_before", range(80, 130))
def test_no_half_of_an_earlier_mark_is_left(num_before: int) -> None:
    mark = "\n[... 1000 bytes cut ...]\n"
    shown = clipped_middle("a" * num_before + mark + "b" * 150, 150)
    num_shown = shown.count("a", 0, shown.find("\n") + 1) + len(shown) - len(shown.rstrip("b"))
    assert shown.count("[...") == 1 or mark in shown
    if mark not in shown:
        assert f"[... {num_before + 150 + 1000 - num_shown} characters cut ...]" in shown
