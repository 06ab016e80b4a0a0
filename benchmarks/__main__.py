"""`python -m benchmarks`: every benchmark that prints ratios."""

from benchmarks.bench import main

main()
