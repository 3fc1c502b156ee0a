"""What is wrong with an authority; apart from what makes certificates, which takes long to load."""


class UnusableAuthority(Exception):
    """The authority in the folder cannot vouch for what is asked. The text says what to do."""
