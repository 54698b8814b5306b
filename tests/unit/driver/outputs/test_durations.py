from driver.outputs.durations import duration


def test_durations_in_words():
    assert duration(0.26) == "0.3 s"
    assert duration(59.9) == "59.9 s"
    assert duration(95.6) == "1 min 35 s"
    assert duration(3700) == "1 h 01 min"
