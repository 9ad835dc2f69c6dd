"""Simulates lies in the shape of an answer: cut, empty, another one's, a fault under success."""
