from matplotlib.figure import Figure

from driver.report.figures import PAGE, PRINT, curve, figure, png, stage_starts, svg, window
from driver.report.run_data import read_run
from tests.unit.driver.report.fake_run import write_fake_run


def test_stage_starts_are_where_the_stage_changes(tmp_path):
    # 24 steps over three stages.
    assert stage_starts(read_run(write_fake_run(tmp_path / "fake"))) == [(0, 1), (8, 2), (16, 3)]


def test_smoothing_window_is_odd_and_bounded():
    assert [window(n) for n in (1, 24, 100, 600)] == [5, 5, 11, 25]


def test_smoothing_does_not_cross_a_stage():
    with figure(2, PRINT) as made:
        ax = made.subplots()
        curve(ax, list(range(6)), [0.0, 0.0, 0.0, 1.0, 1.0, 1.0], PRINT.ink, "x", [3])
    smooth = [line.get_ydata().tolist() for line in ax.lines if line.get_linestyle() == "-"]
    assert smooth == [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]


def test_page_figures_are_the_same_each_time_and_have_no_fixed_size():
    def draw() -> str:
        with figure(2, PAGE) as made:
            made.subplots().plot([1, 2], [3, 4], color=PAGE.series[0])
            assert isinstance(made, Figure)
            return svg(made)

    assert draw() == draw()
    assert "width=" not in draw().partition(">")[0]
    assert "viewBox=" in draw().partition(">")[0]


def test_print_figures_are_png():
    with figure(2, PRINT) as made:
        made.subplots().plot([1, 2], [3, 4])
        assert png(made).startswith(b"\x89PNG")
