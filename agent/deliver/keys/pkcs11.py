"""Holds the report key in a PKCS#11 token (TPM, smart card, HSM): made in it, used in it, never exported.

Loaded only by `agent/deliver/keys/place.py` where the configuration names a token. Decides how a token is opened, and
that a refused PIN is never tried again: not in this process, not by the next start, not by a command. A token that is
gone is `KeyUnavailable`: the next use searches for it anew.

The key is found by its label; the waiting one has the same label with `.next`. The two halves of a pair are matched
by CKA_ID, so that a crash between renaming one and the other does no harm.

Source: PKCS #11 Specification 3.1 (OASIS): 4.7 (public keys), 4.9 (private keys), 5.6 (login), 6.3 (EC).
"""

import hashlib
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, TokenFlag
from pkcs11 import exceptions as refusals
from pkcs11.util.ec import encode_named_curve_parameters

from agent.contract.signing_keys import KeyUnavailable, PublicKey, Signer, b64url, public_key
from agent.deliver.keys.pin import NAME, note_refusal, was_refused
from agent.deliver.keys.place import NEXT
from agent.model.errors import AgentError, ConfigurationError
from agent.site.config.site import KeyPlace

_T = TypeVar("_T")

_CURVE: Final = encode_named_curve_parameters("secp256r1")
_POINT_BYTES = 65  # 0x04, x, y. Source: SEC 1 section 2.3.3
_ID_BYTES = 16
_PIN_REFUSED: Final = (refusals.PinIncorrect, refusals.PinInvalid, refusals.PinLenRange)
_PIN_UNUSABLE: Final = (refusals.PinLocked, refusals.PinExpired, refusals.UserPinNotInitialized)
_UNLOCK = "look at it with its own tool; camwarden does not try the PIN before that"


class TokenKeys:
    """The keys in a token. Every method may be called from any thread; one at a time reaches the token."""

    def __init__(self, place: KeyPlace, directory: Path) -> None:
        """Open nothing yet; `directory` has the file that remembers a refused PIN."""
        if place.module is None or place.token is None or place.label is None or place.credential is None:
            raise ConfigurationError('[key] source = "token" needs module, token and credential')
        self._module, self._token, self._label = place.module, place.token, place.label
        self._pin, self._pin_name = place.credential.password, place.credential.name
        self._directory = directory
        self._lock = threading.RLock()
        self._session: Any = None
        self._opened_before = False
        self._private: dict[str, Any] = {}

    def where(self) -> str:
        """Name the token and the key's label."""
        return f"token {self._token!r}, key {self._label!r} ({self._module})"

    def current(self) -> Signer | None:
        """Return the key in use, None if the token has none of this label."""
        return self._signer(self._label)

    def waiting(self) -> Signer | None:
        """Return the key that is to replace it."""
        return self._signer(self._label + NEXT)

    def shown(self) -> tuple[PublicKey | None, PublicKey | None]:
        """Return the public halves without login, so without a PIN."""

        def look(session: Any) -> tuple[PublicKey | None, PublicKey | None]:
            current, waiting = (self._public(session, self._label + end) for end in ("", NEXT))
            return (current[0] if current else None), (waiting[0] if waiting else None)

        with self._lock:
            if self._session is not None:
                return self._doing(look)
            try:
                with self._found().open() as session:
                    return look(session)
            except refusals.PKCS11Error as error:
                raise self._gone(error) from None

    def create(self) -> Signer:
        """Make the key in the token."""
        return self._create(self._label)

    def create_waiting(self) -> Signer:
        """Make the key that is to replace it, or return the one that waits already."""
        with self._lock:
            return self.waiting() or self._create(self._label + NEXT)

    def promote(self) -> None:
        """Destroy the key in use and give its label to the waiting one. Each step can be repeated after a crash."""

        def put(session: Any) -> None:
            waiting = self._public(session, self._label + NEXT)
            if waiting is None:
                return
            new_id = waiting[1][Attribute.ID]
            for kind in (ObjectClass.PUBLIC_KEY, ObjectClass.PRIVATE_KEY):
                for old in list(session.get_objects({Attribute.CLASS: kind, Attribute.LABEL: self._label})):
                    if old[Attribute.ID] != new_id:
                        old.destroy()
            for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY):
                for new in list(session.get_objects({Attribute.CLASS: kind, Attribute.ID: new_id})):
                    new[Attribute.LABEL] = self._label
            self._private.clear()

        self._doing(put)

    def close(self) -> None:
        """Log out and close the session."""
        with self._lock:
            session, self._session = self._session, None
            self._private.clear()
            if session is not None:
                with suppress(refusals.PKCS11Error):
                    session.close()

    def _signer(self, label: str) -> Signer | None:
        found = self._doing(lambda session: self._public(session, label))
        if found is None:
            return None
        public = found[0]
        self._doing(lambda session: self._private_of(session, public.kid))  # a public half alone cannot sign
        return Signer(public.kid, public.alg, public.jwk, partial(self._sign, public.kid), may_fail=True)

    def _sign(self, kid: str, message: bytes) -> bytes:
        """Return the raw signature; the token gets the digest, which every token with ECDSA accepts."""
        digest = hashlib.sha256(message).digest()
        signature = self._doing(lambda session: self._private_of(session, kid).sign(digest, mechanism=Mechanism.ECDSA))
        return bytes(signature)

    def _private_of(self, session: Any, kid: str) -> Any:
        """Return the private half of a key by its thumbprint, under either label."""
        if kid not in self._private:
            for label in (self._label, self._label + NEXT):
                found = self._public(session, label)
                if found is not None and found[0].kid == kid:
                    wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: found[1][Attribute.ID]}
                    for key in list(session.get_objects(wanted)):
                        self._private[kid] = key
        try:
            return self._private[kid]
        except KeyError:
            raise KeyUnavailable(
                "{where}: the key {kid} is not in the token any more", where=self.where(), kid=kid
            ) from None

    def _public(self, session: Any, label: str) -> tuple[PublicKey, Any] | None:
        found = list(session.get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.LABEL: label}))
        if not found:
            return None
        if len(found) > 1:
            values = {"where": self.where(), "count": len(found), "label": label}
            raise ConfigurationError("{where}: {count} keys are called {label!r}; leave only the right one", **values)
        (key,) = found
        if key.key_type != KeyType.EC or bytes(key[Attribute.EC_PARAMS]) != _CURVE:
            raise ConfigurationError(
                "{where}: the key {label!r} is not an EC P-256 key", where=self.where(), label=label
            )
        point = bytes(key[Attribute.EC_POINT])[-_POINT_BYTES:]  # within an OCTET STRING; some tokens leave that away
        x, y = point[1:33], point[33:]
        try:
            return public_key({"crv": "P-256", "kty": "EC", "x": b64url(x), "y": b64url(y)}), key
        except ValueError:
            raise ConfigurationError(
                "{where}: the public half of {label!r} is not a point of P-256", where=self.where(), label=label
            ) from None

    def _create(self, label: str) -> Signer:
        def make(session: Any) -> None:
            while True:
                parameters = session.create_domain_parameters(KeyType.EC, {Attribute.EC_PARAMS: _CURVE}, local=True)
                parameters.generate_keypair(
                    store=True,
                    label=label,
                    id=os.urandom(_ID_BYTES),
                    public_template={Attribute.PRIVATE: False, Attribute.VERIFY: True},
                    private_template={
                        Attribute.PRIVATE: True,
                        Attribute.SENSITIVE: True,
                        Attribute.EXTRACTABLE: False,
                        Attribute.SIGN: True,
                    },
                )
                made = self._public(session, label)
                if made is None or not made[0].kid.startswith("-"):  # a dash would be read as an option
                    return
                wanted = {Attribute.LABEL: label, Attribute.ID: made[1][Attribute.ID]}
                for half in list(session.get_objects(wanted)):
                    half.destroy()

        self._doing(make)
        signer = self._signer(label)
        if signer is None:
            raise KeyUnavailable("{where}: the token has not kept the key that it made", where=self.where())
        return signer

    def _doing(self, act: Callable[[Any], _T]) -> _T:
        """Run a function in an open session; once more in a new one where the old one has ended meanwhile."""
        with self._lock:
            fresh = self._session is None
            try:
                return act(self._opened())
            except refusals.PKCS11Error as error:
                self.close()
                if fresh:
                    raise self._gone(error) from None
            try:
                return act(self._opened())
            except refusals.PKCS11Error as error:
                self.close()
                raise self._gone(error) from None

    def _gone(self, error: Exception) -> KeyUnavailable:
        words = str(error) or type(error).__name__
        return KeyUnavailable(
            "{where}: the token does not answer ({words}); put it back, or look at its driver",
            where=self.where(),
            words=words,
        )

    def _found(self) -> Any:
        """Return the token, searched anew: a library lists what was there when it was initialised."""
        library = self._library()
        try:
            if self._opened_before:
                library.reinitialize()
            self._opened_before = True
            return library.get_token(token_label=self._token)
        except refusals.MultipleTokensReturned:
            raise ConfigurationError(
                "{where}: several tokens have this label; give each its own", where=self.where()
            ) from None
        except refusals.PKCS11Error as error:
            with suppress(refusals.PKCS11Error):
                library.finalize()
            if isinstance(error, refusals.NoSuchToken):
                raise KeyUnavailable("{where}: there is no such token now; put it back", where=self.where()) from None
            raise self._gone(error) from None

    def _library(self) -> Any:
        try:
            return pkcs11.lib(str(self._module))
        except refusals.PKCS11Error as error:
            if type(error) is refusals.PKCS11Error:  # not the library's own word: it could not even be asked
                raise ConfigurationError(
                    "[key] module {module}: cannot be loaded: {error}", module=self._module, error=error
                ) from None
            raise self._gone(error) from None

    def _opened(self) -> Any:
        if self._session is None:
            token = self._found()
            if token.flags & (TokenFlag.USER_PIN_LOCKED | TokenFlag.USER_PIN_FINAL_TRY):
                raise ConfigurationError(
                    "{where}: its PIN is locked, or is after one more wrong try; {unlock}",
                    where=self.where(),
                    unlock=_UNLOCK,
                )
            if was_refused(self._directory, self._token, self._pin):
                raise self._refused("was refused before and is not tried again")
            try:
                self._session = token.open(rw=True, user_pin=self._pin)
            except _PIN_REFUSED:
                self._remember_refusal()
                raise self._refused("is refused") from None
            except _PIN_UNUSABLE as error:
                raise ConfigurationError(
                    "{where}: {kind}; {unlock}", where=self.where(), kind=type(error).__name__, unlock=_UNLOCK
                ) from None
        return self._session

    def _remember_refusal(self) -> None:
        try:
            note_refusal(self._directory, self._token, self._pin)
        except OSError as error:
            raise self._refused(f"is refused, and that cannot be remembered ({error.strerror})") from None

    def _refused(self, what: str) -> AgentError:
        values = {"where": self.where(), "pin_name": self._pin_name, "what": what, "record": self._directory / NAME}
        return ConfigurationError(
            "{where}: the PIN of [credential.{pin_name}] {what}; correct it in secrets.toml, or where it "
            "was right after all, remove {record}",
            **values,
        )
