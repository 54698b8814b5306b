"""Where tasks come from, and how they are frozen."""
