"""Stations and engines against what is known without simulating."""

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st
from scale.closed_forms import erlang_c, mean_wait_s
from scale.stations import Engine, Station


def arrivals(env, station, rate, service_s, count, rng):
    def job(seconds):
        yield from station.serve(seconds)

    for gap, seconds in zip(rng.exponential(1 / rate, count), rng.exponential(service_s, count), strict=True):
        yield env.timeout(gap)
        env.process(job(seconds))


def test_one_server_waits_as_in_m_m_1():
    # C(1, a) = a, so the mean wait is a s / (1 - a): 0.5 x 2 / 0.5.
    assert erlang_c(1, 0.5) == pytest.approx(0.5)
    assert mean_wait_s(1, 0.25, 2.0) == pytest.approx(2.0)


def test_two_servers_wait_as_worked_out_by_hand():
    # a = 1 on 2 servers: p0 = 1 / (1 + 1 + 1), C = p0 x (1/2) / (1 - 1/2) = 1/3.
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3)


def test_a_load_that_fills_all_servers_has_no_mean_wait():
    with pytest.raises(ValueError, match="2 servers"):
        erlang_c(2, 2.0)


@pytest.mark.parametrize(("servers", "rate"), [(1, 0.6), (4, 3.2)])
def test_a_simulated_line_waits_as_erlang_says_and_keeps_little_s_law(servers, rate):
    env = simpy.Environment()
    station = Station(env, servers)
    env.process(arrivals(env, station, rate, 1.0, 20_000, np.random.default_rng(1)))
    env.run()
    assert station.num_served == 20_000
    # Mean waits of loaded lines move slowly: the spread of this estimate is about 5 %.
    assert station.waited_s / station.num_served == pytest.approx(mean_wait_s(servers, rate, 1.0), rel=0.15)
    assert station.share == pytest.approx(rate / servers, rel=0.03)
    # Little: jobs in the system are rate x time in it; those with a server are told by their histogram.
    in_service = sum(count * seconds for count, seconds in station.seconds_at.items()) / env.now
    assert in_service == pytest.approx(station.busy_s / env.now, rel=1e-9)
    assert station.spent_s == pytest.approx(station.waited_s + station.busy_s, rel=1e-9)


def test_jobs_are_served_in_the_order_of_arrival():
    env = simpy.Environment()
    station = Station(env)
    ends = []

    def job(name, seconds):
        yield from station.serve(seconds)
        ends.append((name, env.now))

    for name, seconds in (("a", 3.0), ("b", 1.0), ("c", 2.0)):
        env.process(job(name, seconds))
    env.run()
    assert ends == [("a", 3.0), ("b", 4.0), ("c", 6.0)]
    assert station.waited_s == 3.0 + 4.0


def test_servers_that_are_enough_for_nearly_all_the_time_are_told_by_the_histogram():
    env = simpy.Environment()
    station = Station(env, float("inf"))

    def job(seconds):
        yield from station.serve(seconds)

    for seconds in (1.0, 100.0):
        env.process(job(seconds))
    env.run()
    # Two servers for 1 s, one for 99 s.
    assert {count: seconds for count, seconds in station.seconds_at.items() if seconds} == {2: 1.0, 1: 99.0}
    assert (station.quantile(0.99), station.quantile(1.0)) == (1, 2)


def ends_of(starts_and_tokens, base_s, sequence_s, pauses=()):
    env = simpy.Environment()
    engine = Engine(env, base_s, sequence_s)
    ends = {}

    def sequence(index, start, tokens):
        yield env.timeout(start)
        yield engine.generate(tokens)
        ends[index] = env.now

    def paused(start, seconds):
        yield env.timeout(start)
        engine.pause()
        yield env.timeout(seconds)
        engine.resume()

    for index, (start, tokens) in enumerate(starts_and_tokens):
        env.process(sequence(index, start, tokens))
    for pause in pauses:
        env.process(paused(*pause))
    env.run()
    return [ends[i] for i in range(len(starts_and_tokens))], engine


def test_sequences_share_passes_that_take_longer_the_more_there_are():
    # 0 to 1.2 s: two of them at 0.012 s a pass make 100 tokens each; the long one makes 100 more alone at 0.011 s.
    ends, engine = ends_of([(0, 100), (0, 200)], 0.01, 0.001)
    assert ends == pytest.approx([1.2, 2.3])
    assert engine.tokens_made == pytest.approx(300)
    assert engine.busy_s == pytest.approx(2.3)


def test_one_that_comes_later_slows_those_that_are_there():
    # Alone 1 s at 1 s a token; then 2 s a token for both: the first has 1 of 2 tokens left, the other 1.
    ends, _ = ends_of([(0, 2), (1, 1)], 0.0, 1.0)
    assert ends == pytest.approx([3.0, 3.0])


def test_a_pause_delays_all_by_its_length():
    ends, engine = ends_of([(0, 10), (0, 20)], 1.0, 0.0, pauses=[(5, 7)])
    assert ends == pytest.approx([17.0, 27.0])
    assert engine.busy_s == pytest.approx(20.0)


@settings(max_examples=40, deadline=None)
@given(
    jobs=st.lists(st.tuples(st.floats(0, 50), st.floats(0.1, 40)), min_size=1, max_size=12),
    base_s=st.floats(0.01, 1.0),
    sequence_s=st.floats(0, 0.5),
)
def test_no_token_is_lost_or_made_twice(jobs, base_s, sequence_s):
    ends, engine = ends_of(jobs, base_s, sequence_s)
    assert engine.tokens_made == pytest.approx(sum(tokens for _, tokens in jobs), rel=1e-6)
    for (start, tokens), end in zip(jobs, ends, strict=True):
        assert end - start >= tokens * (base_s + sequence_s) * (1 - 1e-6)
