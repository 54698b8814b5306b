"""Which published rows are worth asking."""

import json
from pathlib import Path

import pytest
from published_rows import published_rows

from curriculum.tasks.config import FamilyConfig, TaskSetConfig
from curriculum.tasks.family import Item
from curriculum.tasks.payloads import decode_payload
from curriculum.tasks.sources.generated import claims_by_facts
from curriculum.tasks.sources.source import SOURCES
from curriculum.tasks.sources.symbench.published import answer_stands_in_question, published_drafts

SYMBENCH = SOURCES["symbench"]


def _written(tmp_path: Path, name: str, rows: list[dict]) -> str:
    (tmp_path / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    return str(tmp_path)


def test_an_answer_that_can_be_copied_is_seen_whatever_separates_it() -> None:
    board = "Board:\n* 1 0\n0 0 *\n1 1 *\nWhat comes of it?"
    assert answer_stands_in_question(Item(board, "*,1,0,0,0,*,1,1,*"))
    assert not answer_stands_in_question(Item(board, "*,1,0,0,1,*,1,1,*"))
    assert not answer_stands_in_question(Item("Is 12 more than 7?", "12"))  # short: by chance
    assert not answer_stands_in_question(Item("Which?", None))


@pytest.mark.parametrize("name", ["reversi", "light_puzzles", "2048"])
def test_published_rows_whose_answer_stands_in_the_question_are_left_out(tmp_path: Path, name: str) -> None:
    folder = _written(tmp_path, name, published_rows(name))
    drafts = list(published_drafts(name, folder, lambda _: True))
    for found in drafts:
        assert not answer_stands_in_question(Item(found.question, decode_payload(found.payload)["answer"]))
    assert len(drafts) < len(published_rows(name))


def test_a_family_whose_published_rows_all_give_themselves_away_stays_generated(tmp_path: Path) -> None:
    folder = _written(tmp_path, "reversi", published_rows("reversi"))
    _written(tmp_path, "letters", published_rows("letters"))
    config = TaskSetConfig(symbench_folder=folder)
    reversi, letters = (FamilyConfig(name=name, source="symbench") for name in ("reversi", "letters"))
    assert SYMBENCH.with_data(reversi, config).data is None
    assert SYMBENCH.with_data(letters, config).data == folder


def test_the_same_facts_in_other_words_are_the_same_item() -> None:
    claims = claims_by_facts(lambda _: True)
    assert claims(Item("Ann and Bob and 3 others sit down", "12", {"people": 5}))
    assert not claims(Item("Eve and Dan and 3 others sit down", "12", {"people": 5}))
    assert claims(Item("Eve and Dan and 4 others sit down", "72", {"people": 6}))


def test_no_two_generated_tasks_of_a_family_have_the_same_facts() -> None:
    for name in ("math_counting_and_probability", "math_geometry", "gsm_hard", "game24", "reversi"):
        stream = SYMBENCH.drafts(FamilyConfig(name=name, source="symbench"), seed=1, is_new=lambda _: True)
        payloads = [draft.payload for _, draft in zip(range(150), stream, strict=False)]
        assert len(set(payloads)) == 150, name


def test_no_template_fills_its_level_with_a_handful_of_problems() -> None:
    stream = SYMBENCH.drafts(
        FamilyConfig(name="math_counting_and_probability", source="symbench"), seed=0, is_new=lambda _: True
    )
    facts = [decode_payload(draft.payload) for _, draft in zip(range(200), stream, strict=False)]
    seats = {f["values"]["people"] for f in facts if f["template"] == "round_table"}
    assert len(seats) == sum(f["template"] == "round_table" for f in facts) <= 10
