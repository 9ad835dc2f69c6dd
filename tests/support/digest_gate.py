"""A device behind HTTP Digest that counts what its log would show: challenges, logins taken and logins refused."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from devices import PASSWORD, USER, Asked, digest_accepts, digest_parameters, http


class Gate:
    """A device behind Digest: counts challenges, good and refused logins."""

    def __init__(
        self,
        algorithm: str = "MD5",
        qop: str = ', qop="auth"',
        password: str = PASSWORD,
        names_stale: bool = False,
        says_stale: bool = True,
    ) -> None:
        self.algorithm, self.qop, self.password = algorithm, qop, password
        self.names_stale, self.says_stale = names_stale, says_stale
        self.renewed = 0
        self.nonces: Iterator[int] = itertools.count(1)
        self.nonce, self.uses, self.limit = "", 0, 1000
        self.challenged = self.accepted = self.refused = 0
        self.counts: list[str] = []

    def challenge(self, *, stale: bool = False) -> bytes:
        """Make a new nonce and ask for a login."""
        self.nonce, self.uses = f"nonce-{next(self.nonces)}", 0
        words = f'Digest realm="a, \\"b\\"", nonce="{self.nonce}"{self.qop}, algorithm={self.algorithm}'
        word = ", stale=true" if stale and self.says_stale else ', stale="FALSE"' if self.names_stale else ""
        return http(401, b"", ("WWW-Authenticate", words + word))

    def __call__(self, asked: Asked) -> bytes:
        """Answer one request."""
        if not asked.authorization:
            self.challenged += 1
            return self.challenge()
        given = digest_parameters(asked.authorization)
        if given["nonce"] != self.nonce or self.uses >= self.limit:
            self.renewed += 1
            return self.challenge(stale=True)
        assert given["uri"] == asked.target
        if not digest_accepts(asked.authorization, asked.method, self.password, USER, self.algorithm, realm='a, "b"'):
            self.refused += 1
            return self.challenge()
        self.uses += 1
        self.accepted += 1
        self.counts.append(given.get("nc", ""))
        return http(200, b"in")
