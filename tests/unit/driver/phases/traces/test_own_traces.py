import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.episodes.config import RolloutConfig
from actors.episodes.transcript import Transcriber
from driver.errors import RunAbortedError
from driver.models import resolve_model
from driver.phases.traces.own_traces import Trace, own_traces

SCRIPT = "I compute.\n```python\nprint(2 * 3)\n```\n"
SHOWN = "Code Execution Results:\n6"
FINAL = "It is <<<6>>>"
LIMITS = RolloutConfig(instructions="short", max_rollout_tokens=400)
WANTED = Trace(trace_id="a", question="2 * 3?", turns=((SCRIPT, SHOWN), (FINAL, None)))
PAIRS = {"trace_id": "a", "question": "2 * 3?", "turns": [[SCRIPT, SHOWN], [FINAL, None]]}


@pytest.fixture(scope="session")
def transcriber() -> Transcriber:
    from transformers import AutoTokenizer

    return Transcriber(AutoTokenizer.from_pretrained(str(resolve_model("tiny-random-llama"))), "short")


def _said(
    *texts: str, names: tuple[str, str] = ("role", "content"), model: str = "assistant"
) -> list[dict[str, str]]:
    """A chat in which the user begins."""
    roles = ("user", model)
    return [{names[0]: roles[place % 2], names[1]: text} for place, text in enumerate(texts)]


def _read(folder: Path, transcriber: Transcriber, *rows: Any, **changes: Any) -> list[Trace]:
    path = folder / "mine.jsonl"
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    held_back = changes.pop("held_back", {})
    limits = LIMITS.model_copy(update=changes)
    return own_traces(path, transcriber=transcriber, limits=limits, held_back=held_back)


CHAT = _said("2 * 3?", SCRIPT, SHOWN, FINAL)


@pytest.mark.parametrize(
    "row",
    [
        PAIRS,
        {"trace_id": "a", "messages": CHAT},
        {"trace_id": "a", "messages": [{"role": "system", "content": "You are."}, *CHAT]},
        {"trace_id": "a", "question": "2 * 3?", "turns": CHAT[1:]},
        {"trace_id": "a", "question": "2 * 3?", "turns": CHAT},
        {"trace_id": "a", "turns": [*CHAT[:2], {"role": "tool", "content": SHOWN, "name": None}, CHAT[3]]},
        {
            "trace_id": "a",
            "conversations": _said("2 * 3?", SCRIPT, SHOWN, FINAL, names=("from", "value"), model="gpt"),
        },
        {"trace_id": "a", "messages": _said("2 * 3?", SCRIPT.strip(), SHOWN, FINAL)},
    ],
)
def test_a_trace_is_taken_as_pairs_and_as_a_chat(tmp_path: Path, transcriber: Transcriber, row: Any) -> None:
    assert _read(tmp_path, transcriber, row) == [WANTED]


def test_a_chat_without_a_name_is_named_after_its_line(tmp_path: Path, transcriber: Transcriber) -> None:
    traces = _read(tmp_path, transcriber, {"messages": CHAT}, "", {"messages": CHAT})
    assert [trace.trace_id for trace in traces] == ["line-1", "line-3"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", "a list, not an object"),
        ({**PAIRS, "turns": ["ab"]}, "turn 1 is 'ab', not [model text"),
        ({**PAIRS, "turns": "ab"}, "no turns"),
        ({**PAIRS, "turns": []}, "no turns"),
        ({**PAIRS, "turns": [[SCRIPT, SHOWN, None], [FINAL, None]]}, "turn 1 is ["),
        ({**PAIRS, "turns": [[SCRIPT, 6], [FINAL, None]]}, "turn 1 holds a str and a int"),
        ({**PAIRS, "turns": [[None, SHOWN], [FINAL, None]]}, "turn 1 holds a NoneType"),
        ({**PAIRS, "turns": [[SCRIPT, SHOWN]]}, "turn 1 of 1 must be shown null, since it is the last"),
        (
            {**PAIRS, "turns": [[SCRIPT, None], [FINAL, None]]},
            "turn 1 of 2 is shown null, yet is not the last",
        ),
        ({**PAIRS, "turns": [[SCRIPT, SHOWN], ["It is 6.", None]]}, "gives no answer"),
        ({**PAIRS, "turns": [[SCRIPT, SHOWN], ["It is <<<result>>>", None]]}, "gives no answer"),
        ({**PAIRS, "turns": [[SCRIPT, SHOWN], ["```python\nprint('<<<6>>>')", None]]}, "gives no answer"),
        ({**PAIRS, "turns": [["I compute.", SHOWN], [FINAL, None]]}, "turn 1 has no complete script"),
        ({**PAIRS, "turns": [[f"{SCRIPT} \ud800", SHOWN], [FINAL, None]]}, "a lone surrogate, '\\ud800'"),
        ({**PAIRS, "turns": [[SCRIPT, "\udfff"], [FINAL, None]]}, "a lone surrogate"),
        ({**PAIRS, "question": "\ud83d?"}, "a lone surrogate"),
        ({**PAIRS, "question": " "}, "question is ' ', not a text"),
        ({**PAIRS, "trace_id": 3}, "trace_id is 3, not a text"),
        ({"question": "2 * 3?", "turns": PAIRS["turns"]}, "trace_id is None"),
        ({"trace_id": "a", "turns": PAIRS["turns"]}, "question is None"),
        ({**PAIRS, "score": 1}, "unknown keys ['score']"),
        ({"messages": CHAT, "turns": PAIRS["turns"]}, "unknown keys ['turns']"),
        ({"messages": CHAT[:3]}, "beside the question this one is: model, other"),
        ({"messages": CHAT[:1]}, "beside the question this one is: nothing"),
        ({"messages": CHAT[1:]}, "question is None"),
        ({"messages": [*CHAT[:2], *CHAT[3:]]}, "beside the question this one is: model, model"),
        (
            {"question": "3 * 3?", "messages": CHAT},
            "beside the question this one is: other, model, other, model",
        ),
        ({"messages": [{"role": "narrator", "content": "x"}]}, "message 1 has the role 'narrator'"),
        ({"messages": [{"role": "user", "content": ["x"]}]}, "message 1 is {"),
        ({"messages": [{"role": "user"}]}, "message 1 is {'role': 'user'}"),
        ({"messages": ["hi"]}, "message 1 is 'hi'"),
    ],
)
def test_what_is_no_trace_is_refused_with_its_line_and_the_reason(
    tmp_path: Path, transcriber: Transcriber, row: Any, reason: str
) -> None:
    with pytest.raises(RunAbortedError) as caught:
        _read(tmp_path, transcriber, {**PAIRS, "trace_id": "first"}, row)
    assert "1 of 2 lines are refused. line 2: " in str(caught.value)
    assert reason in str(caught.value)
    str(caught.value).encode()


def test_a_trace_longer_than_a_rollout_is_refused_with_both_numbers(
    tmp_path: Path, transcriber: Transcriber
) -> None:
    segments = transcriber.written_rollout("a", WANTED.question, WANTED.turns).segments
    size = sum(len(s.token_ids) for s in segments)
    assert _read(tmp_path, transcriber, PAIRS, max_rollout_tokens=size) == [WANTED]
    with pytest.raises(
        RunAbortedError, match=f"{size} tokens are more than rollout.max_rollout_tokens={size - 1}"
    ):
        _read(tmp_path, transcriber, PAIRS, max_rollout_tokens=size - 1)


def test_a_question_that_is_kept_back_is_not_learned(tmp_path: Path, transcriber: Transcriber) -> None:
    with pytest.raises(RunAbortedError, match="line 1: its question is task x of split test, which must not"):
        _read(tmp_path, transcriber, PAIRS, held_back={"2 * 3?": "task x of split test"})


def test_a_name_that_stands_twice_is_refused(tmp_path: Path, transcriber: Transcriber) -> None:
    with pytest.raises(RunAbortedError, match="line 2: trace_id 'a' stands on an earlier line too"):
        _read(tmp_path, transcriber, PAIRS, PAIRS)


def test_of_many_refused_lines_the_first_three_are_told(tmp_path: Path, transcriber: Transcriber) -> None:
    with pytest.raises(RunAbortedError) as caught:
        _read(tmp_path, transcriber, PAIRS, *["[]"] * 5)
    assert "5 of 6 lines are refused. line 2: " in str(caught.value)
    assert "line 4: " in str(caught.value)
    assert "line 5" not in str(caught.value)


def test_a_file_that_is_cut_empty_missing_or_not_text_is_refused(
    tmp_path: Path, transcriber: Transcriber
) -> None:
    def read(content: bytes | None) -> list[Trace]:
        path = tmp_path / "mine.jsonl"
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        return own_traces(path, transcriber=transcriber, limits=LIMITS, held_back={})

    whole = json.dumps(PAIRS).encode()
    assert read(b"\xef\xbb\xbf" + whole + b"\r\n\r\n") == [WANTED]
    cut = whole.replace(b'"a"', b'"b"')[:-9]
    for content, reason in (
        (whole + b"\n" + cut, "line 2: not JSON"),
        (whole.replace(b"2 * 3", b"\xff"), "line 1: not UTF-8"),
        (b"\n \n", "holds no trace"),
        (None, "cannot be read"),
    ):
        with pytest.raises(RunAbortedError, match=reason):
            read(content)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(SCRIPT) | st.just(FINAL),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "content", "trace_id", "question", "turns", "messages"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["trace_id", "question", "turns", "messages"]), json_values))
def test_whatever_a_line_holds_it_is_a_trace_or_refused(
    tmp_path_factory: pytest.TempPathFactory, transcriber: Transcriber, row: Any
) -> None:
    try:
        (trace,) = _read(tmp_path_factory.getbasetemp(), transcriber, row)
    except RunAbortedError as error:
        assert "line 1: " in str(error)  # noqa: PT017 - either outcome is right, and each must be whole
    else:
        assert trace.turns[-1][1] is None
