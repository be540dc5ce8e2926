"""`python -m eoslib`: the command line."""

import sys

from eoslib.cli import main

if __name__ == "__main__":
    sys.exit(main())
