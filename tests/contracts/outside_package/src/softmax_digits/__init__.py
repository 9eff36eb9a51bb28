"""Softmax regression of the 8x8 digits: a trainer that paretocaps finds by its entry point."""
