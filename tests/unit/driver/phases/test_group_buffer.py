import json
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from driver.phases.group_buffer import GroupBuffer, Ticket
from tests.unit.actors.rollout_cases import task
from tests.unit.driver.summary_cases import summary

MIXED, SOLVED, FAILED = summary(2), summary(4), summary(0, 1, num_infrastructure=3)


def _buffer(groups_per_step: int = 2, num_steps: int = 3, **changes: Any) -> GroupBuffer:
    settings = {"max_staleness": 1, "refill": True, "max_refill_factor": 2.0, **changes}
    return GroupBuffer(groups_per_step, num_steps, **settings)


def _admitted(buffer: GroupBuffer, count: int) -> list[Ticket]:
    return [buffer.admit(f"g/{i}", task(f"s/f/{i}")) for i in range(count)]


@pytest.mark.parametrize(
    ("max_staleness", "num_steps", "room"),
    [(0, 3, 2), (1, 3, 4), (2, 3, 6), (5, 3, 6), (1, 1, 2)],
)
def test_room_is_for_the_steps_that_may_be_generated_ahead_and_are_left(
    max_staleness: int, num_steps: int, room: int
) -> None:
    assert _buffer(num_steps=num_steps, max_staleness=max_staleness).room() == room


def test_a_step_waits_for_its_oldest_groups_and_takes_them_in_order_of_admission() -> None:
    buffer = _buffer()
    first, second, third, fourth = _admitted(buffer, 4)
    for late in (fourth, third, second):
        assert buffer.complete(late, "reference", MIXED)
        assert not buffer.is_ready()
    buffer.complete(first, "reference", MIXED)
    assert buffer.is_ready()
    assert buffer.take() == [first, second]
    assert buffer.accounting() == {
        "generated": 16,
        "trained": 8,
        "dropped": {"infrastructure": 0},
        "buffered": 8,
    }


def test_rollouts_that_the_learner_left_out_are_dropped_and_a_refused_step_is_made_again() -> None:
    buffer = _buffer(num_steps=1)
    for ticket in _admitted(buffer, 2):
        buffer.complete(ticket, None, MIXED)
    buffer.take()
    buffer.refused(1, whole_step=False)
    assert (buffer.trained, buffer.dropped["not_finite"], buffer.room()) == (7, 1, 0)
    buffer.refused(7, whole_step=True)
    assert (buffer.trained, buffer.dropped["not_finite"], buffer.room()) == (0, 8, 2)


def test_live_weights_make_room_for_one_step_more() -> None:
    buffer = _buffer()
    for ticket in _admitted(buffer, 4):
        buffer.complete(ticket, None, MIXED)
    assert buffer.room() == 0
    buffer.take()
    # Two slots are free, but their groups would be two updates behind: the weights must be live first.
    assert buffer.room() == 0
    buffer.updated()
    assert buffer.room() == 2


def test_a_group_without_signal_is_replaced_up_to_the_limit() -> None:
    buffer = _buffer(max_refill_factor=1.5)
    first, second, *_ = _admitted(buffer, 4)
    assert not buffer.complete(first, None, SOLVED)
    assert buffer.room() == 1
    # 1.5 times two groups is one replacement; the next is kept, and left out when its step comes.
    assert buffer.complete(second, None, SOLVED)
    assert buffer.dropped["no_signal"] == 4
    third = buffer.admit("g/4", task())
    buffer.complete(third, None, MIXED)


def test_a_step_of_groups_without_signal_only_has_nothing_to_learn_from() -> None:
    buffer = _buffer(max_refill_factor=1.0)
    for ticket in _admitted(buffer, 2):
        assert buffer.complete(ticket, None, SOLVED)
    assert buffer.take() == []
    assert buffer.accounting() == {
        "generated": 8,
        "trained": 0,
        "dropped": {"infrastructure": 0, "no_signal": 8},
        "buffered": 0,
    }


def test_without_refill_every_group_counts() -> None:
    buffer = _buffer(refill=False)
    tickets = _admitted(buffer, 2)
    for ticket in tickets:
        assert buffer.complete(ticket, None, SOLVED)
    assert buffer.take() == tickets


def test_a_group_of_which_fewer_than_two_count_is_dropped_whatever_the_limit() -> None:
    buffer = _buffer(refill=False)
    for ticket in _admitted(buffer, 3):
        assert not buffer.complete(ticket, None, FAILED)
    assert buffer.accounting() == {
        "generated": 12,
        "trained": 0,
        "dropped": {"infrastructure": 12},
        "buffered": 0,
    }


@pytest.mark.parametrize(
    ("factor", "groups_per_step", "limit"), [(2.3, 10, 13), (1.0, 8, 0), (1.1, 10, 1), (1.9, 4, 3)]
)
def test_the_number_of_replacements_is_not_lost_to_rounding(
    factor: float, groups_per_step: int, limit: int
) -> None:
    buffer = _buffer(groups_per_step, 50, max_refill_factor=factor)
    dropped = 0
    while not buffer.complete(buffer.admit("g", task()), None, SOLVED):
        dropped += 1
    assert dropped == limit


def test_a_resumed_buffer_goes_on_counting_and_names_the_groups_to_start_again() -> None:
    buffer = _buffer()
    tickets = _admitted(buffer, 4)
    for ticket in tickets[:3]:
        buffer.complete(ticket, None, MIXED)
    buffer.take()
    buffer.updated()
    resumed = _buffer()
    pending = resumed.load_state_dict(json.loads(json.dumps(buffer.state_dict())))
    assert pending == ["s/f/2", "s/f/3"]
    # The third group was finished and is gone.
    assert resumed.accounting() == {
        "generated": 12,
        "trained": 8,
        "dropped": {"infrastructure": 0, "restart": 4},
        "buffered": 0,
    }
    # Two steps are left, both may be generated now.
    assert resumed.room() == 4


def test_a_state_with_unknown_or_missing_fields_is_refused() -> None:
    state = _buffer().state_dict()
    with pytest.raises(ValueError, match="expected accounting, pending_task_ids, steps"):
        _buffer().load_state_dict({**state, "extra": 1})
    with pytest.raises(ValueError, match="expected accounting"):
        _buffer().load_state_dict({"steps": 1})


class Training(RuleBasedStateMachine):
    """Groups are admitted while there is room, finish in any order, and are taken as driver/phases/train.py does."""

    @initialize(
        groups_per_step=st.integers(1, 4),
        num_steps=st.integers(1, 6),
        max_staleness=st.integers(0, 3),
        refill=st.booleans(),
        factor=st.sampled_from([1.0, 1.5, 2.0]),
    )
    def begin(
        self, groups_per_step: int, num_steps: int, max_staleness: int, refill: bool, factor: float
    ) -> None:
        self.shape = (groups_per_step, num_steps, max_staleness)
        self.max_drops = int((factor - 1) * groups_per_step)
        self.buffer = GroupBuffer(
            groups_per_step, num_steps, max_staleness=max_staleness, refill=refill, max_refill_factor=factor
        )
        self.born: dict[str, int] = {}
        self.running: list[Ticket] = []
        self.last_taken = -1
        self.num_taken = self.num_updates = self.drops = self.num_learned_from = 0

    @precondition(lambda self: self.buffer.room() > 0)
    @rule()
    def admit_all_there_is_room_for(self) -> None:
        for _ in range(self.buffer.room()):
            name = str(len(self.born))
            self.born[name] = self.num_updates
            self.running.append(self.buffer.admit(name, task()))
        assert self.buffer.room() == 0

    @precondition(lambda self: self.running)
    @rule(data=st.data(), num_correct=st.integers(0, 4), num_lost=st.integers(0, 4))
    def finish_one(self, data: st.DataObject, num_correct: int, num_lost: int) -> None:
        ticket = data.draw(st.sampled_from(self.running))
        self.running.remove(ticket)
        count = 4 - num_lost
        done = summary(min(num_correct, count), count, num_infrastructure=num_lost)
        kept = self.buffer.complete(ticket, None, done)
        if not kept and count >= 2:
            self.drops += 1

    @precondition(lambda self: self.buffer.is_ready() and self.num_taken == self.num_updates)
    @rule()
    def take_a_step(self) -> None:
        tickets = self.buffer.take()
        self.num_learned_from = sum(t.summary.num_rollouts for t in tickets if t.summary is not None)
        used = [int(ticket.group_id) for ticket in tickets]
        assert used == sorted(used)
        assert all(number > self.last_taken for number in used)
        assert all(self.num_taken - self.born[str(number)] <= self.shape[2] for number in used)
        self.last_taken = max([self.last_taken, *used])
        self.num_taken += 1
        self.drops = 0

    @precondition(lambda self: self.num_taken > self.num_updates)
    @rule()
    def have_the_weights_live(self) -> None:
        self.buffer.updated()
        self.num_updates += 1

    @precondition(lambda self: self.num_taken > self.num_updates)
    @rule()
    def have_the_step_refused(self) -> None:
        room = self.buffer.room()
        self.buffer.refused(self.num_learned_from, whole_step=True)
        self.num_taken -= 1
        self.num_learned_from = 0
        # No weights go live, yet its groups may be made again.
        assert self.buffer.room() == room + self.shape[0]

    @precondition(lambda self: self.num_taken > self.num_updates and self.num_learned_from > 0)
    @rule()
    def have_one_rollout_refused(self) -> None:
        self.buffer.refused(1, whole_step=False)
        self.num_learned_from -= 1

    @precondition(lambda self: self.num_updates == self.shape[1])
    @rule()
    def be_over(self) -> None:
        assert self.buffer.room() == self.buffer.buffered == 0
        assert self.buffer.pending_task_ids == []

    @invariant()
    def every_rollout_is_accounted_for(self) -> None:
        numbers = self.buffer.accounting()
        gone = sum(numbers["dropped"].values())
        assert numbers["generated"] == numbers["trained"] + gone + numbers["buffered"]

    @invariant()
    def no_more_groups_are_in_than_the_remaining_steps_need(self) -> None:
        groups_per_step, num_steps, _ = self.shape
        waiting = len(self.buffer.pending_task_ids)
        assert waiting + self.buffer.room() <= (num_steps - self.num_taken) * groups_per_step

    @invariant()
    def no_more_groups_are_replaced_than_allowed(self) -> None:
        assert self.drops <= self.max_drops


TestTraining = Training.TestCase
TestTraining.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
