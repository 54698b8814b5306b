"""docs/config.md: made from the code, complete, and each sentence worth reading."""

import re
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field
from source_files import ROOT

from driver.__main__ import main
from driver.commands.config_page import config_page
from driver.config import RunConfig
from driver.config_loading import known_keys, load_config

KEYS = known_keys(RunConfig)
ROW = re.compile(r"^\| \[?`([a-z0-9_.]+)`(?:\]\(#[a-z0-9_]+\))? \| (.*) \| (.*) \| (.*) \|$", re.MULTILINE)
ROWS = {key: (value, default, meaning) for key, value, default, meaning in ROW.findall(config_page())}


def _field(key: str) -> object:
    config: object = RunConfig()
    for name in key.split("."):
        config = getattr(config, name)
    return config


def test_the_page_in_the_repository_is_what_the_code_gives(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "--markdown"]) == 0
    assert capsys.readouterr().out == (ROOT / "docs/config.md").read_text(), "run `make docs`"


def test_every_key_has_one_row_in_the_config_s_order_within_its_section() -> None:
    assert Counter(key for key, *_ in ROW.findall(config_page())) == Counter(KEYS)
    for section in {key.rpartition(".")[0] for key in KEYS}:
        inside = [key for key in KEYS if key.rpartition(".")[0] == section]
        assert [key for key in ROWS if key in inside] == inside


@pytest.mark.parametrize("key", KEYS)
def test_a_sentence_says_something_of_its_own(key: str) -> None:
    meaning = ROWS[key][2]
    assert len(meaning.split()) >= 4, meaning
    assert meaning.endswith("."), meaning


def test_no_two_keys_of_a_section_have_the_same_sentence() -> None:
    told = Counter((key.rpartition(".")[0], meaning) for key, (*_, meaning) in ROWS.items())
    assert {entry: count for entry, count in told.items() if count > 1} == {}


@pytest.mark.parametrize("key", [key for key in KEYS if ROWS[key][0] != "section"])
def test_a_default_on_the_page_read_as_yaml_is_the_default_in_the_code(key: str) -> None:
    told = ROWS[key][1]
    if told.startswith("what `"):
        pytest.skip("the machine decides")
    read = yaml.safe_load(told.strip("`").replace(r"\|", "|"))
    value = _field(key)
    if isinstance(value, float):
        assert float(read) == value  # PyYAML takes 1e-05 for text, which the config then reads as a number
    else:
        assert read == (list(value) if isinstance(value, tuple) else _plain(value))


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


class _Inner(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)

    size: int = Field(default=3, gt=2, le=9)
    """How large it is."""


class _Outer(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)

    kind: Literal["a", "b"] | None = None
    """Either `a` or `b|c`."""
    shares: tuple[Annotated[float, Field(ge=0.5)], ...] = (1.0,)
    """Parts of
    the whole."""
    pair: tuple[int, str]
    """Two of them."""
    inner: _Inner = _Inner()
    """The part inside."""
    other: _Inner = _Inner(size=7)
    """The other part inside."""


def test_types_limits_and_sections_are_written_for_a_reader() -> None:
    page = config_page(_Outer)
    assert r"| `kind` | `a` or `b` or `null` | `null` | Either `a` or `b\|c`. |" in page
    assert "| `shares` | list of number, at least 0.5 | `[1.0]` | Parts of the whole. |" in page
    assert "| `pair` | list of 2: integer, text | none: it must be set | Two of them. |" in page
    assert "| [`inner`](#inner) | section |  | The part inside. |" in page
    assert "| `other.size` | integer, above 2, at most 9 | `7` | How large it is. |" in page
    assert "## inner\n\nThe part inside.\n\n| key" in page
    assert "| `inner.size` | integer, above 2, at most 9 | `3` | How large it is. |" in page


def test_a_config_printed_as_yaml_is_that_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "smoke", "learner.sft.lr=3e-5"]) == 0
    file = tmp_path / "printed.yaml"
    file.write_text(capsys.readouterr().out)
    assert load_config(str(file)) == load_config("smoke", ["learner.sft.lr=3e-5"])
