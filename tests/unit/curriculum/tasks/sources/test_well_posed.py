import pytest

from curriculum.tasks.sources.reasoning_gym.well_posed import follows, is_well_posed


@pytest.mark.parametrize(
    ("premises", "conclusion", "is_valid"),
    [
        (["All A are B", "All B are C"], "All A are C", True),
        (["All A are B", "No B are C"], "No A are C", True),
        # None of the kinds is empty, so what holds of all holds of some.
        (["All A are B", "All B are C"], "Some A are C", True),
        (["All A are B", "No B are C"], "Some A are not C", True),
        (["All A are B", "Some B are C"], "Some A are C", False),
        (["All A are B", "Some B are not C"], "Some A are not C", False),
        (["Some A are B", "Some B are C"], "Some A are C", False),
        (["No A are B", "All C are B"], "No A are C", True),
        (["All A are B", "Some C are A"], "Some C are B", True),
        (["All A are B", "Some C are not A"], "All B are A", False),
    ],
)
def test_a_conclusion_follows_if_no_world_speaks_against_it(
    premises: list[str], conclusion: str, is_valid: bool
) -> None:
    assert follows(premises, conclusion) == is_valid


def test_a_sentence_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match="Most A are B"):
        follows(["Most A are B", "All B are C"], "All A are C")


def _syllogism(*lines: str, answer: str) -> dict[str, object]:
    question = (
        f"1. {lines[0]}\n2. {lines[1]}\n\nDoes it logically follow that:\n{lines[2]}?\n(Answer Yes or No)"
    )
    return {"question": question, "answer": answer, "metadata": {}}


def test_syllogisms_whose_stored_answer_is_wrong_are_left_out() -> None:
    wrong = ("All spiders are chefs", "Some chefs are bees", "Some spiders are bees")
    assert not is_well_posed("syllogism", _syllogism(*wrong, answer="Yes"))
    assert is_well_posed("syllogism", _syllogism(*wrong, answer="No"))
    right = ("All dolphins are mortals", "All mortals are animals", "All dolphins are animals")
    assert is_well_posed("syllogism", _syllogism(*right, answer="Yes"))


@pytest.mark.parametrize(
    ("relationship", "is_kept"), [("mother-in-law", False), ("nephew", False), ("aunt", True)]
)
def test_relations_that_are_told_from_the_other_side_are_left_out(relationship: str, is_kept: bool) -> None:
    item = {"question": "", "answer": relationship, "metadata": {"relationship": relationship}}
    assert is_well_posed("family_relationships", item) == is_kept


def test_two_circles_of_colleagues_are_left_out() -> None:
    assert not is_well_posed(
        "aiw", {"question": "How many female colleagues does Matilda have?", "answer": "2"}
    )
    assert is_well_posed("aiw", {"question": "How many sisters does Alice's brother have?", "answer": "2"})
