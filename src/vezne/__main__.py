"""`python -m vezne` is `vezne`."""

from vezne.cli.app import main

main()
