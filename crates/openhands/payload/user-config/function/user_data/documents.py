"""Documents of users in S3. Writes are conditional on the version that was read, so concurrent updates are not lost."""

import base64
import binascii
import json
import random
import time
from datetime import datetime, timezone

from botocore.exceptions import ClientError

from user_data import gcm
from user_data.errors import Refusal

ATTEMPTS = 12
OVERTAKEN = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}
# KMS errors for a ciphertext that does not match the key and the encryption context.
FOREIGN = {"InvalidCiphertextException", "IncorrectKeyException"}
ENVELOPE = ("encrypted_key", "nonce", "ciphertext")


def now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Documents:
    """The documents of a user. Documents with names that end in `.enc` are encrypted."""

    def __init__(self, s3, kms, bucket: str, key_id: str, user: str):
        self._s3, self._kms, self._bucket, self._key_id, self._user = s3, kms, bucket, key_id, user

    def _key(self, name: str) -> str:
        return f"users/{self._user}/{name}"

    def get(self, name: str):
        """Return the stored bytes and their version (ETag), or (None, None)."""
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=self._key(name))
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None, None
            raise
        return answer["Body"].read(), answer["ETag"]

    def put(self, name: str, body: bytes, etag: str | None) -> bool:
        """Write if the stored version is still this one. Returns False if it was changed concurrently."""
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        try:
            self._s3.put_object(
                Bucket=self._bucket, Key=self._key(name), Body=body, ContentType="application/json", **condition
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in OVERTAKEN:
                raise
            return False
        return True

    def _open(self, name: str, body) -> tuple[dict, bool]:
        """Return the document, and True if it has the format of the CDK project. A missing document is empty."""
        if body is None:
            return {}, False
        if not name.endswith(".enc"):
            return json.loads(body), False
        text, is_legacy = self.unseal(body)
        document = json.loads(text)
        return (document.get("secrets", {}) if is_legacy else document), is_legacy

    def _written(self, name: str, document: dict) -> bytes:
        text = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
        return self.seal(text) if name.endswith(".enc") else text

    def read(self, name: str) -> dict:
        body, etag = self.get(name)
        document, is_legacy = self._open(name, body)
        if is_legacy:
            # Migrate it to the new format. A concurrent writer would have migrated it too.
            self.put(name, self._written(name, document), etag)
        return document

    def change(self, name: str, change):
        """Read, change and write a document, with retries on concurrent changes. Returns the result of `change`."""
        for attempt in range(ATTEMPTS):
            body, etag = self.get(name)
            document, _ = self._open(name, body)
            result = change(document)
            if self.put(name, self._written(name, document), etag):
                return result
            time.sleep(random.uniform(0, 0.05 * 2 ** min(attempt, 5)))
        raise Refusal(409, "the document was changed concurrently; try again")

    def _context(self) -> dict:
        return {"user_id": self._user}

    def seal(self, text: bytes) -> bytes:
        """Encrypt with a new data key that is bound to this user."""
        key = self._kms.generate_data_key(KeyId=self._key_id, KeySpec="AES_256", EncryptionContext=self._context())
        nonce, ciphertext = gcm.encrypt(key["Plaintext"], text, self._user.encode())
        parts = {"encrypted_key": key["CiphertextBlob"], "nonce": nonce, "ciphertext": ciphertext}
        return json.dumps({name: base64.b64encode(part).decode() for name, part in parts.items()}).encode()

    def unseal(self, body: bytes) -> tuple[bytes, bool]:
        """Return the plaintext, and True if the envelope has the format of the CDK project, which is not bound to a user."""
        encrypted_key, nonce, ciphertext = parse(body)
        key = self._data_key(encrypted_key, self._context())
        if key is not None:
            return gcm.decrypt(key, nonce, ciphertext, self._user.encode()), False
        key = self._data_key(encrypted_key, {})
        if key is None:
            raise gcm.Tampered
        return gcm.decrypt(key, nonce, ciphertext, b""), True

    def _data_key(self, encrypted_key: bytes, context: dict) -> bytes | None:
        try:
            answer = self._kms.decrypt(CiphertextBlob=encrypted_key, KeyId=self._key_id, EncryptionContext=context)
        except ClientError as error:
            if error.response["Error"]["Code"] in FOREIGN:
                return None
            raise
        return answer["Plaintext"]


def parse(body: bytes) -> list[bytes]:
    """Return the encrypted key, the nonce and the ciphertext of an envelope."""
    try:
        envelope = json.loads(body)
        return [base64.b64decode(envelope[name], validate=True) for name in ENVELOPE]
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise gcm.Tampered from error
