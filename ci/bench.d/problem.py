"""What a person can mend."""


class Problem(Exception):
    """What went wrong, and what to do next."""

    def __init__(self, message, hint=None):
        super().__init__(message)
        self.hint = hint
