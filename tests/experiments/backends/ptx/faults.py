"""What a kernel must not do."""


class Fault(Exception):
    """What a kernel must not do, and in which thread."""

    def __init__(self, message, thread):
        super().__init__(message)
        self.thread = int(thread)


def refuse(wrong, threads, message, *details):
    """Raise a fault if something is wrong in some of the threads; the details are those of the first one."""
    if wrong.any():
        first = int(wrong.argmax())
        raise Fault(message.format(*(each[first] for each in details)), threads[first])
