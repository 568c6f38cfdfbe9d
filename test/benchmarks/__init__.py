"""What a call costs, beside other ways to make it: `python -m test.benchmarks`."""
