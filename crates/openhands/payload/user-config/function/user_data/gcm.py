"""AES-256-GCM with the OpenSSL library that Python uses: see README.md."""

import ctypes
import ctypes.util
import os
import ssl  # noqa: F401  loads the library

NONCE_BYTES = 12
TAG_BYTES = 16
_SET_NONCE_LENGTH, _GET_TAG, _SET_TAG = 0x9, 0x10, 0x11


class Tampered(Exception):
    """The ciphertext was modified, or does not match the key or the user."""


def _library() -> ctypes.CDLL:
    names = []
    try:
        with open("/proc/self/maps", encoding="utf-8") as maps:
            names += sorted({line.split()[-1] for line in maps if "/libcrypto" in line})
    except OSError:
        pass
    names += ["libcrypto.so.3", ctypes.util.find_library("crypto") or ""]
    for name in filter(None, names):
        try:
            library = ctypes.CDLL(name)
            library.EVP_aes_256_gcm.restype = ctypes.c_void_p
        except (OSError, AttributeError):
            continue
        library.EVP_CIPHER_CTX_new.restype = ctypes.c_void_p
        library.EVP_CIPHER_CTX_free.argtypes = [ctypes.c_void_p]
        library.EVP_CIPHER_CTX_ctrl.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_void_p]
        pointers = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
        lengths = [ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int), ctypes.c_char_p, ctypes.c_int]
        for way in ("Encrypt", "Decrypt"):
            getattr(library, f"EVP_{way}Init_ex").argtypes = pointers
            getattr(library, f"EVP_{way}Update").argtypes = lengths
            getattr(library, f"EVP_{way}Final_ex").argtypes = lengths[:3]
        return library
    raise RuntimeError("OpenSSL library not found")


_openssl = _library()


def _run(way: str, key: bytes, nonce: bytes, data: bytes, context: bytes, tag: bytes | None):
    if len(key) != 32 or len(nonce) != NONCE_BYTES:
        raise Tampered
    must = []
    state = _openssl.EVP_CIPHER_CTX_new()
    try:
        init, update = getattr(_openssl, f"EVP_{way}Init_ex"), getattr(_openssl, f"EVP_{way}Update")
        length, more = ctypes.c_int(0), ctypes.c_int(0)
        out = ctypes.create_string_buffer(len(data) + TAG_BYTES)
        must.append(init(state, _openssl.EVP_aes_256_gcm(), None, None, None))
        must.append(_openssl.EVP_CIPHER_CTX_ctrl(state, _SET_NONCE_LENGTH, NONCE_BYTES, None))
        must.append(init(state, None, None, key, nonce))
        must.append(update(state, None, ctypes.byref(length), context, len(context)))
        must.append(update(state, out, ctypes.byref(length), data, len(data)))
        if tag is not None:
            must.append(_openssl.EVP_CIPHER_CTX_ctrl(state, _SET_TAG, TAG_BYTES, ctypes.create_string_buffer(tag)))
        end = getattr(_openssl, f"EVP_{way}Final_ex")(state, ctypes.byref(out, length.value), ctypes.byref(more))
        if tag is not None and end != 1:
            raise Tampered
        computed_tag = ctypes.create_string_buffer(TAG_BYTES)
        if tag is None:
            must.append(_openssl.EVP_CIPHER_CTX_ctrl(state, _GET_TAG, TAG_BYTES, computed_tag))
        if end != 1 or any(step != 1 for step in must):
            raise RuntimeError("OpenSSL failed")
        return out.raw[: length.value + more.value], computed_tag.raw
    finally:
        _openssl.EVP_CIPHER_CTX_free(state)


def encrypt(key: bytes, data: bytes, context: bytes) -> tuple[bytes, bytes]:
    """Encrypt with a new nonce. Returns the nonce, and the ciphertext with its tag."""
    nonce = os.urandom(NONCE_BYTES)
    ciphertext, tag = _run("Encrypt", key, nonce, data, context, None)
    return nonce, ciphertext + tag


def decrypt(key: bytes, nonce: bytes, sealed: bytes, context: bytes) -> bytes:
    """Decrypt a ciphertext with its tag. Raises Tampered if authentication fails."""
    if len(sealed) < TAG_BYTES:
        raise Tampered
    return _run("Decrypt", key, nonce, sealed[:-TAG_BYTES], context, sealed[-TAG_BYTES:])[0]
