"""The figures of docs/gpu.md are those that the code demands, and its keys exist."""

import re
import shlex

import pytest
from source_files import ROOT

from driver.config_loading import load_config
from driver.preflight import disk_gib, memory_by_role

TEXT = (ROOT / "docs" / "gpu.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \| ([\d,]+) \| ([\d.]+) \| ([\d.]+) \| (\d+) \| (\d+) \|$", re.MULTILINE)
SPEED = re.compile(
    r"^\| [\d.]+B \((?:(\d+) layers|(\d+)), (?:width )?([\d,]+)\) \| ([\d.]+) \| ([\d.]+) \| ([\d,]+) \| ([\d,]+) \|$",
    re.MULTILINE,
)
COMMAND = re.compile(r"make run ROLE=gpu CONFIG=(\w+) ARGS=(\"[^\"]+\")")
GIB = 2**30


def number(text: str) -> float:
    return float(text.replace(",", ""))


def test_the_memory_and_disk_of_each_preset_are_what_preflight_demands() -> None:
    rows = ROW.findall(TEXT)
    assert [row[0] for row in rows] == ["one_gpu", "single_node", "cluster"]
    for preset, parameters, learner, engine, checkpoint, disk in rows:
        config, count = load_config(preset), int(number(parameters))
        needed = memory_by_role(config, count)
        assert float(learner) == pytest.approx(needed["learner"], abs=0.051), preset
        assert float(engine) == pytest.approx(needed["rollout"], abs=0.051), preset
        assert float(checkpoint) == pytest.approx(14 * count / GIB, abs=0.51), preset
        assert float(disk) == pytest.approx(disk_gib(config, count), abs=0.51), preset


def test_the_speeds_follow_from_the_formula_above_them() -> None:
    billions = [1.543714304, 7.615616512, 14.770033664]
    rows = SPEED.findall(TEXT)
    assert len(rows) == 3
    for size, (long, short, width, dense, attention, slow, fast) in zip(billions, rows, strict=True):
        layers = int(long or short)
        gflop = 6 * size
        visible = 12 * layers * number(width) * 1200 / 1e9
        assert float(dense) == pytest.approx(gflop, abs=0.051)
        assert float(attention) == pytest.approx(visible, abs=0.051)
        for share, told in ((0.15, slow), (0.24, fast)):
            assert number(told) == pytest.approx(share * 989e3 / (gflop + visible), rel=0.03)


def test_every_command_of_the_page_has_a_config_that_loads() -> None:
    commands = COMMAND.findall(TEXT.replace("\\\n", " "))
    assert len(commands) == 2
    for preset, arguments in commands:
        config = load_config(preset, shlex.split(shlex.split(arguments)[0]))
        assert config.placement.shares_gpu
        assert config.engine.sleeps
