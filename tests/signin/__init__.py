"""Second factors and limits on guessing."""
