"""`python -m snaptrade_client`: see `cli`."""

import sys

from snaptrade_client.cli import main

sys.exit(main(prog="python -m snaptrade_client"))
