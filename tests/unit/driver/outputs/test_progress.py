import io

from rich.console import Console

from driver.outputs.progress import Progress


class _Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def _plain(clock, interval_s=10.0):
    text = io.StringIO()
    return Progress(Console(file=text, width=200), interval_s, clock), text


def test_off_a_terminal_a_line_is_said_once_per_interval():
    clock = _Clock()
    progress, text = _plain(clock)
    with progress:
        progress.start("train", 24)
        for clock.now in range(1, 25):
            progress.advance("train", note=f"reward {clock.now / 100}")
        progress.finish("train")
    # Steps take a second each: at step 10 there are 14 left, at step 20 four.
    assert text.getvalue().splitlines() == [
        "train: begins, 24 to do",
        "train: 10/24, about 14.0 s left (reward 0.1)",
        "train: 20/24, about 4.0 s left (reward 0.2)",
        "train: finished 24/24 in 24.0 s (reward 0.24)",
    ]


def test_steps_found_done_on_resume_do_not_count_as_fast_ones():
    clock = _Clock()
    progress, text = _plain(clock)
    with progress:
        progress.start("train", 100)
        progress.advance("train", 90)
        clock.now = 10.0
        progress.advance("train")
    assert "train: 91/100, about 1 min 30 s left" in text.getvalue()


def test_notes_are_text_not_markup():
    clock = _Clock()
    progress, text = _plain(clock, interval_s=0.0)
    with progress:
        progress.start("train", 2)
        progress.advance("train", note="[red]loss[/red]")
        progress.say("[bold]")
    assert "([red]loss[/red])" in text.getvalue()
    assert "[bold]" in text.getvalue()


def test_a_terminal_gets_bars():
    text = io.StringIO()
    with Progress(Console(file=text, width=120, force_terminal=True)) as progress:
        progress.start("sft", 4)
        progress.advance("sft", 4, note="loss 0.31")
        progress.finish("sft")
    assert "4/4" in text.getvalue()
    assert "loss 0.31" in text.getvalue()
