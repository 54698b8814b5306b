import functools
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from junk_answers import JUNK
from source_files import ROOT

from curriculum.tasks.checkers import CHECKERS
from curriculum.tasks.sources.bbh import FAMILIES, distinct_examples, files, item

OFFICIAL = ROOT.parent / "shared" / "data" / "bbh" / "bbh"
EXAMPLE = {"input": "Which is a fruit?\nOptions:\n(A) a chair\n(B) a pear", "target": "(B)"}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    folder = tmp_path / "web"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder))) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_there_are_27_families_and_a_checksum_for_each_file() -> None:
    assert len(FAMILIES) == 27
    assert {f"{family.file}.json" for family in FAMILIES.values()} == set(files.CHECKSUMS)


def test_an_item_keeps_the_official_question_and_says_the_form() -> None:
    made = item("hyperbaton", EXAMPLE)
    assert made.question.startswith(EXAMPLE["input"])
    assert "<<<(A)>>>" in made.question
    assert (made.answer, made.facts) == ("(B)", {"options": {"A": "a chair", "B": "a pear"}})
    with pytest.raises(ValueError, match="not input and target"):
        item("hyperbaton", {"question": "?"})


def test_repeats_come_once_and_contradictions_not_at_all() -> None:
    rows = [
        {"input": q, "target": t} for q, t in (("a", "1"), ("A ", "1"), ("b", "1"), ("b", "2"), ("c", "3"))
    ]
    assert [row["input"] for row in distinct_examples(rows)] == ["a", "c"]


def test_fetch_gets_what_is_missing_or_damaged_and_nothing_else(
    server: tuple[Path, str], tmp_path: Path
) -> None:
    web, address = server
    texts = {"one.json": "1", "two.json": "2"}
    for name, text in texts.items():
        (web / name).write_text(text)
    checksums = {name: _sha256(text) for name, text in texts.items()}
    target = tmp_path / "bbh"
    assert files.fetch(target, address, checksums=checksums) == 2
    assert files.fetch(target, address, checksums=checksums) == 0
    (target / "two.json").write_text("damaged")
    assert files.fetch(target, address, checksums=checksums) == 1
    assert {p.name: p.read_text() for p in target.iterdir()} == texts


def test_a_file_with_another_checksum_is_refused_and_not_kept(
    server: tuple[Path, str], tmp_path: Path
) -> None:
    web, address = server
    (web / "one.json").write_text("changed")
    with pytest.raises(ValueError, match=r"one.json has SHA-256 .*not kept"):
        files.fetch(tmp_path / "bbh", address, checksums={"one.json": _sha256("1")})
    assert list((tmp_path / "bbh").iterdir()) == []


def test_a_missing_file_and_a_dead_server_are_named(server: tuple[Path, str], tmp_path: Path) -> None:
    _, address = server
    with pytest.raises(OSError, match=r"absent.json could not be fetched \(Not Found|File not found"):
        files.fetch(tmp_path, address, checksums={"absent.json": "0"})
    with pytest.raises(OSError, match="check the network"):
        files.fetch(tmp_path, "http://127.0.0.1:9", checksums={"one.json": "0"})
    with pytest.raises(ValueError, match="no web address"):
        files.fetch(tmp_path, "file:///etc", checksums={"passwd": "0"})


def test_missing_and_damaged_data_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="tasks fetch bbh"):
        files.examples("navigate", tmp_path)
    (tmp_path / "navigate.json").write_text(json.dumps({"rows": []}))
    with pytest.raises(ValueError, match="delete it and fetch it again"):
        files.examples("navigate", tmp_path)


@pytest.mark.skipif(not OFFICIAL.is_dir(), reason=f"no official BIG-Bench Hard files at {OFFICIAL}")
@pytest.mark.parametrize("name", FAMILIES)
def test_every_official_answer_passes_and_junk_only_where_it_is_right(name: str) -> None:
    check = CHECKERS[FAMILIES[name].checker]
    for example in files.examples(name, OFFICIAL):
        made = item(name, example)
        facts = {**made.facts, "answer": made.answer}
        assert check(facts, str(made.answer))
        right = {str(made.answer).strip("() ").casefold()}
        right.add(made.facts.get("options", {}).get(str(made.answer).strip("()"), "").casefold())
        passed = [junk for junk in (*JUNK, made.question) if _passes(check, facts, junk)]
        assert [junk for junk in passed if junk.strip("() ").casefold().removesuffix(".0") not in right] == []


def _passes(check, facts, junk: str) -> bool:
    try:
        return check(facts, junk)
    except Exception:
        return False


@pytest.mark.skipif(not OFFICIAL.is_dir(), reason=f"no official BIG-Bench Hard files at {OFFICIAL}")
def test_the_pinned_checksums_are_those_of_the_official_files() -> None:
    assert {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in OFFICIAL.glob("*.json")
    } == files.CHECKSUMS
