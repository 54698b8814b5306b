"""propositional_logic cannot be won by a constant, nor by copying."""

import itertools
from typing import Any

import pytest

from curriculum.tasks.config import FamilyConfig
from curriculum.tasks.payloads import decode_payload
from curriculum.tasks.sources.reasoning_gym.propositions import concludes, posed, truth_table
from curriculum.tasks.sources.source import SOURCES

NOT, AND, OR, IMPLIES, IFF = "\u00ac\u2227\u2228\u2192\u2194"


def _item(*premises: str, about: tuple[str, str] | None = None) -> dict[str, Any]:
    names = sorted({sign for p in premises for sign in p if sign.isalpha()})
    meta = {"premises": list(premises), "variables": names, "source_index": 0}
    question = "Given: ... What can we conclude from the above statements?"
    return {
        "question": question,
        "answer": None,
        "metadata": meta if about is None else {**meta, "about": list(about)},
    }


def test_truth_tables_by_hand() -> None:
    # Worlds 0 to 3: P is true in 1 and 3 (0b1010), Q in 2 and 3 (0b1100).
    names = ("P", "Q")
    assert truth_table("P", names) == 0b1010
    assert truth_table(f"P {AND} Q", names) == 0b1000
    assert truth_table(f"P {OR} Q", names) == 0b1110
    assert truth_table(f"P {IMPLIES} Q", names) == 0b1101
    assert truth_table(f"P {IFF} Q", names) == 0b1001
    assert truth_table(f"{NOT}P {AND} Q", names) == 0b0100
    # Not, and, or, implies, iff; implies from the right: P -> (Q -> P) is true everywhere, (P -> Q) -> P is P.
    assert truth_table(f"P {IMPLIES} Q {IMPLIES} P", names) == 0b1111
    assert truth_table(f"(P {IMPLIES} Q) {IMPLIES} P", names) == 0b1010
    assert truth_table("~P & Q | P -> Q", names) == truth_table(
        f"(({NOT}P {AND} Q) {OR} P) {IMPLIES} Q", names
    )


@pytest.mark.parametrize(
    "junk", ["", "P Q", "(P", "P)", "R", "P and Q", f"P {AND}", "P" * 301, f"P {AND} because"]
)
def test_what_is_no_formula_is_refused(junk: str) -> None:
    with pytest.raises(ValueError, match=r"formula|variables|bracket"):
        truth_table(junk, ("P", "Q"))


def test_the_strongest_conclusion_forgets_the_other_variable() -> None:
    # P -> R and R -> Q say P -> Q once R is forgotten, and nothing more.
    item = _item(f"(P {IMPLIES} R)", f"(R {IMPLIES} Q)", about=("P", "Q"))
    for right in (f"P {IMPLIES} Q", f"{NOT}P {OR} Q", f"{NOT}Q {IMPLIES} {NOT}P", f"{NOT}(P {AND} {NOT}Q)"):
        assert concludes(item, right)
    for wrong in (f"P {AND} Q", "Q", f"P {OR} Q", f"P {IFF} Q", f"P {OR} {NOT}P", f"{NOT}P"):
        assert not concludes(item, wrong)
    with pytest.raises(ValueError, match="none of the variables"):
        concludes(item, f"(P {IMPLIES} R) {AND} (R {IMPLIES} Q)")


def test_contradictory_premises_and_those_that_say_it_themselves_are_not_asked() -> None:
    assert posed(_item("P", f"{NOT}P", "Q", "R")) is None
    assert (
        posed(_item(f"(P {IMPLIES} Q)", "R")) is None
    )  # about P and Q the premise itself, else one variable alone
    asked = posed(_item(f"(P {IMPLIES} R)", f"(R {IMPLIES} Q)"))
    assert asked is not None
    assert asked["metadata"]["about"] == ["P", "Q"]  # about P and R, or R and Q, a premise says it
    assert concludes(asked, asked["metadata"]["example_answer"])
    assert "strongest conclusion about" in asked["question"]


def test_no_constant_no_copy_and_no_pattern_wins_more_than_a_quarter() -> None:
    source = SOURCES["reasoning_gym"]
    stream = source.drafts(FamilyConfig(name="propositional_logic"), seed=3, is_new=lambda _: True)
    items = [decode_payload(d.payload) for _, d in zip(range(150), stream, strict=False)]

    def right(item: dict[str, Any], answer: str) -> bool:
        try:
            return concludes(item, answer)
        except ValueError:
            return False

    literals = [sign + name for name in "PQRST" for sign in ("", NOT)]
    constants = [f"{a} {sign} {b}" for a, b in itertools.permutations(literals, 2) for sign in (AND, OR, IFF)]
    assert max(sum(right(item, c) for item in items) for c in [*literals, *constants]) <= 0.2 * len(items)
    patterns = [
        f"{a}{{0}} {sign} {b}{{1}}" for a in ("", NOT) for b in ("", NOT) for sign in (AND, OR, IFF, IMPLIES)
    ]
    assert max(
        sum(right(item, p.format(*item["metadata"]["about"])) for item in items) for p in patterns
    ) <= 0.25 * len(items)
    for item in items:
        premises, about = item["metadata"]["premises"], set(item["metadata"]["about"])
        theirs = [p for p in premises if {sign for sign in p if sign.isalpha()} <= about]
        for copied in (*premises, f" {AND} ".join(premises), f" {AND} ".join(theirs) or "P"):
            assert not right(item, copied)
