"""The tests. A regular package, since the standard library has a `test` too."""
