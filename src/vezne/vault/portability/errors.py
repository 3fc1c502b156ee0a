"""What can go wrong when cards leave or come, all of which a person can mend.

    CarryingFailure
        InvalidRecipient    a text is no public key of age's
        InvalidIdentity     a file is no private key of age's, or others can read it
        InvalidApprover     somebody cannot become an approver, or is none
        NotProven           a passphrase is not an approver's, or there were too many attempts
        ImpossibleExport    an export cannot be asked for, approved or written
        InvalidManifest     a folder holds no export, or one that was altered
        UnusableFolder      a folder is in use, or holds something else

The texts say what is wrong and quote neither cards nor secrets.
"""


class CarryingFailure(Exception):
    """An export or an import cannot go on."""


class InvalidRecipient(CarryingFailure):
    """A text is no public key of age's."""


class InvalidIdentity(CarryingFailure):
    """A file is no private key of age's, or others can read it."""


class InvalidApprover(CarryingFailure):
    """Somebody cannot become an approver, or is none."""


class NotProven(CarryingFailure):
    """A passphrase is not an approver's, or there were too many attempts."""


class ImpossibleExport(CarryingFailure):
    """An export cannot be asked for, approved or written."""


class InvalidManifest(CarryingFailure):
    """A folder holds no export, or one that was altered."""


class UnusableFolder(CarryingFailure):
    """A folder is in use, or holds something else."""
