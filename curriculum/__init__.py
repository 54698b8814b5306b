"""Which task next: tasks and their checkers, the split, improvement potential, stages. No Ray, no torch."""
