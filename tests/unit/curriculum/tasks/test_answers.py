import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.tasks.answers import extract_answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The result is <<<42>>>.", "42"),
        ("first <<<1>>> and then <<< 2 >>>", "2"),
        ("a grid <<<1 2\n3 4>>>", "1 2\n3 4"),
        ("<<<<6>>>>", "6"),
        ("<<<unclosed <<<7>>>", "7"),
        ("<<<a > b>>>", "a > b"),
        ("<<<[]>>>", "[]"),
        ("<<<answers>>>", "answers"),
    ],
)
def test_last_bracketed_text_is_the_answer(text: str, answer: str) -> None:
    assert extract_answer(text) == answer


@pytest.mark.parametrize(
    "content",
    [
        "",
        "  ",
        "...",
        "\u2026",
        "answer",
        "Answer",
        "answer content",
        "your answer",
        "[your answer]",
        '"answer"',
        "**answer**",
        "final  answer",
        "{answer}",
        "answer.",
    ],
)
def test_placeholder_is_not_an_answer(content: str) -> None:
    assert extract_answer(f"I think <<<{content}>>>") is None


def test_placeholder_after_an_answer_withdraws_it() -> None:
    assert extract_answer("<<<5>>> so <<<answer>>>") is None


@pytest.mark.parametrize("text", ["", "42", "<<42>>", "<<<42", "42>>>", ">>>42<<<", "<<< <<<"])
def test_text_without_a_bracketed_answer_has_none(text: str) -> None:
    assert extract_answer(text) is None


def test_answer_printed_by_a_script_is_not_the_models_answer() -> None:
    script = '```python\nprint("<<<5>>>")\n```'
    assert extract_answer(script) is None
    assert extract_answer(f"<<<4>>>\n{script}") == "4"
    assert extract_answer(f"{script}\n<<<6>>>") == "6"


@given(st.text(alphabet="<>ab \n`\u2026.", max_size=60))
def test_junk_never_raises_and_an_answer_holds_no_brackets(text: str) -> None:
    answer = extract_answer(text)
    assert answer is None or ("<<<" not in answer and ">>>" not in answer and answer == answer.strip() != "")
