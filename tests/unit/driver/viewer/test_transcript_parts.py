from hypothesis import given
from hypothesis import strategies as st

from driver.viewer.transcript_parts import transcript_parts

SHOWN = "Code Execution Results:\n"
PIECES = st.text(alphabet="ab`\n<", max_size=12)


def test_words_scripts_and_outputs_are_told_apart() -> None:
    transcript = f"I count.\n```python\nprint(6)\n```\n{SHOWN}6\nSo it is <<<6>>>"
    parts = transcript_parts(transcript, ["print(6)\n"], [f"{SHOWN}6\n"], ["ok"])
    assert [(part.kind, part.text, part.number, part.termination) for part in parts] == [
        ("model", "I count.\n", None, None),
        ("script", "```python\nprint(6)\n```\n", 1, None),
        ("output", f"{SHOWN}6\n", 1, "ok"),
        ("model", "So it is <<<6>>>", None, None),
    ]


def test_words_that_look_like_an_output_stay_the_models() -> None:
    said = f"It will say\n{SHOWN}7\n"
    transcript = f"{said}```python\nprint(7)\n```\n{SHOWN}7\nDone."
    parts = transcript_parts(transcript, ["print(7)\n"], [f"{SHOWN}7\n"], ["ok"])
    assert [part.kind for part in parts] == ["model", "script", "output", "model"]
    assert parts[0].text == said


def test_an_output_that_the_model_was_never_shown_is_not_in_the_transcript() -> None:
    parts = transcript_parts("```python\nprint(1)\n```\n", ["print(1)\n"], [f"{SHOWN}1"], ["ok"])
    assert [part.kind for part in parts] == ["script"]


def test_equal_scripts_are_two() -> None:
    turn = f"```python\nprint(1)\n```\n{SHOWN}1"
    parts = transcript_parts(turn + turn, ["print(1)\n"] * 2, [f"{SHOWN}1"] * 2, ["ok", "error"])
    assert [(part.kind, part.number) for part in parts] == [
        ("script", 1),
        ("output", 1),
        ("script", 2),
        ("output", 2),
    ]


@given(turns=st.lists(st.tuples(PIECES, PIECES, PIECES), max_size=4), last=PIECES, strange=PIECES)
def test_the_parts_joined_are_the_transcript(
    turns: list[tuple[str, str, str]], last: str, strange: str
) -> None:
    transcript = (
        "".join(f"{words}```python\n{script}```\n{printed}" for words, script, printed in turns) + last
    )
    scripts = [script for _, script, _ in turns]
    printed = [shown for _, _, shown in turns]
    for outputs in (printed, [strange] * len(turns)):
        parts = transcript_parts(transcript, scripts, outputs, ["ok"] * len(turns))
        assert "".join(part.text for part in parts) == transcript
