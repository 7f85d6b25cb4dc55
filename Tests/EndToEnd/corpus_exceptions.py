"""Where our price differs from that of genai-prices, and the documentation that settles it."""


def exception(case, expected, row, answer):
    """Why the difference is right, or None."""
    return None
