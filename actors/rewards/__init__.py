"""From a finished rollout to a score, by rules alone."""
