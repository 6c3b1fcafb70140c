"""RS256 from first principles: a key of 2,048 bits, made once, and the JSON Web Tokens it signs (RFC 7518, RFC 8017)."""

import base64
import functools
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any

from ..store import Store

BITS, EXPONENT = 2_048, 65_537
SMALL_PRIMES = tuple(n for n in range(3, 2_000, 2) if all(n % p for p in range(3, int(n**0.5) + 1, 2)))
# The DER head of a SHA-256 digest in PKCS #1 v1.5.
SHA256_HEAD = bytes.fromhex("3031300d060960864801650304020105000420")


@dataclass(frozen=True)
class Key:
    """An RSA key with the name it has in the key set."""

    id: str
    modulus: int
    private: int

    def public(self) -> dict[str, str]:
        """The key as the key set shows it."""
        exponent = EXPONENT.to_bytes(3, "big")
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.id, "n": encoded(_bytes(self.modulus)), "e": encoded(exponent)}

    def token(self, claims: dict[str, Any]) -> str:
        """Claims as a signed JSON Web Token."""
        head = {"typ": "JWT", "kid": self.id, "alg": "RS256"}
        text = ".".join(encoded(json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode()) for part in (head, claims))
        return f"{text}.{encoded(self._signed(text.encode()))}"

    def _signed(self, message: bytes) -> bytes:
        digest = SHA256_HEAD + hashlib.sha256(message).digest()
        block = b"\x00\x01" + b"\xff" * (BITS // 8 - len(digest) - 3) + b"\x00" + digest
        return _bytes(pow(int.from_bytes(block, "big"), self.private, self.modulus))


def key(store: Store) -> Key:
    """The sandbox's key; the first who asks has it made."""
    row = store.one("SELECT * FROM li_keys LIMIT 1")
    if row is None:
        made = _made()
        store.run("INSERT INTO li_keys VALUES (?, ?, ?)", made.id, str(made.modulus), str(made.private))
        return made
    return Key(row["id"], int(row["modulus"]), int(row["private"]))


def encoded(value: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@functools.cache
def _made() -> Key:
    """One key per process is enough; a test run would else make hundreds."""
    while True:
        one, other = _prime(BITS // 2), _prime(BITS // 2)
        modulus, around = one * other, (one - 1) * (other - 1)
        if one != other and around % EXPONENT and modulus.bit_length() == BITS:
            return Key(f"sandbox-{hashlib.sha256(_bytes(modulus)).hexdigest()[:12]}", modulus, pow(EXPONENT, -1, around))


def _prime(bits: int) -> int:
    while True:
        # The two highest bits are set, so that the product of two has its full length.
        number = secrets.randbits(bits) | (3 << (bits - 2)) | 1
        if all(number % small for small in SMALL_PRIMES) and _is_prime(number):
            return number


def _is_prime(number: int, rounds: int = 12) -> bool:
    """Miller and Rabin."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(rounds):
        found = pow(secrets.randbelow(number - 3) + 2, odd, number)
        if found in (1, number - 1):
            continue
        for _ in range(twos - 1):
            found = found * found % number
            if found == number - 1:
                break
        else:
            return False
    return True


def _bytes(number: int) -> bytes:
    return number.to_bytes(BITS // 8, "big")
