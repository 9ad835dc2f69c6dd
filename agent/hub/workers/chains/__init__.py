"""Decides what a new epoch, a second report of a number, a hand-over and a run that is lost mean for chains."""
