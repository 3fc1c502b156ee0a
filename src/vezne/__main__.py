"""`python -m vezne` is `vezne`."""

from vezne.cli import main

main()
