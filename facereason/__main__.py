"""`python -m facereason`: the same as the command `facereason`."""

from facereason.cli.main import main

main()
