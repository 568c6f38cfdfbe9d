"""The distributions: tests of an environment without the package, `tox run -e package`."""
