"""Before a Kafka broker that knows no accounts: the server's side of Kafka's SASL with SCRAM-SHA-512 (RFC 5802), as a door's guard."""

import asyncio
import base64
import hashlib
import hmac
import os
import struct

_API_VERSIONS, _HANDSHAKE, _AUTHENTICATE = 18, 17, 36
_REFUSED = 58  # SASL_AUTHENTICATION_FAILED
_MECHANISM = "SCRAM-SHA-512"
_ROUNDS = 4096


class Scram:
    """One exchange with a client that claims to be `user` and to know `password`."""

    def __init__(self, user: str, password: str) -> None:
        self._user, self._salt = user, os.urandom(16)
        salted = hashlib.pbkdf2_hmac("sha512", password.encode(), self._salt, _ROUNDS)
        client_key = _hmac(salted, b"Client Key")
        self._stored, self._server_key = hashlib.sha512(client_key).digest(), _hmac(salted, b"Server Key")
        self._nonce = self._said = b""

    def first(self, message: bytes) -> bytes | None:
        """The answer to `n,,n=USER,r=NONCE`, None if it is about another user."""
        bare = message.removeprefix(b"n,,")
        about = _fields(bare)
        if about[b"n"] != self._user.encode():
            return None
        self._nonce = about[b"r"] + base64.b64encode(os.urandom(18))
        answer = b"r=" + self._nonce + b",s=" + base64.b64encode(self._salt) + b",i=%d" % _ROUNDS
        self._said = bare + b"," + answer
        return answer

    def final(self, message: bytes) -> bytes | None:
        """The answer to `c=...,r=NONCE,p=PROOF`, by which the client knows us; None if the proof is wrong."""
        without, _, proof = message.rpartition(b",p=")
        if _fields(without)[b"r"] != self._nonce:
            return None
        said = self._said + b"," + without
        key = _xor(base64.b64decode(proof), _hmac(self._stored, said))
        if not hmac.compare_digest(hashlib.sha512(key).digest(), self._stored):
            return None
        return b"v=" + base64.b64encode(_hmac(self._server_key, said))


class ScramGuard:
    """Lets nobody to the broker who has not proved to be `user`; counts who was let in and who was not."""

    def __init__(self, user: str, password: str) -> None:
        self.user, self.password = user, password
        self.admitted = self.refused = 0

    async def __call__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        inner: asyncio.StreamReader,
        inward: asyncio.StreamWriter,
    ) -> bool:
        exchange = Scram(self.user, self.password)
        steps = [exchange.first, exchange.final]
        while steps:
            frame = await _frame(reader)
            key, version, number, body = _request(frame)
            if key == _API_VERSIONS:
                inward.write(_framed(frame))
                writer.write(_framed(await _frame(inner)))
            elif key == _HANDSHAKE:
                writer.write(_framed(struct.pack(">ihi", number, 0, 1) + _string(_MECHANISM)))
            elif key == _AUTHENTICATE and version < 2:
                answer = steps.pop(0)(body[4:])
                code, words = (0, struct.pack(">h", -1)) if answer else (_REFUSED, _string("no such user or password"))
                said = (
                    struct.pack(">ih", number, code) + words + struct.pack(">i", len(answer or b"")) + (answer or b"")
                )
                writer.write(_framed(said + (bytes(8) if version else b"")))
                if answer is None:
                    self.refused += 1
                    await writer.drain()
                    return False
            else:  # whoever asks for anything before is no friend
                self.refused += 1
                return False
            await writer.drain()
        self.admitted += 1
        return True


def _hmac(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha512")


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def _fields(message: bytes) -> dict[bytes, bytes]:
    return dict(part.split(b"=", 1) for part in message.split(b",") if part)  # type: ignore[misc]


async def _frame(reader: asyncio.StreamReader) -> bytes:
    (size,) = struct.unpack(">i", await reader.readexactly(4))
    if not 0 <= size < 2**24:
        raise OSError("not Kafka's protocol")
    return await reader.readexactly(size)


def _framed(content: bytes) -> bytes:
    return struct.pack(">i", len(content)) + content


def _request(frame: bytes) -> tuple[int, int, int, bytes]:
    """Key, version and number of a request, and what follows its header."""
    key, version, number, length = struct.unpack(">hhih", frame[:10])
    return key, version, number, frame[10 + max(length, 0) :]


def _string(text: str) -> bytes:
    return struct.pack(">h", len(text)) + text.encode()
