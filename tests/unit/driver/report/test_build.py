import re

import pytest
import yaml

from driver.errors import RunFolderError
from driver.outputs.metrics import MetricsLog
from driver.report import build_report
from tests.unit.driver.report.fake_run import rollout_row, write_fake_run, write_rollouts


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = write_fake_run(tmp_path_factory.mktemp("run") / "fake")
    return build_report(folder, {"python": "3.11.7", "ray": "2.60.0"}).read_text()


def test_report_needs_nothing_from_outside(page):
    assert not re.search(r'(src|href)\s*=\s*"(?!#)', page.replace('xlink:href="#', ""))
    assert "<script" not in page
    assert "@import" not in page
    assert "url(http" not in page


def test_every_figure_is_inline_and_follows_the_theme(page):
    assert page.count("<svg") == 10
    assert "var(--c1)" in page
    assert "#0102" not in page


def test_headline_says_accuracy_interval_and_number_of_items(page):
    assert "77.8<small> %</small>" in page
    assert "95 % interval 71.2 to 83.2" in page
    assert "180 items" in page
    assert "60 items" in page
    assert "GRPO over SFT: +30.6 points" in page


def test_what_guests_wrote_is_escaped(page):
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;b&gt;7&lt;/b&gt;\N{REPLACEMENT CHARACTER}[0m" in page
    assert "<b>7</b>" not in page


def test_a_rollout_that_mended_its_error_is_shown_with_the_error(page):
    assert "right, after mending an error" in page
    assert "NameError: name &#39;gcd&#39; is not defined" in page


def test_accounting_is_shown_as_an_equation_that_holds(page):
    # 24 steps of 80 generated: 64 x 24 trained, 14 x 24 + 1 dropped, the rest buffered.
    assert "<b>1,920</b> generated</span> <i>=</i> <span><b>1,536</b> trained on" in page
    assert "<b>337</b> dropped</span> <i>+</i> <span><b>47</b> buffered" in page


def test_what_was_not_there_to_show_is_said(page):
    assert "One agent was evaluated" in page
    assert "No floors: the run folder has no tasks.parquet." in page


def test_versions_and_config_are_in_it(page):
    assert "ray 2.60.0" in page
    assert yaml.safe_load("name: fake")["name"] in page


def test_the_plot_for_the_readme_is_a_png(tmp_path):
    folder = write_fake_run(tmp_path / "fake", num_steps=4, items_per_family=2)
    build_report(folder)
    assert (folder / "plots" / "learning.png").read_bytes().startswith(b"\x89PNG")


def test_an_empty_run_has_a_report_that_names_what_is_missing(tmp_path):
    text = build_report(tmp_path).read_text()
    for missing in (
        "no config.yaml",
        "no evaluation.json",
        "no potential.json",
        "no phases.json",
        "no Parquet",
    ):
        assert missing in text
    assert "not evaluated" in text
    assert "<svg" not in text


def test_a_run_that_only_began_shows_what_it_has(tmp_path):
    with MetricsLog(tmp_path, "began") as log:
        log.log("sft", 0, {"loss": 2.0})
        log.log("train", 0, {"success_rate": 0.25, "reward_mean": 0.25, "stage": 1})
    write_rollouts(tmp_path, [rollout_row(0, code=[], output=[], termination=[], answer=None)])
    text = build_report(tmp_path).read_text()
    # Learning, details, and the paper's figures 1b and 5.
    assert text.count("<svg") == 4
    assert "It ran no script." in text
    assert "No GRPO step has been accounted for yet." in text


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(RunFolderError, match="there is no run folder"):
        build_report(tmp_path / "nowhere")


def test_a_broken_evaluation_file_is_named(tmp_path):
    (tmp_path / "evaluation.json").write_text('{"policies": ')
    with pytest.raises(RunFolderError, match=r"evaluation\.json is not JSON"):
        build_report(tmp_path)
