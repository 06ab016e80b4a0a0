"""`python -m cxresearch`."""

from cxresearch.cli import main

main()
