"""Template tags: Django finds them only here, beside the models."""
