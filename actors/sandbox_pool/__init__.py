"""The pool of sandbox executors: which there are, who sends to which, and how many there should be."""
