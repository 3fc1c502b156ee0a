"""A PKCS #11 library with one token in memory, which errs as devices do.

It has as much of python-pkcs11's face as a master key needs.
"""

import pkcs11
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from pkcs11 import Attribute, KeyType, Mechanism

MODULE = "/usr/lib/fake.so"
TOKEN = "vault"
PIN = "1234"


class MemoryLibrary:
    """`load` opens it by its path. A test may change `pin`, `objects`, `has_ecb`, `is_failing`."""

    def __init__(self, entropy):
        self.entropy = entropy
        self.pin = PIN
        self.objects = []
        self.has_ecb = True
        self.is_failing = False
        self.logins = 0
        self._sessions = []

    def load(self, path):
        if path != MODULE:
            raise pkcs11.PKCS11Error(f"OS exception while loading {path}")
        return self

    def get_token(self, *, token_label, token_serial):
        if token_label != TOKEN and token_serial != b"0001":
            raise pkcs11.NoSuchToken("No token matching")
        return _Token(self)

    def restart(self):
        """As when the device was switched off and on: nobody is logged in, no session lives."""
        for session in self._sessions:
            session.is_open = False
        self._sessions.clear()

    def add(self, label, **attributes):
        """An object that somebody made with another tool."""
        known = {
            "CLASS": pkcs11.ObjectClass.SECRET_KEY,
            "KEY_TYPE": KeyType.AES,
            "VALUE_LEN": 32,
            "SENSITIVE": True,
            "EXTRACTABLE": False,
            "LABEL": label,
            "ID": b"",
        }
        values = {Attribute[name]: value for name, value in (known | attributes).items()}
        self.objects.append((values, self.entropy.take(values[Attribute.VALUE_LEN])))


class _Token:
    def __init__(self, library):
        self.library = library

    def open(self, *, rw=False, user_pin=None):
        library = self.library
        if user_pin is not None:
            library.logins += 1
            if library._sessions:
                raise pkcs11.UserAlreadyLoggedIn
            if user_pin != library.pin:
                raise pkcs11.PinIncorrect
        session = _Session(library, is_writing=rw)
        library._sessions.append(session)
        return session


class _Session:
    def __init__(self, library, *, is_writing):
        self.library = library
        self.is_writing = is_writing
        self.is_open = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.check()
        self.is_open = False
        self.library._sessions.remove(self)

    def check(self):
        if not self.is_open:
            raise pkcs11.SessionHandleInvalid

    def get_objects(self, wanted):
        for values, key in self.library.objects:
            if all(values[name] == value for name, value in wanted.items()):
                yield _Key(self, values, key)

    def get_key(self, *, object_class, label, id):
        wanted = {Attribute.CLASS: object_class, Attribute.LABEL: label, Attribute.ID: id}
        found = self.get_objects({name: value for name, value in wanted.items() if value})
        try:
            return next(found)
        except StopIteration:
            raise pkcs11.NoSuchKey("No key matching") from None

    def generate_key(self, key_type, bits, *, id, label, store, capabilities, template):
        assert self.is_writing
        assert (key_type, store) == (KeyType.AES, True)
        assert capabilities == pkcs11.MechanismFlag.ENCRYPT | pkcs11.MechanismFlag.DECRYPT
        names = {name.name: value for name, value in template.items()}
        self.library.add(label, VALUE_LEN=bits // 8, ID=id or b"", **names)


class _Key:
    def __init__(self, session, values, key):
        self.session = session
        self.values = values
        self.key = key

    def __getitem__(self, name):
        self.session.check()
        return self.values[name]

    def encrypt(self, data, *, mechanism, mechanism_param=None):
        self.session.check()
        if mechanism is Mechanism.AES_GCM:
            if data and self.session.library.is_failing:
                raise pkcs11.FunctionFailed
            return AESGCM(self.key).encrypt(mechanism_param.nonce, data, mechanism_param.aad)
        if not self.session.library.has_ecb:
            raise pkcs11.MechanismInvalid
        return Cipher(AES(self.key), modes.ECB()).encryptor().update(data)  # noqa: S305

    def decrypt(self, data, *, mechanism, mechanism_param=None):
        self.session.check()
        assert mechanism is Mechanism.AES_GCM
        try:
            return AESGCM(self.key).decrypt(mechanism_param.nonce, data, mechanism_param.aad)
        except (InvalidTag, ValueError):
            # As SoftHSM2 says it.
            raise pkcs11.GeneralError from None
