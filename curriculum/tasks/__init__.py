"""What tasks are: their sources, how answers are read and judged, and how a set of them is frozen."""
