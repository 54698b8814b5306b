"""BIG-Bench Hard's 27 families: how each one's answers are judged, and tasks from its official files.

The files carry a canary: they ask not to appear in training corpora. The paper trains on some of these families all
the same, and so does the 107/37 split; leave them out (`tasks.families`) if your model is to be compared on them.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from curriculum.tasks.config import SourceName
from curriculum.tasks.family import Item

SOURCE: SourceName = "bbh"


class BbhFamily(NamedTuple):
    """A family as the official files have it."""

    file: str
    """Name of its file, without the ending."""
    checker: str
    """Who judges its answers."""
    form: str
    """What is said of the answer's form after the official question."""


_FORMS = {
    "option": "Answer with the letter of one option in parentheses, such as <<<(A)>>>.",
    "yes_no": "Answer with yes or no between <<< and >>>.",
    "boolean": "Answer with True or False between <<< and >>>.",
    "validity": "Answer with valid or invalid between <<< and >>>.",
    "number": "Answer with one whole number between <<< and >>>.",
    "brackets": "Answer with the missing closing brackets only, separated by spaces, with a space before >>>.",
    "words": "Answer with the words in order, separated by spaces, between <<< and >>>.",
}
_NAMES_BY_CHECKER = {
    "option": """
        date_understanding disambiguation_qa geometric_shapes hyperbaton logical_deduction_three_objects
        logical_deduction_five_objects logical_deduction_seven_objects movie_recommendation penguins_in_a_table
        reasoning_about_colored_objects ruin_names salient_translation_error_detection snarks temporal_sequences
        tracking_shuffled_objects_three_objects tracking_shuffled_objects_five_objects
        tracking_shuffled_objects_seven_objects
    """,
    "yes_no": "causal_judgement navigate sports_understanding web_of_lies",
    "boolean": "boolean_expressions",
    "validity": "formal_fallacies",
    "number": "multistep_arithmetic_two object_counting",
    "brackets": "dyck_languages",
    "words": "word_sorting",
}
_OPTION = re.compile(r"^\(([A-Z])\)[ \t]*(.*)$", re.MULTILINE)
_CHECKER_OF_FILE = {name: checker for checker, names in _NAMES_BY_CHECKER.items() for name in names.split()}

FAMILIES: dict[str, BbhFamily] = {
    # Reasoning Gym has a family called word_sorting as well.
    ("bbh_word_sorting" if name == "word_sorting" else name): BbhFamily(name, checker, _FORMS[checker])
    for name, checker in sorted(_CHECKER_OF_FILE.items())
}
"""The 27 families by our name, which is the official one but for `bbh_word_sorting`."""


def item(family: str, example: dict[str, Any]) -> Item:
    """The item in one example of the official file.

    Raises:
        ValueError: If the example does not have `input` and `target`.
    """
    if not {"input", "target"} <= example.keys():
        raise ValueError(f"an example of {family} has {sorted(example)}, not input and target")
    question, target = str(example["input"]).strip(), str(example["target"]).strip()
    entry = FAMILIES[family]
    facts: dict[str, Any] = {"options": dict(_OPTION.findall(question))} if entry.checker == "option" else {}
    return Item(question=f"{question}\n\n{entry.form}", answer=target, facts=facts)


def distinct_examples(examples: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Examples with one target each: a repeated question comes once, one with two targets not at all."""
    by_question: dict[str, dict[str, Any]] = {}
    contradicted = set()
    for example in examples:
        key = " ".join(str(example["input"]).casefold().split())
        first = by_question.setdefault(key, example)
        if first["target"] != example["target"]:
            contradicted.add(key)
    return (example for key, example in by_question.items() if key not in contradicted)
