import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from driver.errors import RunFolderError
from driver.viewer import write_static_page
from tests.unit.driver.viewer.view_cases import HOSTILE, scored, write_rollouts, write_run


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("view")
    return write_static_page(write_run(folder / "run"), folder / "run.html").read_text(encoding="utf-8")


def _carried(page: str) -> dict[str, list[dict[str, object]]]:
    (text,) = re.findall(r'<script type="application/json" id="carried">(.*?)</script>', page, re.DOTALL)
    content: dict[str, list[dict[str, object]]] = json.loads(text)
    return content


def test_one_file_needs_nothing_else(page: str) -> None:
    assert re.findall(r"<(?:script|link|img)[^>]*(?:src|href)=", page) == []
    assert "@import" not in page
    assert "url(" not in page


def test_its_policy_lets_that_script_and_that_style_work_and_nothing_else(page: str) -> None:
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    for name, text in (("script-src", script), ("style-src", style)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_it_carries_curves_and_rollouts_as_they_are(page: str) -> None:
    content = _carried(page)
    assert [curve["name"] for curve in content["curves"]] == ["loss", "stage", "success_rate", "loss"]
    questions = {str(rollout["question"]) for rollout in content["rollouts"]}
    assert f"What is this? {HOSTILE}" in questions
    assert len(content["rollouts"]) == 10
    lines = [rollout["line"] for rollout in content["rollouts"]]
    assert {line["beginning"] for line in lines if isinstance(line, dict) and line["phase"] != "train"} == {
        "gcd of 9 and 6?"
    }


def test_no_text_of_the_run_ends_the_element_that_carries_it(page: str) -> None:
    assert "document.title='owned'</script>" not in page
    assert page.count("</script>") == 2


def test_of_a_long_run_it_carries_whole_groups_of_every_family_and_stays_small(tmp_path: Path) -> None:
    write_run(tmp_path)
    groups = [
        scored(f"train/{100 + i}", f"family{i % 40:02d}" if i < 50 else "much", "?", [1.0, 0.0])
        for i in range(200)
    ]
    write_rollouts(tmp_path, "train-00009", "train", 9, *groups)
    content = _carried(write_static_page(tmp_path, tmp_path / "x.html").read_text(encoding="utf-8"))
    lines = [rollout["line"] for rollout in content["rollouts"]]
    mine = [line for line in lines if isinstance(line, dict) and line["phase"] == "train"]
    assert len(mine) == 48
    assert len({line["family"] for line in mine}) == 24
    assert all(len(rollout["siblings"]) == 2 for rollout in content["rollouts"])  # type: ignore[arg-type]


def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="none"):
        write_static_page(write_run(tmp_path / "run"), tmp_path / "none" / "x.html")
