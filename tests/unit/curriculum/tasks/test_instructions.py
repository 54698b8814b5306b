import re

import pytest

from actors.episodes.config import RolloutConfig
from curriculum.tasks.answers import extract_answer
from curriculum.tasks.instructions import INSTRUCTIONS, PLACEHOLDERS
from curriculum.tasks.model_text import complete_script


def test_the_placeholders_are_those_of_the_instructions() -> None:
    assert {"result"} == PLACEHOLDERS
    assert set(re.findall(r"<<<(.*?)>>>", " ".join(INSTRUCTIONS.values()))) == {"result", "42"}


@pytest.mark.parametrize("placeholder", sorted(PLACEHOLDERS))
def test_a_placeholder_of_the_instructions_is_no_answer(placeholder: str) -> None:
    for said in (f"<<<{placeholder}>>>", f"<<< {placeholder.title()}. >>>", f"<<<[{placeholder}]>>>"):
        assert extract_answer(said) is None
    assert extract_answer("<<<42>>>") == "42"


def test_every_wording_that_a_config_may_name_is_there() -> None:
    for name in INSTRUCTIONS:
        assert RolloutConfig.model_validate({"instructions": name}).instructions == name
    with pytest.raises(ValueError, match="'short', 'full', 'text' or 'code_first'"):
        RolloutConfig.model_validate({"instructions": "none"})


@pytest.mark.parametrize("name", ["short", "full", "code_first"])
def test_the_fence_that_the_instructions_show_is_one_that_counts(name: str) -> None:
    assert complete_script(INSTRUCTIONS[name]) is not None
