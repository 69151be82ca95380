"""Edges: parse, call one verb or read, render."""
