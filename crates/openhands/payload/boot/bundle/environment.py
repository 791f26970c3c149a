"""Convert a secret to an environment file for Docker Compose, from standard input to standard output.

Values that are not secret are in database.json in the same directory.
"""

import json
import sys
from pathlib import Path


def database(secret: str) -> dict:
    settings = json.loads((Path(__file__).parent / "database.json").read_text(encoding="utf-8"))
    login = json.loads(secret)
    return {
        "DB_HOST": settings["host"],
        "DB_PORT": settings["port"],
        "DB_NAME": settings["name"],
        "DB_USER": login["username"],
        "DB_PASS": login["password"],
        "DB_SSL_MODE": "require",
    }


def sandbox(secret: str) -> dict:
    return {"OH_SECRET_KEY": secret.strip()}


def quoted(value) -> str:
    """Quote a value for Docker Compose: in single quotes, only single quotes and backslashes are special."""
    text = str(value)
    if "\n" in text or "\r" in text:
        sys.exit("multi-line values are not supported in environment files")
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def main() -> None:
    values = {"database": database, "sandbox": sandbox}[sys.argv[1]](sys.stdin.read())
    for name, value in values.items():
        print(f"{name}={quoted(value)}")


if __name__ == "__main__":
    main()
