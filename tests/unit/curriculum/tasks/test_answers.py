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


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<<<] ] >>>>", "] ] >"),
        ("<<<] ] > >>>", "] ] >"),
        ("<<<]>>>>", "]>"),
        ("<<<] > > >>>>", "] > > >"),
        ("<<<>>>>", ">"),
        ("<<<> >>>", ">"),
        ("so <<<} ] >>>> it is.", "} ] >"),
        ("<<<)>>>>>", ")>>"),
        ("<<<)>>>>>>", ")>>>"),
        ("<<<]>>>]>>>", "]>>>]"),
        ("<<<] >>> ] >>>", "] >>> ]"),
        ("<<<< > >>>", "< >"),
        ("<<<<] ]>>>", "<] ]"),
        ("<<<<] ]>>>>", "] ]"),
        ("<<<']', '>'>>>", "']', '>'"),
        ("<<<)>>> and <<<] >>>>", "] >"),
    ],
)
def test_an_answer_of_brackets_keeps_those_that_touch_its_mark(text: str, answer: str) -> None:
    assert extract_answer(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<<<list<int>>>>", "list<int>"),
        ("<<<<b>6</b>>>>", "<b>6</b>"),
        ("<<<<b>6</b>>>>>", "<b>6</b>"),
        ("<<<6>>>>", "6"),
        ("<<<<6>>>", "6"),
        ("<<<<<6>>>>>", "6"),
        ("<<<a > b>>>>", "a > b"),
        ("<<<a -> b>>>", "a -> b"),
        ("<<<[]>>>>", "[]"),
        ("<<<3>>> ]>>>", "3"),
    ],
)
def test_other_brackets_at_a_mark_belong_to_the_answer_only_if_they_balance_it(
    text: str, answer: str
) -> None:
    assert extract_answer(text) == answer


@given(st.lists(st.sampled_from(")]}>"), min_size=1, max_size=12), st.sampled_from(["", " "]))
def test_closing_brackets_come_back_from_their_mark(closing: list[str], between: str) -> None:
    answer = extract_answer(f"The rest is <<<{between.join(closing)}>>>.")
    assert answer is not None
    assert answer.replace(" ", "") == "".join(closing)


def test_a_long_run_of_brackets_is_read_at_once() -> None:
    assert extract_answer("<" * 200_000) is None
    assert extract_answer("<<<a" * 50_000) is None
    assert extract_answer("<<<" + ">>> ]" * 50_000) is not None


@given(st.text(alphabet="<>ab \n`\u2026.", max_size=60))
def test_junk_never_raises_and_an_answer_in_words_holds_no_mark(text: str) -> None:
    answer = extract_answer(text)
    assert answer is None or answer == answer.strip() != ""
    if answer is not None and set(answer) - set("<> \n"):
        assert "<<<" not in answer
        assert ">>>" not in answer
