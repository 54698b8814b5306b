"""The commands that look at things: tasks, rollouts, the machine."""
