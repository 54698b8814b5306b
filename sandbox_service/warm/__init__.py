"""The pool of warm workers: interpreters that have imported what scripts need, and fork for each script."""
