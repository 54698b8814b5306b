"""One conversation: its wording, its exact tokens, its limits."""
