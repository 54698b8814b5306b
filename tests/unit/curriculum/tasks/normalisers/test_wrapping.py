import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrappings import WRAPPINGS

from curriculum.tasks.normalisers.wrapping import spellings, unwrapped, without_brackets, without_bullets


@pytest.mark.parametrize("form", WRAPPINGS.values())
def test_a_wrapped_number_is_among_its_spellings(form: str) -> None:
    assert "24" in {unwrapped(text) for text in spellings(form.format(24), "How much is 4 * 6?")}


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        (r"$$\boxed{\text{A}}$$.", "A"),
        ("**`7`**", "7"),
        ("```python\n[1, 2]\n```", "[1, 2]"),
        ("````\n```\n7\n```\n````", "7"),
        ("= 7", "7"),
        ("== 7", "7"),
        ("np.int64(7)", "7"),
        ("'1 2\\n3 4'", "1 2\n3 4"),
        ("('a ' 'b')", "a b"),
        ("\u22127", "-7"),
        ("- 7\n- 8", "7\n8"),
        ("**343*x**4 + C**", "343*x**4 + C"),
        ("[1, 2]", "[1, 2]"),
        (r"'\theta'", r"\theta"),
        ("...", "..."),
    ],
)
def test_layers_are_taken_off_one_after_another(text: str, inner: str) -> None:
    assert unwrapped(text) == inner


@pytest.mark.parametrize(
    "text",
    ["'a' or 'b'", "$1$, $2$", r"\boxed{3} or \boxed{4}", "`a` `b`", "=> 7", "*a*, *b*", "(1) (2)", "- 7"],
)
def test_what_stands_around_a_part_only_stays(text: str) -> None:
    assert unwrapped(text) == text


def test_numbers_of_a_list_are_no_bullets_unless_they_count() -> None:
    assert without_bullets("1. 6\n2. 7") == "6\n7"
    assert without_bullets("0) a\n1) b") == "a\nb"
    for text in ("1. 6.\n2. 7.", "3. 6\n5. 7", "1. 6\n7", "-6\n-7", "1. 6"):
        assert without_bullets(text) == text


@pytest.mark.parametrize(
    ("answer", "question", "value"),
    [
        ("x = 15", "Solve 3*x = 45 for x.", "15"),
        ("$x = 15$", "Solve 3*x = 45 for x.", "15"),
        ("The answer is x = 15.", "Solve 3*x = 45 for x.", "15"),
        ("x_1 = 2, x_2 = 3", "Which x are right?", "2, 3"),
        ("x = 2, x = 3", "Which x are right?", "2, 3"),
        ("A = 3, B = 4", "Which numbers are A and B?", "3, 4"),
        ("{'A': 3, 'B': 4}", "Which numbers are A and B?", "3, 4"),
        ("46 days", "Give your answer in D days.", "46"),
        ("[7]", "How much is 3 + 4?", "7"),
    ],
)
def test_what_the_question_accounts_for_is_left_out(answer: str, question: str, value: str) -> None:
    assert value in spellings(answer, question)


@pytest.mark.parametrize(
    ("answer", "question"),
    [
        ("y = 15", "Solve 3*x = 45 for x."),
        ("x = 15 or x = 16", "Solve 3*x = 45 for x."),
        ("x = 15, y = 16", "Solve 3*x = 45 for x."),
        ("B = 4, A = 3", "Which numbers are A and B?"),
        ("x = 15, 16", "Solve 3*x = 45 for x."),
        ("the answer could be 15", "Solve 3*x = 45 for x."),
        ("The answer is not 15", "Solve 3*x = 45 for x."),
    ],
)
def test_what_it_does_not_account_for_stays(answer: str, question: str) -> None:
    assert {"15", "15, 16", "3, 4", "4, 3"}.isdisjoint(spellings(answer, question))


@given(text=st.one_of(st.text(), st.text("$`'\"*_\\(){}[]=.~ \nabx1")), question=st.text(max_size=30))
def test_any_text_is_unwrapped_to_what_stands_so(text: str, question: str) -> None:
    assert isinstance(unwrapped(text), str)
    assert spellings(text, question)[0] == text
    assert len(without_brackets(text)) <= len(text)


def test_long_nests_take_no_time() -> None:
    for text in (
        "$" * 19_000,
        "`'" * 9_000,
        r"\boxed{" * 2_500,
        "= " * 9_000,
        "Answer: " * 2_000,
        "(" * 19_000,
    ):
        unwrapped(text)
        spellings(text, text)
