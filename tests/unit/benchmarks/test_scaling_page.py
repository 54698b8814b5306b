"""docs/scaling.md says what the settings say, and each setting where it is from."""

from pathlib import Path

import pytest
from scale.settings import ScaleSettings, sources_table

PAGE = Path(__file__).parents[3] / "docs" / "scaling.md"


@pytest.mark.parametrize("name", ScaleSettings.model_fields)
def test_every_number_has_a_source(name):
    extra = ScaleSettings.model_fields[name].json_schema_extra
    assert extra["kind"] in {"published", "measured here", "measured earlier", "arithmetic", "assumed"}
    assert extra["source"]


def test_the_page_has_the_table_of_sources_as_printed():
    assert sources_table() in PAGE.read_text()
