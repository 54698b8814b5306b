import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.records import EndReason, Execution, Rollout, Source
from actors.rewards.script_tests import canonical, has_test_of
from actors.rewards.self_check import checks_itself
from tests.unit.actors.rollout_cases import fixed, model_segment

COMPUTED = ("I compute it.", "print(6 * 7)", "42")


def conversation(
    *scripts: tuple[str, str, str] | tuple[str, str, str, str], final: str = "<<<42>>>"
) -> Rollout:
    """Turns of words, a script and what it printed (and how it ended, `ok` if not said), then the last turn."""
    segments, executions = [fixed(Source.PROMPT)], []
    for words, code, output, *ending in scripts:
        shown = f"Code Execution Results:\n{output}"
        text = f"{words}\n```python\n{code}\n```\n"
        segments += [model_segment(text), fixed(Source.ENVIRONMENT, text=shown)]
        executions.append(
            Execution(
                code=code,
                termination=ending[0] if ending else "ok",
                output=shown,
                duration_s=0.1,
                queue_s=0.0,
            )
        )
    segments.append(model_segment(final))
    return Rollout(
        rollout_id="g/0",
        segments=tuple(segments),
        executions=tuple(executions),
        end_reason=EndReason.ANSWER,
        generate_s=1.0,
        execute_s=0.1,
    )


@pytest.mark.parametrize(
    "script",
    [
        "assert 42 == 6 * 7",
        "answer = 42\nprint(answer == sum([7] * 6))",
        "x = 42\nprint(x / 7)",
        "def holds(n):\n    return n % 7 == 0\nprint(holds(int('42')))",
        "if 21 + 21 != 42:\n    print('wrong')",
    ],
)
def test_a_later_script_that_holds_the_printed_answer_and_asks_of_it_is_a_check(script: str) -> None:
    assert checks_itself(conversation(COMPUTED, ("I check it.", script, "True")))


@pytest.mark.parametrize(
    "script",
    [
        "print(7 * 6)",
        "print(42)",
        "answer = 42\nprint(f'<<<{answer}>>>')",
        "print(str(42))",
        "numbers = [42, 3]\nprint(max(numbers))",
        "print(sum(n == 42 for n in range(9)))",
        "total = 42\nfor n in range(3):\n    total += n\nprint(total > 1)",
        "print(42 ==",
    ],
)
def test_a_later_script_that_finds_it_again_or_prints_it_is_no_check(script: str) -> None:
    assert not checks_itself(conversation(COMPUTED, ("Once more.", script, "42")))


def test_the_same_script_before_the_answer_was_known_is_no_check() -> None:
    check = ("I look.", "answer = 42\nprint(answer == 6 * 7)", "True")
    assert not checks_itself(conversation(check, COMPUTED))
    assert not checks_itself(conversation(check))


def test_an_answer_stated_in_an_earlier_turn_or_marked_in_the_same_one_can_be_checked() -> None:
    check = "answer = 42\nprint(answer == 6 * 7)"
    stated = ("So the answer is 42, I think.", "print('hm')", "hm")
    assert checks_itself(conversation(stated, ("I check.", check, "True")))
    assert checks_itself(conversation(("My guess is <<<42>>>; I check.", check, "True")))
    assert not checks_itself(conversation(("Is 42 right?", check, "True")))


def test_a_marked_answer_that_the_check_refuses_was_checked_all_the_same() -> None:
    refused = ("I guess <<<41>>>.", "assert 41 == 6 * 7", "AssertionError", "error")
    assert checks_itself(conversation(refused, COMPUTED))


def test_a_check_that_reached_no_verdict_does_not_count() -> None:
    script = "answer = 42\nprint(answer == n)"
    for output, ending in (("NameError: n", "error"), ("TimeoutExpired", "timeout"), ("", "infrastructure")):
        assert not checks_itself(conversation(COMPUTED, ("I check it.", script, output, ending)))


def test_what_a_failed_script_printed_is_no_candidate() -> None:
    failed = ("I try.", "print(42)\n1 / 0", "42\nZeroDivisionError", "error")
    assert not checks_itself(conversation(failed, ("I check.", "assert 42 == 6 * 7", "ok")))


def test_a_test_that_was_written_beside_the_conversation_counts() -> None:
    answered = conversation(COMPUTED)
    beside = Execution(code="assert 42 == 6 * 7", termination="ok", output="", duration_s=0.1, queue_s=0.0)
    assert checks_itself(answered.model_copy(update={"executions": (*answered.executions, beside)}))
    assert not checks_itself(answered.model_copy(update={"executions": (beside, *answered.executions)}))


def test_a_script_that_was_never_run_checks_nothing() -> None:
    never = conversation(COMPUTED, ("I check it.", "assert 42 == 6 * 7", "")).model_copy(
        update={"executions": ()}
    )
    assert not checks_itself(never)


def test_words_without_any_script_check_nothing() -> None:
    assert not checks_itself(conversation(final="It is 42. I checked: 6 * 7 = 42. <<<42>>>"))


def test_a_check_of_text_or_of_a_list_is_found_however_it_is_spelled() -> None:
    moves = ("I search.", "print(search())", "moves: ['up', 'left']")
    check = (
        "I play them.",
        "for move in ['up', 'left']:\n    place = go(place, move)\nprint(place == goal)",
        "True",
    )
    assert checks_itself(conversation(moves, check, final='<<<["up","left"]>>>'))
    grid = ("I fill it.", "print(fill())", "1 2\n2 1")
    check = ("I check rows.", "rows = '''1 2\n2 1'''.split()\nprint(len(set(rows)) == 2)", "True")
    assert checks_itself(conversation(grid, check, final="<<<1 2\n2 1>>>"))


def test_one_value_in_two_spellings_is_one() -> None:
    assert canonical("42.0") == canonical(42) == 42.0
    assert canonical("[1, 'A']") == canonical((1, "a"))
    assert canonical(" Yes\n") == canonical("yes")
    assert canonical(True) == canonical("True") == "true"
    assert canonical("True") != canonical(1)


@given(st.text(alphabet="abx01 =(+)[]'\"\n:.,", max_size=60), st.text(alphabet="x01[]', ", max_size=6))
def test_any_text_is_read_without_an_error(script: str, value: str) -> None:
    assert has_test_of(script, value) in (True, False)
