import json
from pathlib import Path

import pytest
from source_files import ROOT

from driver.__main__ import main

PUBLISHED = ROOT.parent / "shared" / "data" / "symbench"


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("R1CI_CACHE", str(tmp_path / "cache"))


def test_the_list_as_json_names_144_tasks_and_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len({row["name"] for row in rows}) == 144
    assert {frozenset(row) for row in rows} == {
        frozenset({"name", "source", "split", "capability", "checker", "available", "traces"})
    }
    assert {row["name"] for row in rows if row["source"] == "symbench" and row["traces"] != "solver"} == set()
    trained = [row for row in rows if row["split"] == "train" and row["traces"] == "solver"]
    assert sum(row["source"] == "reasoning_gym" for row in trained) >= 58
    assert sum(row["source"] == "bbh" for row in trained) >= 12
    assert {row["source"] for row in rows if not row["available"]} == {"bbh"}
    assert [sum(row["split"] == split for row in rows) for split in ("train", "test")] == [107, 37]


def test_the_list_says_how_to_get_missing_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks"]) == 0
    listed = capsys.readouterr().out
    assert listed.count("run tasks fetch bbh") == 27
    assert listed.count("generated stand-ins") == 3


def test_a_folder_with_official_files_makes_its_tasks_available(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    example = {"input": "Do you return?\nOptions:\n- Yes\n- No", "target": "No"}
    (tmp_path / "navigate.json").write_text(json.dumps({"examples": [example]}))
    assert main(["tasks", "--json", "--bbh-folder", str(tmp_path)]) == 0
    rows = {row["name"]: row["available"] for row in json.loads(capsys.readouterr().out)}
    assert (rows["navigate"], rows["hyperbaton"]) == (True, False)
    assert main(["tasks", "show", "navigate", "--bbh-folder", str(tmp_path)]) == 0
    assert "says of it: right" in capsys.readouterr().out


def test_a_shown_item_has_its_answer_and_the_checkers_word_on_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks", "show", "eight_queens", "--seed", "3"]) == 0
    first = capsys.readouterr().out
    assert main(["tasks", "show", "symbench/eight_queens", "--seed", "3"]) == 0
    assert capsys.readouterr().out == first
    assert "says of it: right" in first


def test_the_level_changes_the_item(capsys: pytest.CaptureFixture[str]) -> None:
    shown = []
    for level in ("0", "1"):
        assert main(["tasks", "show", "number_multiply", "--level", level]) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] != shown[1]
    assert main(["tasks", "show", "number_multiply", "--level", "99"]) == 1
    assert "correct --level" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["number_multiply", "gcd", "word_ladder"])
def test_any_text_is_scored_against_a_shown_item(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tasks", "show", name, "--seed", "5", "--json"]) == 0
    shown = capsys.readouterr().out
    (tmp_path / "q.json").write_text(shown)
    gold = json.loads(shown)["answer"]
    assert json.loads(shown)["right"] is True
    for text, verdict in (
        (gold, "right"),
        (f"I think so.\n<<<{gold}>>>", "right"),
        (f"<<<{gold}>>> no, rather <<<7, x>>>", "wrong"),
        ("<<<answer>>>", "wrong"),
        ("", "wrong"),
    ):
        (tmp_path / "a.txt").write_text(text)
        files = ["--question-file", str(tmp_path / "q.json"), "--answer-file", str(tmp_path / "a.txt")]
        assert main(["tasks", "check", name, *files]) == 0
        assert capsys.readouterr().out.startswith(verdict), text


@pytest.mark.parametrize(
    ("name", "row", "answer"),
    [
        ("navigate", {"input": "Do you return?\nOptions:\n- Yes\n- No", "target": "No"}, "no"),
        ("gcd", {"question": "GCD of 4 and 6?", "answer": "2"}, "2"),
        (
            "number_multiply",
            {"values": [-9, 43], "question": "What is the result of -9*43?", "answer": -387},
            "-387",
        ),
    ],
)
def test_items_are_read_as_their_sources_publish_them(
    name: str, row: dict[str, object], answer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "q.json").write_text(json.dumps(row))
    (tmp_path / "a.txt").write_text(answer)
    files = ["--question-file", str(tmp_path / "q.json"), "--answer-file", str(tmp_path / "a.txt")]
    assert main(["tasks", "check", name, *files, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["right"] is True


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("1. Run\n   ```python\n   print('<<<2>>>')\n   ```\n", None),
        ("```py\nprint('<<<2>>>')\n", None),
        ("Run ```Python3\nprint('<<<3>>>')\n```\nso <<<2>>>", "2"),
    ],
)
def test_an_answer_file_is_read_as_a_turn_of_the_model(
    text: str, answer: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "q.json").write_text(json.dumps({"question": "GCD of 4 and 6?", "answer": "2"}))
    (tmp_path / "a.txt").write_text(text)
    files = ["--question-file", str(tmp_path / "q.json"), "--answer-file", str(tmp_path / "a.txt")]
    assert main(["tasks", "check", "gcd", *files, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["answer"], told["right"]) == (answer, answer is not None)


@pytest.mark.parametrize("text", ["not json", "[]", '{"a": 1}'])
def test_a_file_without_an_item_is_refused_with_the_cure(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "q.json").write_text(text)
    files = ["--question-file", str(tmp_path / "q.json"), "--answer-file", str(tmp_path / "q.json")]
    assert main(["tasks", "check", "eight_queens", *files]) == 1
    assert str(tmp_path / "q.json") in capsys.readouterr().err


def test_unknown_tasks_and_missing_data_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks", "show", "eight_quens"]) == 1
    assert "eight_queens" in capsys.readouterr().err
    assert main(["tasks", "show", "navigate"]) == 1
    assert "tasks fetch bbh" in capsys.readouterr().err


def test_a_frozen_set_says_its_hash(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["tasks.sft_per_family=2", "tasks.train_per_family=2", "tasks.test_per_family=1"]
    out = str(tmp_path / "set.parquet")
    assert main(["tasks", "freeze", "smoke", *sizes, "tasks.held_out_per_family=3", "--out", out]) == 0
    assert "13 tasks" in capsys.readouterr().out
    from curriculum.tasks.sets.parquet import load

    assert load(out).is_intact()
