"""The one exception for what a user can put right."""


class UserError(Exception):
    """A problem with a named cause and a remedy, both plain sentences an artist can act on.

    ``details`` is for a report (file names, numbers), never needed to understand the message.
    """

    def __init__(self, cause: str, remedy: str, details: str = "") -> None:
        super().__init__(f"{cause} {remedy}")
        self.cause = cause
        self.remedy = remedy
        self.details = details
