"""Keeps the actors of a run alive: who does what next, what replaces a lost one, how long to wait. Knows no Ray."""
