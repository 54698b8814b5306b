"""The system on paper: a simulation of the training loop from 8 to 4,096 GPUs, and the arithmetic beside it."""
