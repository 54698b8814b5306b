"""The command line, the phases of a run, and what a run leaves behind."""
