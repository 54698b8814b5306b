"""The sentence under a field is the reader's only reference: it says something, and something of its own."""

import ast
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from source_files import FOLDERS, python_files, tree

MIN_WORDS = 4


def _sentences(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Name and sentence of each field that has one."""
    for field, text in pairwise(node.body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(sentence))):
                yield name, " ".join(sentence.split())


def _classes() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for path in python_files(*FOLDERS):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef):
                yield f"{path}:{node.name}", list(_sentences(node))


def test_no_sentence_under_a_field_is_shorter_than_four_words() -> None:
    short = [
        f"{where}.{name}: {text}"
        for where, sentences in _classes()
        for name, text in sentences
        if len(text.split()) < MIN_WORDS
    ]
    assert short == []


def test_no_two_fields_of_a_class_have_the_same_sentence() -> None:
    repeated = {where: Counter(text for _, text in sentences) for where, sentences in _classes()}
    found = {where: text for where, texts in repeated.items() for text, count in texts.items() if count > 1}
    assert found == {}


def test_a_class_is_read_as_a_reader_would() -> None:
    (node,) = ast.parse(
        'class A:\n    x: int\n    """How many\n    there are."""\n    y: int\n    z: int\n'
    ).body
    assert isinstance(node, ast.ClassDef)
    assert list(_sentences(node)) == [("x", "How many there are.")]
