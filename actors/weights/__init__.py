"""A policy version as byte buckets, the same on the side that publishes and the side that loads."""
