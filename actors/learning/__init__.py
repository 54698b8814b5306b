"""What the learner computes: advantages, losses, log-probabilities, micro-batches."""
