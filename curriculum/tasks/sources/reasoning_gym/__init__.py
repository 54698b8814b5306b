"""Reasoning Gym: its families, its items, and the scorers that replace those of the package."""
