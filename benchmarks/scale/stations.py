"""What work waits for: servers with a line, and engines that many sequences share."""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Generator
from typing import Any

import simpy

Steps = Generator[simpy.Event, Any, None]


class Station:
    """Servers that take jobs one each, the first come first.

    Example: `yield from Station(env, 2).serve(3.0)` takes 3 s of one of two servers, after those before it.
    """

    def __init__(self, env: simpy.Environment, servers: float = 1) -> None:
        """Idle; `servers` may be infinite."""
        self._env = env
        self._servers = servers
        self._line = simpy.Resource(env, servers)  # type: ignore[arg-type]
        self._changed_at = env.now
        self.reset()

    def reset(self) -> None:
        """Count anew from now on."""
        self._note()
        self.num_served = 0
        self.busy_s = self.waited_s = self.spent_s = 0.0
        self.seconds_at: defaultdict[int, float] = defaultdict(float)
        self._since = self._env.now

    def serve(self, seconds: float) -> Steps:
        """Wait for a server and hold it for so long."""
        arrived = self._env.now
        with self._line.request() as place:
            yield place
            self.waited_s += self._env.now - arrived
            self._note(before=-1)
            yield self._env.timeout(seconds)
            self._note()
        self.busy_s += seconds
        self.spent_s += self._env.now - arrived
        self.num_served += 1

    @property
    def share(self) -> float:
        """Busy part of all servers' time since `reset`; of one server's, where they are without number."""
        elapsed = self._env.now - self._since
        servers = 1 if self._servers == float("inf") else self._servers
        return self.busy_s / (elapsed * servers) if elapsed else 0.0

    def quantile(self, share: float) -> int:
        """Servers that are enough for this share of the time."""
        self._note()
        left = share * sum(self.seconds_at.values())
        for count in sorted(self.seconds_at):
            left -= self.seconds_at[count]
            if left <= 0:
                return count
        return max(self.seconds_at, default=0)

    def _note(self, before: int = 0) -> None:
        """Account for the time since the last change; a job that has just got its place is not in it yet."""
        if hasattr(self, "seconds_at"):
            self.seconds_at[self._line.count + before] += self._env.now - self._changed_at
        self._changed_at = self._env.now


class Engine:
    """Sequences that are decoded together: one pass gives each a token, and the more there are the longer it takes.

    Example: with `Engine(env, 0.01, 0.001)`, two sequences of 100 tokens take 1.2 s together, one alone 1.1 s.
    """

    def __init__(self, env: simpy.Environment, base_s: float, sequence_s: float) -> None:
        """Empty; a pass over n sequences takes `base_s + n sequence_s` seconds."""
        self._env = env
        self._base_s, self._sequence_s = base_s, sequence_s
        # Tokens that a sequence which was always there would have by now; the others leave at a mark on it.
        self._tokens = 0.0
        self._at = env.now
        self._marks: list[tuple[float, int, simpy.Event]] = []
        self._ids = itertools.count()
        self._plan_id = 0
        self._is_paused = False
        self.num_rollouts = 0
        self.busy_s = 0.0
        self.tokens_made = 0.0

    def generate(self, tokens: float) -> simpy.Event:
        """An event that comes when so many tokens have been made."""
        self._advance()
        done = self._env.event()
        heapq.heappush(self._marks, (self._tokens + tokens, next(self._ids), done))
        self._plan()
        return done

    def pause(self) -> None:
        """Make nothing until `resume`; sequences keep what they have."""
        self._advance()
        self._is_paused = True
        self._plan()

    def resume(self) -> None:
        """Go on."""
        self._advance()
        self._is_paused = False
        self._plan()

    def _pass_s(self) -> float:
        return self._base_s + self._sequence_s * len(self._marks)

    def _advance(self) -> None:
        elapsed, self._at = self._env.now - self._at, self._env.now
        if self._marks and not self._is_paused:
            made = elapsed / self._pass_s()
            self._tokens += made
            self.tokens_made += made * len(self._marks)
            self.busy_s += elapsed

    def _plan(self) -> None:
        self._plan_id += 1
        if not self._marks or self._is_paused:
            return
        plan_id, left = self._plan_id, max(0.0, self._marks[0][0] - self._tokens)
        timeout = self._env.timeout(left * self._pass_s())
        timeout.callbacks.append(lambda _: self._finish(plan_id))

    def _finish(self, plan_id: int) -> None:
        if plan_id != self._plan_id:
            return
        self._advance()
        # Rounding must not keep the one whose time this is.
        self._tokens = max(self._tokens, self._marks[0][0])
        while self._marks and self._marks[0][0] <= self._tokens:
            heapq.heappop(self._marks)[2].succeed()
        self._plan()
