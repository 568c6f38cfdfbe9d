"""What type checkers must accept and refuse; `tox -e types` runs them over this folder."""
