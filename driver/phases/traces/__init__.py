"""Traces for SFT: the solvers' and one's own, and how long they may be."""
