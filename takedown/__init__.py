"""Takedown: ask platforms to remove extremist content, watch what happens, prove how long it took."""
