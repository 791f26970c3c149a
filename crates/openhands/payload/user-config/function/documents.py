"""Documents of users in S3. Two writers never lose an update: every write is on condition of what was read."""

import base64
import binascii
import json
import random
import time
from datetime import datetime, timezone

import gcm
from botocore.exceptions import ClientError
from errors import Refusal

ATTEMPTS = 12
OVERTAKEN = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}
# What KMS says of a ciphertext that is not its own, or not this user's.
FOREIGN = {"InvalidCiphertextException", "IncorrectKeyException"}


def now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Documents:
    """The documents of one user."""

    def __init__(self, s3, kms, bucket: str, key_id: str, user: str):
        self._s3, self._kms, self._bucket, self._key_id, self._user = s3, kms, bucket, key_id, user

    def _key(self, name: str) -> str:
        return f"users/{self._user}/{name}"

    def _get(self, name: str):
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=self._key(name))
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None, None
            raise
        return answer["Body"].read(), answer["ETag"]

    def _open(self, name: str, body):
        """Nothing is there yet: an empty document."""
        if body is None:
            return {}
        return json.loads(self._decrypt(body) if name.endswith(".enc") else body)

    def read(self, name: str) -> dict:
        return self._open(name, self._get(name)[0])

    def change(self, name: str, change):
        """Reads, changes and writes; again if somebody else was quicker. Gives what `change` gives."""
        for attempt in range(ATTEMPTS):
            body, etag = self._get(name)
            document = self._open(name, body)
            result = change(document)
            text = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
            written = self._encrypt(text) if name.endswith(".enc") else text
            condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
            try:
                self._s3.put_object(
                    Bucket=self._bucket, Key=self._key(name), Body=written, ContentType="application/json", **condition
                )
                return result
            except ClientError as error:
                if error.response["Error"]["Code"] not in OVERTAKEN:
                    raise
            time.sleep(random.uniform(0, 0.05 * 2 ** min(attempt, 5)))
        raise Refusal(409, "somebody else changes the same at this moment: try again")

    def _context(self) -> dict:
        return {"user_id": self._user}

    def _encrypt(self, text: bytes) -> bytes:
        key = self._kms.generate_data_key(KeyId=self._key_id, KeySpec="AES_256", EncryptionContext=self._context())
        nonce, ciphertext = gcm.encrypt(key["Plaintext"], text, self._user.encode())
        parts = {"encrypted_key": key["CiphertextBlob"], "nonce": nonce, "ciphertext": ciphertext}
        return json.dumps({name: base64.b64encode(part).decode() for name, part in parts.items()}).encode()

    def _decrypt(self, body: bytes) -> bytes:
        try:
            envelope = json.loads(body)
            encrypted_key, nonce, ciphertext = (
                base64.b64decode(envelope[name], validate=True) for name in ("encrypted_key", "nonce", "ciphertext")
            )
        except (ValueError, KeyError, TypeError, binascii.Error) as error:
            raise gcm.Tampered from error
        try:
            key = self._kms.decrypt(
                CiphertextBlob=encrypted_key, KeyId=self._key_id, EncryptionContext=self._context()
            )["Plaintext"]
        except ClientError as error:
            if error.response["Error"]["Code"] in FOREIGN:
                raise gcm.Tampered from error
            raise
        return gcm.decrypt(key, nonce, ciphertext, self._user.encode())
