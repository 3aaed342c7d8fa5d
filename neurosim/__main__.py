"""`python -m neurosim` is the command line."""

import sys

from neurosim.cli import main

if __name__ == "__main__":
    sys.exit(main())
