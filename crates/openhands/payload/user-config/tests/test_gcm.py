"""Tests of AES-GCM with `cryptography` and the NIST test vectors."""

import os
import unittest

from user_data import gcm
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Seal(unittest.TestCase):
    def test_is_interoperable_with_cryptography(self):
        for length in [0, 1, 15, 16, 17, 1000, 300_000]:
            key, data, context = os.urandom(32), os.urandom(length), os.urandom(length % 40)
            nonce, sealed = gcm.encrypt(key, data, context)
            self.assertEqual(AESGCM(key).decrypt(nonce, sealed, context), data)
            nonce = os.urandom(12)
            self.assertEqual(gcm.decrypt(key, nonce, AESGCM(key).encrypt(nonce, data, context), context), data)

    def test_matches_the_test_vectors_of_the_specification(self):
        # Test cases 13, 14 and 16 of the GCM specification: AES-256.
        zero = bytes(32), bytes(12)
        self.assertEqual(gcm.decrypt(*zero, bytes.fromhex("530f8afbc74536b9a963b4f1c4cb738b"), b""), b"")
        sealed = bytes.fromhex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")
        self.assertEqual(gcm.decrypt(*zero, sealed, b""), bytes(16))
        key = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
        text = (
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
        )
        sealed = bytes.fromhex(
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
            "76fc6ece0f4e1768cddf8853bb2d551b"
        )
        context = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
        self.assertEqual(gcm.decrypt(key, bytes.fromhex("cafebabefacedbaddecaf888"), sealed, context).hex(), text)

    def test_rejects_another_key_nonce_context_or_ciphertext(self):
        key = os.urandom(32)
        nonce, sealed = gcm.encrypt(key, b"the text", b"ada")
        other = bytes([sealed[0] ^ 1]) + sealed[1:]
        for wrong in [
            (os.urandom(32), nonce, sealed, b"ada"),
            (key, os.urandom(12), sealed, b"ada"),
            (key, nonce, sealed, b"eve"),
            (key, nonce, other, b"ada"),
            (key, nonce, sealed[:-1], b"ada"),
            (key, nonce, b"short", b"ada"),
            (key, b"short", sealed, b"ada"),
            (key[:16], nonce, sealed, b"ada"),
        ]:
            with self.assertRaises(gcm.Tampered):
                gcm.decrypt(*wrong)

    def test_uses_a_new_nonce_for_every_encryption(self):
        self.assertEqual(len({gcm.encrypt(bytes(32), b"", b"")[0] for _ in range(1000)}), 1000)
