"""Holds what serves people on site: one look, ledger, doctor, hand-over, filing, bundle."""
