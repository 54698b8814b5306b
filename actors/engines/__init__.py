"""Generation and training engines behind the classes of `actors`."""
