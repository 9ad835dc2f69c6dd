"""Holds accepted reports in a log that only grows: the tree, its one sequencer, checkpoints and receipts."""
