"""What a run writes: its folder, its metrics, its rollouts, its progress on the screen."""
