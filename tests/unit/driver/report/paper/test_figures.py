from driver.report.figures import PRINT, png
from driver.report.paper.figures import CAPTIONS, PAPER_FIGURES
from driver.report.run_data import read_run
from tests.unit.driver.report.fake_run import with_agents, write_fake_run


def test_every_figure_has_a_caption_and_none_other_has() -> None:
    assert list(CAPTIONS) == list(PAPER_FIGURES)


def test_a_whole_run_has_all_of_them(tmp_path) -> None:
    data = read_run(with_agents(write_fake_run(tmp_path / "fake", items_per_family=3)))
    for draw in PAPER_FIGURES.values():
        made = draw(data, PRINT)
        assert made is not None
        assert png(made).startswith(b"\x89PNG")


def test_the_first_shows_the_mean_of_each_stage(tmp_path) -> None:
    data = read_run(write_fake_run(tmp_path / "fake", num_steps=24, items_per_family=3))
    made = PAPER_FIGURES["paper_1b"](data, PRINT)
    assert made is not None
    shown = [text.get_text() for text in made.axes[0].texts]
    rates = data.values("train", "success_rate")
    for first in (0, 8, 16):
        assert f"{sum(rates[first : first + 8]) / 8:.0%}" in shown


def test_an_empty_run_has_none(tmp_path) -> None:
    data = read_run(tmp_path)
    assert [draw(data, PRINT) for draw in PAPER_FIGURES.values()] == [None] * len(PAPER_FIGURES)
