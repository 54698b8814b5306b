from sandbox_service.warm.breaker import CircuitBreaker


def opened_at(now: float) -> CircuitBreaker:
    breaker = CircuitBreaker(max_failures=3, cooldown_s=10, window_s=60)
    for _ in range(3):
        breaker.observe_failure("no memory", now)
    return breaker


def test_it_opens_with_the_last_of_so_many_failures_and_says_why_and_for_how_long():
    breaker = CircuitBreaker(max_failures=2, cooldown_s=10)
    breaker.observe_failure("no memory", 100)
    assert breaker.refusal(100) == ""
    breaker.observe_failure("no memory", 101)
    assert "2 workers in a row failed on this node (last: no memory)" in breaker.refusal(103)
    assert "the next attempt is in 8.0 s" in breaker.refusal(103)
    assert "SandboxConfig.breaker_failures" in breaker.refusal(103)


def test_failures_further_apart_than_the_window_do_not_open_it():
    breaker = CircuitBreaker(max_failures=3, cooldown_s=10, window_s=60)
    for now in (0, 50, 100, 150):
        breaker.observe_failure("lost", now)
    assert breaker.refusal(150) == ""
    breaker.observe_failure("lost", 155)
    assert breaker.refusal(155) != ""


def test_a_success_between_keeps_it_closed():
    breaker = CircuitBreaker(max_failures=2, cooldown_s=10)
    for now in range(6):
        breaker.observe_failure("lost", now)
        breaker.observe_success()
    assert breaker.refusal(6) == ""


def test_after_the_cooldown_one_request_goes_through_and_the_next_is_refused():
    breaker = opened_at(0)
    assert (breaker.refusal(9.9) != "", breaker.refusal(10)) == (True, "")
    breaker.let_through(10)
    assert breaker.refusal(10) != ""


def test_a_probe_that_fails_opens_it_again_at_once_and_one_that_succeeds_closes_it():
    breaker = opened_at(0)
    breaker.let_through(10)
    breaker.observe_failure("lost", 12)
    assert (breaker.refusal(21.9) != "", breaker.refusal(22)) == (True, "")
    breaker.let_through(22)
    breaker.observe_success()
    assert breaker.refusal(22) == ""
    breaker.observe_failure("lost", 23)
    assert breaker.refusal(23) == ""


def test_a_probe_that_never_reports_is_followed_by_another():
    breaker = opened_at(0)
    breaker.let_through(10)
    assert (breaker.refusal(19) != "", breaker.refusal(20)) == (True, "")


def test_its_state_is_a_number_for_the_metrics():
    breaker = opened_at(0)
    assert [breaker.openness(now) for now in (0, 9, 10)] == [1.0, 1.0, 0.5]
    breaker.observe_success()
    assert breaker.openness(10) == 0.0
