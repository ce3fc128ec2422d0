"""``python -m ratebound``."""

from ratebound.cli import main

main(prog_name="ratebound")
