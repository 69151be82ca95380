"""What a verb raises when it cannot do what it was asked."""


class NotPossible(Exception):
    """The state of things does not allow it. The message is for the person who asked and says what to do."""
