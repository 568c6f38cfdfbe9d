"""Comparisons with other clients of the same service, each in an environment of its own."""
