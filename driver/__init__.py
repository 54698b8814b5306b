"""The command line, the stages of a run, and what a run leaves behind."""
