"""The parts of a run, in the order of driver/pipeline.py: one file each, each skipped if its output is there."""
