import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.viewer.records import Part
from driver.viewer.transcript_parts import Scripts, Segment, guessed_segments, segments_of, transcript_parts

SHOWN = "Code Execution Results:\n"
PIECES = st.text(alphabet="ab`\n<", max_size=12)
SIX = Scripts(["print(6)\n"], [f"{SHOWN}6\n"], ["ok"])


def _flat(segments: list[Segment], scripts: Scripts) -> list[Part]:
    return [part for parts in transcript_parts(segments, scripts) for part in parts]


def test_words_scripts_and_outputs_are_told_apart() -> None:
    turn = "I count.\n```python\nprint(6)\n```\n"
    transcript = f"{turn}{SHOWN}6\nSo it is <<<6>>>"
    known = segments_of(transcript, ["model", "environment", "model"], [len(turn), len(SHOWN) + 2, 16])
    for segments in (known, guessed_segments(transcript, SIX)):
        assert [(p.kind, p.text, p.number, p.termination) for p in _flat(segments, SIX)] == [
            ("model", "I count.\n", None, None),
            ("script", "```python\nprint(6)\n```\n", 1, None),
            ("output", f"{SHOWN}6\n", 1, "ok"),
            ("model", "So it is <<<6>>>", None, None),
        ]


def test_words_that_look_like_an_output_stay_the_models() -> None:
    said = f"It will say\n{SHOWN}6\n"
    turn = f"{said}```python\nprint(6)\n```\n"
    transcript = f"{turn}{SHOWN}6\nDone."
    known = segments_of(transcript, ["model", "environment", "model"], [len(turn), len(SHOWN) + 2, 5])
    for segments in (known, guessed_segments(transcript, SIX)):
        parts = _flat(segments, SIX)
        assert [part.kind for part in parts] == ["model", "script", "output", "model"]
        assert parts[0].text == said


def test_other_words_between_turns_are_the_environments() -> None:
    segments = [
        Segment(True, "Hm."),
        Segment(False, "Solve it with a script."),
        Segment(True, "```\nprint(6)\n```"),
    ]
    assert [(part.kind, part.number) for part in _flat(segments, SIX)] == [
        ("model", None),
        ("environment", None),
        ("script", 1),
    ]
    more = [Segment(True, "```\nprint(6)\n```\n"), Segment(False, f"{SHOWN}6\n and think again")]
    assert [(part.kind, part.text) for part in _flat(more, SIX)][1:] == [
        ("output", f"{SHOWN}6\n"),
        ("environment", " and think again"),
    ]


def test_a_script_that_ran_beside_the_conversation_is_in_none_of_its_turns() -> None:
    scripts = Scripts(["print(6)\n", "assert 1\n", "print(7)\n"], ["6", "True", "7"], ["ok", "ok", "error"])
    turn = "```python\nprint({})\n```\n"
    segments = [
        Segment(True, turn.format(6)),
        Segment(False, "6"),
        Segment(True, turn.format(7)),
        Segment(False, "7"),
    ]
    assert [(part.kind, part.number, part.termination) for part in _flat(segments, scripts)] == [
        ("script", 1, None),
        ("output", 1, "ok"),
        ("script", 3, None),
        ("output", 3, "error"),
    ]


def test_an_output_that_the_model_was_never_shown_is_not_in_the_transcript() -> None:
    transcript = "```python\nprint(6)\n```\n"
    assert [part.kind for part in _flat(guessed_segments(transcript, SIX), SIX)] == ["script"]


def test_equal_scripts_are_two() -> None:
    turn = f"```python\nprint(1)\n```\n{SHOWN}1"
    scripts = Scripts(["print(1)\n"] * 2, [f"{SHOWN}1"] * 2, ["ok", "error"])
    assert [(part.kind, part.number) for part in _flat(guessed_segments(turn + turn, scripts), scripts)] == [
        ("script", 1),
        ("output", 1),
        ("script", 2),
        ("output", 2),
    ]


def test_segments_of_another_transcript_are_refused() -> None:
    with pytest.raises(ValueError, match="segments of 3 characters, but the transcript has 2"):
        segments_of("ab", ["model"], [3])


@given(turns=st.lists(st.tuples(PIECES, PIECES, PIECES), max_size=4), last=PIECES, strange=PIECES)
def test_the_parts_joined_are_the_transcript(
    turns: list[tuple[str, str, str]], last: str, strange: str
) -> None:
    said = [f"{words}```python\n{script}```\n" for words, script, _ in turns]
    pieces = [piece for text, (_, _, shown) in zip(said, turns, strict=True) for piece in (text, shown)] + [
        last
    ]
    transcript = "".join(pieces)
    sources = ["model", "environment"] * len(turns) + ["model"]
    known = segments_of(transcript, sources, [len(piece) for piece in pieces])
    codes = [script for _, script, _ in turns]
    for outputs in ([shown for _, _, shown in turns], [strange] * len(turns)):
        scripts = Scripts(codes, outputs, ["ok"] * len(turns))
        for segments in (known, guessed_segments(transcript, scripts)):
            assert "".join(part.text for part in _flat(segments, scripts)) == transcript
