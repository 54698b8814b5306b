"""What documents, docstrings and comments point to is there."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from source_files import FOLDERS, ROOT, python_files

DOCUMENTS = sorted(
    path.relative_to(ROOT)
    for pattern in ("*.md", "docs/*.md", "examples/*.md", ".github/**/*.md")
    for path in ROOT.glob(pattern)
    if path.name != "CHANGELOG.md"  # what was, by the names it had then
)
OURS = (*FOLDERS, "benchmarks", "docs", "examples", "requirements", "tests")
# In backticks, in a link's brackets, or bare in a docstring: `driver/launch.py`, (sandbox.md), see tests/rules.
BARE = re.compile(rf"(?<![\w/.-])(?:{'|'.join(OURS)})/[\w./*{{}},-]*\w[/\w*}}]*")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[\w-]*)?\)")
QUOTED_FILE = re.compile(r"`([\w.-]+\.(?:py|md|yaml|toml|lock|in))`")
# Names that are a reader's own, or written by a run.
READERS_OWN = re.compile(r"^(?:my_\w+|try_\w+|make_traces|capitals|printed|script|report|config)\.\w+$")


def _braces(path: str) -> Iterator[str]:
    """`a/{b,c}.py` as a/b.py and a/c.py."""
    found = re.search(r"\{([^{}]*)\}", path)
    if found is None:
        yield path
        return
    for part in found.group(1).split(","):
        yield from _braces(path[: found.start()] + part.strip() + path[found.end() :])


def _is_there(path: str) -> bool:
    return all(any(ROOT.glob(one.rstrip("/."))) for one in _braces(path))


@cache
def _file_names() -> frozenset[str]:
    below = [path for name in (*OURS, ".") for path in (ROOT / name).glob("*" if name == "." else "**/*.*")]
    return frozenset(path.name for path in below)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    missing = [path for path in BARE.findall(text) if not _is_there(path)]
    links = [link for link in LINK.findall(text) if "://" not in link]
    missing += [link for link in links if not (ROOT / document.parent / link).exists()]
    quoted = [name for name in QUOTED_FILE.findall(text) if not READERS_OWN.match(name)]
    missing += [name for name in quoted if name not in _file_names()]
    assert missing == []


def test_every_path_that_a_docstring_or_comment_names_exists() -> None:
    files = python_files(*FOLDERS, "benchmarks", "examples")
    texts = {path: (ROOT / path).read_text(encoding="utf-8") for path in files}
    named = {
        str(path): [
            word
            for word in BARE.findall(text)
            if word.endswith((".py", ".md")) and not word.startswith("tests/") and not _is_there(word)
        ]
        for path, text in texts.items()
    }
    assert {path: words for path, words in named.items() if words} == {}


def test_the_architecture_names_every_room() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = [path.parent for path in python_files(*FOLDERS) if path.name == "__init__.py"]
    wanted = [f"{room}/" for room in rooms if len(room.parts) <= 2 or room.parent == Path("curriculum/tasks")]
    assert [room for room in wanted if f"| `{room}` |" not in text] == []


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("see `driver/launch.py`.", ["driver/launch.py"]),
        ("(`actors/handles/`, `docs/x.md`)", ["actors/handles/", "docs/x.md"]),
        ("`runs/laptop` and /tmp/docs/x", []),
        ("tests/unit/{a,b}.py", ["tests/unit/{a,b}.py"]),
    ],
)
def test_a_path_is_seen_in_a_sentence(text: str, paths: list[str]) -> None:
    assert BARE.findall(text) == paths
